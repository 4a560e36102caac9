import { BaseError, type Hex, parseSignedRateQuote } from '@kedge/core';
import type { RateBook } from './createRateBook.js';

export type TakenQuotes = {
  readonly quotes: readonly { readonly policyHash: Hex; readonly sequence: string; readonly state: 'taken' | 'held' }[];
  /** One for each that was not taken; the others were. */
  readonly refusals: readonly BaseError[];
};

const mostQuotes = 256;

/**
 * Takes one quote or a list, as JSON.
 * @throws BaseError 400 `rate_quote_invalid` for a list that is too long.
 */
export async function takeRateQuotes(json: unknown, book: RateBook): Promise<TakenQuotes> {
  const list: readonly unknown[] = Array.isArray(json) ? json : [json];
  if (list.length > mostQuotes) {
    throw new BaseError(`There are ${list.length} rate quotes at once.`, {
      code: 'rate_quote_invalid',
      status: 400,
      hints: [`Send at most ${mostQuotes}.`],
    });
  }
  const quotes: TakenQuotes['quotes'][number][] = [];
  const refusals: BaseError[] = [];
  for (const item of list) {
    try {
      const signed = parseSignedRateQuote(item);
      const { policyHash, sequence } = signed.quote;
      quotes.push({ policyHash, sequence: sequence.toString(), state: await book.take(signed) });
    } catch (error) {
      if (!(error instanceof BaseError)) throw error;
      refusals.push(error);
    }
  }
  return { quotes, refusals };
}
