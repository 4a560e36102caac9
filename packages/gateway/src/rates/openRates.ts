import { BaseError, type SignedRateQuote } from '@kedge/core';
import { createRateBook, type RateBook } from './createRateBook.js';
import { reasonOf } from '../structuredLog.js';
import { pollRateQuotes } from './pollRateQuotes.js';

const sweepMs = 1_000;

/** Tells the other processes of the gateway of a quote. */
export type ShareRateQuote = (signed: SignedRateQuote) => void;

/** The rate book, kept current: it asks for quotes where a URL is configured, and notes when one ends. */
export function openRates(
  config: { readonly url?: string | undefined; readonly everyMs: number } | undefined,
  options: Parameters<typeof createRateBook>[0],
  share?: ShareRateQuote,
): {
  readonly book: RateBook;
  /** Takes a quote that another process was given, where it still counts. */
  readonly take: (signed: SignedRateQuote) => void;
  readonly close: () => void;
} {
  const own = createRateBook(options);
  const book =
    share === undefined ? own : { ...own, take: (signed: SignedRateQuote) => takeShared(signed, own, share) };
  const stopPolling =
    config?.url === undefined ? undefined : pollRateQuotes({ ...config, url: config.url }, book, options.log);
  const sweeping = setInterval(book.sweep, sweepMs).unref();
  return {
    book,
    take: (signed) => {
      own.take(signed).catch((error: unknown) => {
        const { sequence } = signed.quote;
        options.log.info('rate_quote_not_shared', { sequence, reason: reasonOf(error) });
      });
    },
    close: () => {
      clearInterval(sweeping);
      stopPolling?.();
    },
  };
}

/** What one process learns of a number, that it counts or that it was signed twice, all shall know. */
async function takeShared(signed: SignedRateQuote, book: RateBook, share: ShareRateQuote): Promise<'taken' | 'held'> {
  try {
    const state = await book.take(signed);
    if (state === 'taken') share(signed);
    return state;
  } catch (error) {
    if (error instanceof BaseError && error.code === 'rate_quote_contradicted') share(signed);
    throw error;
  }
}
