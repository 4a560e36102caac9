import type { TokenSummary } from '@kedge/core';

/** The share of a token that earns or will: the weight stays on record where a share has ended, and nothing can be done with it. */
export function earningShareOf({ share, shareState }: Pick<TokenSummary, 'share' | 'shareState'>): bigint {
  return shareState === 'ended' ? 0n : share;
}
