import { channelTypes, separatorOf, typedDigest, typeHashOf, voucherTypes, type DomainOrSeparator } from './domain.js';
import { bytesToHex, writeHex, type Address, type Hasher, type Hex } from './hex.js';
import { bigintOf, writeUint } from './words.js';

/** Who holds the channel key: the client (strict) or the operator (capped). */
export const channelModes = ['strict', 'capped'] as const;
export type ChannelMode = (typeof channelModes)[number];

/** A channel's immutable terms (R7). */
export type Channel = {
  readonly holder: Address;
  readonly tokenId: bigint;
  readonly operator: Address;
  /** The EOA whose vouchers count. */
  readonly channelKey: Address;
  /** Base units locked. */
  readonly cap: bigint;
  /** Base units a second that may be captured since opening, beside `burst`. 0: no limit, strict mode only (R9). */
  readonly rate: bigint;
  readonly burst: bigint;
  /** Last second of service, Unix time. */
  readonly deadline: bigint;
  /** Seconds after the deadline in which captures still work; at least 86,400 (R6). */
  readonly grace: number;
  readonly mode: ChannelMode;
  readonly salt: Hex;
};

/** The channel key's word for what was received so far. */
export type Voucher = {
  readonly channelId: Hex;
  readonly cumulativeUnits: bigint;
  readonly receiptHash: Hex;
  readonly seq: bigint;
};

const channelTypeHash = typeHashOf(channelTypes);
const voucherTypeHash = typeHashOf(voucherTypes);
const channelWords = channelTypes.Channel.length;

/**
 * A channel's id: the EIP-712 digest of its terms. No counter that a reorg can reassign (R7).
 *
 * @throws BaseError `integer_out_of_range`, `hex_invalid`.
 *
 * @example
 * const channelId = channelIdOf({ chainId: 31337, verifyingContract: contracts.ValueChannels }, channel, keccak256);
 */
export function channelIdOf(domain: DomainOrSeparator, channel: Channel, keccak256: Hasher): Hex {
  const data = new Uint8Array((1 + channelWords) * 32);
  data.set(channelTypeHash(keccak256), 0);
  writeChannel(data, 32, channel);
  return typedDigest(separatorOf(domain, keccak256), bytesToHex(keccak256(data)), keccak256);
}

/**
 * `abi.encode(Channel)`: the data with which `DataAnchoringToken.lock` opens a channel.
 *
 * @example
 * await walletClient.writeContract({
 *   address: contracts.DataAnchoringToken,
 *   abi: dataAnchoringTokenAbi,
 *   functionName: 'lock',
 *   args: [channel.tokenId, channel.cap, contracts.ValueChannels, encodeChannel(channel)],
 *   chain: null,
 * });
 */
export function encodeChannel(channel: Channel): Hex {
  const data = new Uint8Array(channelWords * 32);
  writeChannel(data, 0, channel);
  return bytesToHex(data);
}

/**
 * EIP-712 digest of a voucher: what the channel key signs.
 *
 * @param domain The domain, or its separator computed once.
 *
 * @example
 * const digest = voucherDigest(domain, voucher, keccak256);
 */
export function voucherDigest(domain: DomainOrSeparator, voucher: Voucher, keccak256: Hasher): Hex {
  const data = new Uint8Array(5 * 32);
  const view = new DataView(data.buffer);
  data.set(voucherTypeHash(keccak256), 0);
  writeHex(data, 32, voucher.channelId, 32);
  writeUint(view, 64, voucher.cumulativeUnits, 64, 'cumulativeUnits');
  writeHex(data, 96, voucher.receiptHash, 32);
  writeUint(view, 128, voucher.seq, 64, 'seq');
  return typedDigest(separatorOf(domain, keccak256), bytesToHex(keccak256(data)), keccak256);
}

/** A channel as the contracts' ABI takes it. */
export function channelToAbi(channel: Channel) {
  return { ...channel, mode: channelModes.indexOf(channel.mode) };
}

function writeChannel(data: Uint8Array, offset: number, channel: Channel): void {
  const view = new DataView(data.buffer);
  const uint = (word: number, value: bigint, bits: 8 | 32 | 64 | 256, field: string) =>
    writeUint(view, offset + word * 32, value, bits, field);
  const address = (word: number, value: Address) => writeHex(data, offset + word * 32 + 12, value, 20);
  address(0, channel.holder);
  uint(1, channel.tokenId, 256, 'tokenId');
  address(2, channel.operator);
  address(3, channel.channelKey);
  uint(4, channel.cap, 64, 'cap');
  uint(5, channel.rate, 64, 'rate');
  uint(6, channel.burst, 64, 'burst');
  uint(7, channel.deadline, 64, 'deadline');
  uint(8, bigintOf(channel.grace, 32, 'grace'), 32, 'grace');
  uint(9, BigInt(channelModes.indexOf(channel.mode)), 8, 'mode');
  writeHex(data, offset + 10 * 32, channel.salt, 32);
}
