import { zeroAddress, type Address, type Hex } from '@kedge/core';

/** What every log event has. */
type LogEvent = {
  readonly block: { readonly number: bigint; readonly timestamp: bigint };
  readonly transaction: { readonly hash: Hex };
  readonly log: { readonly logIndex: number };
};

/** Columns that say where something happened. A position orders events as the chain did. */
export function happenedAt({ block, transaction, log }: LogEvent) {
  return {
    position: positionOf({ block, log }),
    at: Number(block.timestamp),
    blockNumber: Number(block.number),
    transactionHash: transaction.hash,
  };
}

export function positionOf({ block, log }: Pick<LogEvent, 'block' | 'log'>): bigint {
  return (block.number << 24n) | BigInt(log.logIndex);
}

/** Addresses are kept in lower case, so that they can be compared as they are. */
export function lower(address: Address): Address {
  return address.toLowerCase() as Address;
}

/** Null for zero. */
export function unlessZero<text extends Hex>(value: text): text | null {
  return /^0x0*$/.test(value) ? null : value;
}

export const noAccount = zeroAddress;

/** Days since 1970, UTC. */
export function dayOf({ block }: Pick<LogEvent, 'block'>): number {
  return Number(block.timestamp / 86_400n);
}

export function lotOfToken(tokenId: bigint): bigint {
  return (tokenId >> 32n) & 0xffffffffn;
}

/** Backed lots have the highest of their 32 bits set (R1). */
export function isBacked(tokenId: bigint): boolean {
  return (tokenId & (1n << 63n)) !== 0n;
}
