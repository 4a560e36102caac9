import { splitTokenId } from '@kedge/core';

/** A token's id as people tell tokens apart: class, lot and number in the lot. */
export function tokenText(tokenId: bigint): string {
  const { classId, lot, serial } = splitTokenId(tokenId);
  return lot >= 2 ** 31 ? `${classId}.${lot - 2 ** 31}b.${serial}` : `${classId}.${lot}.${serial}`;
}
