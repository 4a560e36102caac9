import type { TokenSummary } from '@kedge/core';
import { showMoment } from '../../ui/format.js';

/**
 * What a token's card says of its end. A share of some classes outlives it (P21): then the use ends, and the share goes on.
 *
 * @param now Unix time in seconds.
 */
export function expiryOf(
  {
    expireAt,
    share,
    shareState,
    shareExpireAt,
  }: Pick<TokenSummary, 'expireAt' | 'share' | 'shareState' | 'shareExpireAt'>,
  now: number,
): { readonly text: string; readonly isOver: boolean } {
  if (expireAt === 0) return { text: 'never expires', isOver: false };
  const isExpired = expireAt < now;
  if (share > 0n && shareState !== 'ended' && shareExpireAt === 0) {
    return { text: `use ${isExpired ? 'ended' : 'ends'} ${showMoment(expireAt)}, the share stays`, isOver: false };
  }
  return { text: `${isExpired ? 'expired' : 'expires'} ${showMoment(expireAt)}`, isOver: isExpired };
}
