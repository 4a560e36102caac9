import * as fc from 'fast-check';
import { keccak256 as viemKeccak256, sha256 as viemSha256 } from 'viem';
import { bytesToHex, metricLabels, type Address, type Channel, type Hex, type Receipt } from '../src/index.js';

export const keccak256 = (bytes: Uint8Array) => viemKeccak256(bytes, 'bytes');
export const sha256 = (bytes: Uint8Array) => viemSha256(bytes, 'bytes');

fc.configureGlobal({ seed: Number(process.env['KEDGE_SEED'] ?? 0x8028), numRuns: 200 });

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(bytesToHex);
export const bytes32: fc.Arbitrary<Hex> = bytes(32);
export const address: fc.Arbitrary<Address> = bytes(20);
export const uint = (bits: number) =>
  fc.oneof(fc.bigInt(0n, (1n << BigInt(bits)) - 1n), fc.constantFrom(0n, 1n, (1n << BigInt(bits)) - 1n));

export const receipt: fc.Arbitrary<Receipt> = fc.record({
  channelId: bytes32,
  tokenId: uint(256),
  classId: uint(256),
  policyHash: bytes32,
  seq: uint(64),
  requestHash: bytes32,
  responseHash: bytes32,
  metrics: fc.array(fc.record({ metric: fc.constantFrom(...metricLabels), amount: uint(64) }), { maxLength: 6 }),
  units: uint(64),
  cumulativeUnits: uint(64),
  previousReceiptHash: bytes32,
  issuedAt: uint(64),
});

export const channel: fc.Arbitrary<Channel> = fc.record({
  holder: address,
  tokenId: uint(256),
  operator: address,
  channelKey: address,
  cap: uint(64),
  rate: uint(64),
  burst: uint(64),
  deadline: uint(64),
  grace: uint(32).map(Number),
  mode: fc.constantFrom('strict' as const, 'capped' as const),
  salt: bytes32,
});
export { fc };

export const domain = { chainId: 31337, verifyingContract: '0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9' } as const;
