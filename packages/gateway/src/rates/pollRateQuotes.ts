import { unescape } from 'node:querystring';
import { BaseError } from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import type { RateBook } from './createRateBook.js';
import { takeRateQuotes } from './takeRateQuotes.js';

const timeoutMs = 10_000;
const maxBytes = 256 * 1024;

/**
 * Asks a URL for rate quotes again and again. It answers with one, or with a list for several policies; those of policies that
 * are not served here are passed over. Trouble is logged when it begins, when it changes and when it ends.
 * @returns what stops it.
 */
export function pollRateQuotes(
  { url, everyMs }: { readonly url: string; readonly everyMs: number },
  book: RateBook,
  log: StructuredLog,
): () => void {
  const { origin, href, headers } = requestOf(new URL(url));
  const stopping = new AbortController();
  let trouble: string | undefined;
  let isAsking = false;

  const note = (found: string | undefined): void => {
    if (found === trouble) return;
    trouble = found;
    if (found === undefined) log.info('rate_quotes_well', {});
    else log.warn('rate_quotes_failed', { origin, reason: found });
  };
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]);
      const response = await fetch(href, { headers, redirect: 'error', signal });
      const body = await bytesOf(response);
      if (!response.ok) throw new Error(`the URL answers with status ${response.status}`);
      const { refusals } = await takeRateQuotes(parseJsonBody(body), book);
      note(refusals.find(({ code }) => code !== 'policy_unknown')?.shortMessage);
    } catch (error) {
      if (!stopping.signal.aborted) note(error instanceof BaseError ? error.shortMessage : reasonOf(error));
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void ask(), everyMs).unref();
  void ask();
  return () => {
    clearInterval(timer);
    stopping.abort();
  };
}

/** What is asked, and the part of it that may be logged: fetch takes no user and password in a URL, and says the whole of it. */
function requestOf(url: URL): {
  readonly origin: string;
  readonly href: string;
  readonly headers: Record<string, string>;
} {
  const headers = { accept: 'application/json' };
  const { origin, username, password } = url;
  if (username === '' && password === '') return { origin, href: url.href, headers };
  const bare = new URL(url);
  bare.username = bare.password = '';
  const user = `${unescape(username)}:${unescape(password)}`;
  return {
    origin,
    href: bare.href,
    headers: { ...headers, authorization: `Basic ${Buffer.from(user).toString('base64')}` },
  };
}

async function bytesOf({ body }: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the URL answers with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
