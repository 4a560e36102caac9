import { hash } from 'node:crypto';
import { BaseError } from '@kedge/core';
import type { ChannelBook, ChannelRefusal } from '../channels/channelBook.js';
import type { HeaderFields } from '../http1/parseHead.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import { refusePages } from './refusePages.js';

/**
 * The channel that a key pays from. Keys are known by their SHA-256 only.
 * @throws BaseError 401 `key_unknown`; 403 `page_refused` where no key is needed; 403 `channel_refused` for a channel that is
 * not served, with the reason; 503 `channel_unchecked` while the chain does not answer for a channel, or does not know it.
 */
export function authenticate(headers: HeaderFields, book: ChannelBook): ServedChannel | Promise<ServedChannel> {
  if (book.anyone !== undefined) {
    refusePages(headers);
    return book.anyone;
  }
  const digest = apiKeySha256In(headers);
  if (digest === undefined) throw unknownKey('The request carries no API key.');
  return book.find(digest) ?? findAfterRefresh(digest, book);
}

/** The SHA-256 of the key that a request carries, in hexadecimal digits. */
export function apiKeySha256In(headers: HeaderFields): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
  // Anthropic's clients send the second, beside which the first may be for a proxy on the way.
  const key = bearer ?? headers.get('x-api-key');
  return key === undefined ? undefined : hash('sha256', key, 'hex');
}

async function findAfterRefresh(digest: string, book: ChannelBook): Promise<ServedChannel> {
  await book.refreshFor(digest);
  const served = book.find(digest);
  if (served !== undefined) return served;
  const refusal = book.refusalOf(digest);
  if (refusal !== undefined) throw refusedChannel(refusal);
  if (!book.isUnchecked(digest)) {
    throw unknownKey('The API key is not known here.', [
      'The key of a channel that was closed is known no more: kedge status says so, and kedge channel open opens another one.',
      'One that was opened elsewhere is known when the operator has added it, with kedge channel add.',
    ]);
  }
  throw new BaseError(
    'The channel of this key cannot be checked now: the chain does not answer, or does not know it yet.',
    {
      code: 'channel_unchecked',
      status: 503,
      kind: 'transient',
      hints: ['Try again in a moment.'],
    },
  );
}

function refusedChannel({ channelId, clause, reason, hints }: ChannelRefusal): BaseError {
  return new BaseError(`The channel of this key is not served: ${reason}.`, {
    code: 'channel_refused',
    status: 403,
    values: { clause, channelId },
    hints,
  });
}

function unknownKey(message: string, more: readonly string[] = []): BaseError {
  return new BaseError(message, {
    code: 'key_unknown',
    status: 401,
    hints: ['Send "Authorization: Bearer <key>" with the key that kedge up or kedge channel open printed.', ...more],
  });
}
