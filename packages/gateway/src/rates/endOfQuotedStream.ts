import { rateQuoteEnd } from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';

// For what is between the look at the clock and the receipt.
const mostMargin = 5;

/**
 * The Unix second at which a stream under a rate quote is ended, so that its receipt is provable by the quote; undefined
 * without one. The client says how fast it reads and pays: it must not say that it need not.
 */
export function endOfQuotedStream({ quoted }: Pick<ServedChannel, 'quoted'>): number | undefined {
  const oracle = quoted?.own.oracle;
  if (quoted === undefined || oracle === undefined) return undefined;
  const { callSeconds } = oracle;
  return Number(rateQuoteEnd(oracle, quoted.quote.quote)) + callSeconds - Math.min(mostMargin, callSeconds / 2);
}
