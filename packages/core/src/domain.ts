import { bytesToHex, hexToBytes, utf8, writeHex, type Address, type Hasher, type Hex } from './hex.js';
import { writeUint } from './words.js';

/** Where a signature counts: one chain, one ValueChannels contract. */
export type ProtocolDomain = { readonly chainId: number; readonly verifyingContract: Address };

/** Either a domain, or its separator where the caller computed it once. */
export type DomainOrSeparator = ProtocolDomain | Hex;

const name = 'Kedge ValueChannels';
const registryName = 'Kedge AttestationRegistry';
const version = '1';
const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';

/**
 * The EIP-712 domain of receipts, vouchers and channels, as viem's typed-data functions take it.
 *
 * @example
 * await account.signTypedData({ domain: protocolDomain(domain), types: voucherTypes, primaryType: 'Voucher', message: voucher });
 */
export function protocolDomain(domain: ProtocolDomain) {
  return { name, version, chainId: domain.chainId, verifyingContract: domain.verifyingContract } as const;
}

export const receiptTypes = {
  Receipt: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'tokenId', type: 'uint256' },
    { name: 'classId', type: 'uint256' },
    { name: 'policyHash', type: 'bytes32' },
    { name: 'seq', type: 'uint64' },
    { name: 'requestHash', type: 'bytes32' },
    { name: 'responseHash', type: 'bytes32' },
    { name: 'metrics', type: 'Metric[]' },
    { name: 'units', type: 'uint64' },
    { name: 'cumulativeUnits', type: 'uint64' },
    { name: 'previousReceiptHash', type: 'bytes32' },
    { name: 'issuedAt', type: 'uint64' },
  ],
  Metric: [
    { name: 'metricType', type: 'bytes32' },
    { name: 'amount', type: 'uint64' },
  ],
} as const;

export const receiptBatchTypes = {
  ReceiptBatch: [
    { name: 'operator', type: 'address' },
    { name: 'epoch', type: 'uint32' },
    { name: 'batch', type: 'uint64' },
    { name: 'root', type: 'bytes32' },
  ],
} as const;

export const voucherTypes = {
  Voucher: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'cumulativeUnits', type: 'uint64' },
    { name: 'receiptHash', type: 'bytes32' },
    { name: 'seq', type: 'uint64' },
  ],
} as const;

export const channelTypes = {
  Channel: [
    { name: 'holder', type: 'address' },
    { name: 'tokenId', type: 'uint256' },
    { name: 'operator', type: 'address' },
    { name: 'channelKey', type: 'address' },
    { name: 'cap', type: 'uint64' },
    { name: 'rate', type: 'uint64' },
    { name: 'burst', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
    { name: 'grace', type: 'uint32' },
    { name: 'mode', type: 'uint8' },
    { name: 'salt', type: 'bytes32' },
  ],
} as const;

/** Off chain only: what a holder signs to give an API key access to a channel. */
export const channelAccessTypes = {
  ChannelAccess: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'apiKeySha256', type: 'bytes32' },
  ],
} as const;

/** Off chain only: what a policy's oracle signs. */
export const rateQuoteTypes = {
  RateQuote: [
    { name: 'policyHash', type: 'bytes32' },
    { name: 'sequence', type: 'uint64' },
    { name: 'observedAt', type: 'uint64' },
    { name: 'validUntil', type: 'uint64' },
    { name: 'rates', type: 'Rate[]' },
  ],
  Rate: [
    { name: 'metricType', type: 'bytes32' },
    { name: 'rate', type: 'uint64' },
  ],
} as const;

export const attestationTypes = {
  Attestation: [
    { name: 'subjectKind', type: 'uint8' },
    { name: 'subjectId', type: 'uint256' },
    { name: 'attestationType', type: 'bytes32' },
    { name: 'version', type: 'uint32' },
    { name: 'statementHash', type: 'bytes32' },
    { name: 'uri', type: 'string' },
    { name: 'attester', type: 'address' },
    { name: 'issuedAt', type: 'uint64' },
    { name: 'expireAt', type: 'uint64' },
    { name: 'refersTo', type: 'bytes32' },
    { name: 'outcome', type: 'uint8' },
    { name: 'method', type: 'bytes32' },
  ],
} as const;

/** The EIP-712 domain of attestations, as viem's typed-data functions take it. */
export function attestationDomain(domain: ProtocolDomain) {
  return { name: registryName, version, chainId: domain.chainId, verifyingContract: domain.verifyingContract } as const;
}

/**
 * EIP-712 domain separator. Compute it once where many digests are made.
 *
 * @example
 * const separator = domainSeparatorOf({ chainId: 31337, verifyingContract: contracts.ValueChannels }, keccak256);
 */
export function domainSeparatorOf(domain: ProtocolDomain, keccak256: Hasher): Hex {
  return namedSeparatorOf(name, domain, keccak256);
}

/** The separator of attestations: those of another contract, under its own name. */
export function attestationSeparatorOf(domain: ProtocolDomain, keccak256: Hasher): Hex {
  return namedSeparatorOf(registryName, domain, keccak256);
}

function namedSeparatorOf(contractName: string, domain: ProtocolDomain, keccak256: Hasher): Hex {
  const data = new Uint8Array(160);
  data.set(keccak256(utf8(domainType)), 0);
  data.set(keccak256(utf8(contractName)), 32);
  data.set(keccak256(utf8(version)), 64);
  writeUint(new DataView(data.buffer), 96, BigInt(domain.chainId), 256, 'chainId');
  writeHex(data, 140, domain.verifyingContract, 20);
  return bytesToHex(keccak256(data));
}

/** EIP-712 digest: keccak-256 of `0x1901`, separator and struct hash. */
export function typedDigest(domainSeparator: Hex, structHash: Hex, keccak256: Hasher): Hex {
  const data = new Uint8Array(66);
  data[0] = 0x19;
  data[1] = 0x01;
  writeHex(data, 2, domainSeparator, 32);
  writeHex(data, 34, structHash, 32);
  return bytesToHex(keccak256(data));
}

export function separatorOf(domain: DomainOrSeparator, keccak256: Hasher): Hex {
  return typeof domain === 'string' ? domain : domainSeparatorOf(domain, keccak256);
}

type Fields = readonly { readonly name: string; readonly type: string }[];

/** `Name(type name,…)` of EIP-712's encodeType, from the same tables that wallets are given. */
export function typeText(types: Readonly<Record<string, Fields>>): string {
  return Object.entries(types)
    .map(([struct, fields]) => `${struct}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`)
    .join('');
}

/** A value derived from a hasher alone, kept for as long as the hasher. */
export function oncePerHasher<value>(make: (keccak256: Hasher) => value): (keccak256: Hasher) => value {
  const made = new WeakMap<Hasher, value>();
  return (keccak256) => {
    let value = made.get(keccak256);
    if (value === undefined) made.set(keccak256, (value = make(keccak256)));
    return value;
  };
}

/** The type hash of the first struct in `types`, as bytes. */
export function typeHashOf(types: Readonly<Record<string, Fields>>): (keccak256: Hasher) => Uint8Array {
  return oncePerHasher((keccak256) => hexToBytes(bytesToHex(keccak256(utf8(typeText(types))))));
}
