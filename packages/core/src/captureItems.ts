import { BaseError } from './baseError.js';
import { channelModes, type Channel, type Voucher } from './channel.js';
import { bytesToHex, hexToBytes, writeHex, type Hex } from './hex.js';
import { bigintOf, writeUint } from './words.js';

/** One item of a capture: a channel, its newest voucher (the id is derived on chain) and the channel key's signature. */
export type CaptureItem = {
  readonly channel: Channel;
  readonly voucher: Omit<Voucher, 'channelId'>;
  /** 65 bytes `r | s | v`, or the 64 of ERC-2098. Without it the channel key itself has to send the capture. */
  readonly signature?: Hex | undefined;
};

const headerLength = 61;
const countLength = 2;
const unsignedLength = 132;
const signatureLength = 64;
const longestRun = 0xffff;
/** Of the header's mode: the run's items bear no signatures. */
const unsignedBit = 0x80;

/**
 * Items as `ValueChannels.capture` takes them: packed, and the terms that consecutive items share written once. Items keep
 * their order; those with equal operator, key, rate, burst, grace and mode cost the least side by side.
 *
 * @throws BaseError `integer_out_of_range`, `hex_invalid`, `signature_invalid`.
 *
 * @example
 * const forAnyone = encodeCaptureItems([{ channel, voucher, signature }]);
 * const forTheChannelKey = encodeCaptureItems([{ channel, voucher }]);
 */
export function encodeCaptureItems(items: readonly CaptureItem[]): Hex {
  const runs: { readonly header: Hex; readonly items: CaptureItem[] }[] = [];
  for (const item of items) {
    const header = headerOf(item);
    const run = runs.at(-1);
    if (run !== undefined && run.header === header && run.items.length < longestRun) run.items.push(item);
    else runs.push({ header, items: [item] });
  }
  const signed = items.filter(({ signature }) => signature !== undefined).length;
  const packed = new Uint8Array(
    runs.length * (headerLength + countLength) + items.length * unsignedLength + signed * signatureLength,
  );
  let offset = 0;
  for (const run of runs) {
    writeHex(packed, offset, run.header, headerLength);
    writePacked(packed, offset + headerLength, 16, BigInt(run.items.length), 'count');
    offset += headerLength + countLength;
    for (const item of run.items) {
      offset = writeItem(packed, offset, item);
    }
  }
  return bytesToHex(packed);
}

function headerOf({ channel, signature }: CaptureItem): Hex {
  const { operator, channelKey, rate, burst, grace, mode } = channel;
  const header = new Uint8Array(headerLength);
  writeHex(header, 0, operator, 20);
  writeHex(header, 20, channelKey, 20);
  writePacked(header, 40, 64, rate, 'rate');
  writePacked(header, 48, 64, burst, 'burst');
  writePacked(header, 56, 32, bigintOf(grace, 32, 'grace'), 'grace');
  writePacked(header, 60, 8, BigInt(channelModes.indexOf(mode)), 'mode');
  if (signature === undefined) header[60]! |= unsignedBit;
  return bytesToHex(header);
}

/** Answers with the offset behind the item. */
function writeItem(packed: Uint8Array, offset: number, { channel, voucher, signature }: CaptureItem): number {
  writeHex(packed, offset, channel.holder, 20);
  writePacked(packed, offset + 20, 128, channel.tokenId, 'tokenId');
  writePacked(packed, offset + 36, 64, channel.deadline, 'deadline');
  writeHex(packed, offset + 44, channel.salt, 32);
  writePacked(packed, offset + 76, 64, channel.cap, 'cap');
  writePacked(packed, offset + 84, 64, voucher.cumulativeUnits, 'cumulativeUnits');
  writeHex(packed, offset + 92, voucher.receiptHash, 32);
  writePacked(packed, offset + 124, 64, voucher.seq, 'seq');
  if (signature === undefined) return offset + unsignedLength;
  packed.set(compactSignature(signature), offset + unsignedLength);
  return offset + unsignedLength + signatureLength;
}

/** ERC-2098: r, and s with the parity of v as its highest bit. */
function compactSignature(signature: Hex): Uint8Array {
  const bytes = hexToBytes(signature);
  if (bytes.length === 64) return bytes;
  const parity = bytes[64] === 27 || bytes[64] === 0 ? 0 : bytes[64] === 28 || bytes[64] === 1 ? 0x80 : undefined;
  if (bytes.length !== 65 || parity === undefined || bytes[32]! >= 0x80) {
    throw new BaseError('A signature is not one of secp256k1.', {
      code: 'signature_invalid',
      values: { signature },
      hints: ['Give 65 bytes r, s (the lower one) and v, or the 64 bytes of ERC-2098.'],
    });
  }
  bytes[32]! |= parity;
  return bytes.subarray(0, 64);
}

const word = new Uint8Array(32);
const wordView = new DataView(word.buffer);

function writePacked(
  target: Uint8Array,
  offset: number,
  bits: 8 | 16 | 32 | 64 | 128,
  value: bigint,
  field: string,
): void {
  writeUint(wordView, 0, value, bits, field);
  target.set(word.subarray(32 - bits / 8), offset);
}
