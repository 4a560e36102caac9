import { keccak256 as viemKeccak256 } from 'viem';

/** The hasher that core's functions take. */
export const keccak256 = (bytes: Uint8Array): Uint8Array => viemKeccak256(bytes, 'bytes');
