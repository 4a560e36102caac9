import { createRateBook, type RateBook } from './createRateBook.js';
import { pollRateQuotes } from './pollRateQuotes.js';

const sweepMs = 1_000;

/** The rate book, kept current: it asks for quotes where a URL is configured, and notes when one ends. */
export function openRates(
  config: { readonly url?: string | undefined; readonly everyMs: number } | undefined,
  options: Parameters<typeof createRateBook>[0],
): { readonly book: RateBook; readonly close: () => void } {
  const book = createRateBook(options);
  const stopPolling =
    config?.url === undefined ? undefined : pollRateQuotes({ ...config, url: config.url }, book, options.log);
  const sweeping = setInterval(book.sweep, sweepMs).unref();
  return {
    book,
    close: () => {
      clearInterval(sweeping);
      stopPolling?.();
    },
  };
}
