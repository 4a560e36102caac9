import type { TokenSummary } from '@kedge/core';

/** A token as the indexer tells it; a test says what it is about. */
export const someToken: TokenSummary = {
  tokenId: 1n,
  classId: 4n,
  className: 'Six decimals',
  kind: 'agent',
  owner: `0x${'a'.repeat(40)}`,
  unitDecimals: 6,
  value: 0n,
  lockedUnits: 0n,
  spentUnits: 0n,
  share: 1n,
  shareState: 'active',
  activateAt: 0,
  expireAt: 0,
  shareExpireAt: 0,
  lot: 1,
  backed: false,
  policyVersion: 1,
  claimable: [],
  mintedAt: 0,
};
