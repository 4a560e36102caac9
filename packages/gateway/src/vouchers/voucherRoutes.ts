import {
  BaseError,
  channelToJson,
  decodeSignedVoucher,
  type Hex,
  parseSignedVoucher,
  signedReceiptToJson,
  signedVoucherToJson,
} from '@kedge/core';
import type { ChannelBook } from '../channels/channelBook.js';
import { authenticate } from '../http/authenticate.js';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { bodyOf } from '../http/readBody.js';
import { sendJson } from '../http/sendProblem.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import type { Ledger } from '../ledger/ledger.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import { channelNamed } from './channelNamed.js';
import type { VoucherBook } from './createVoucherBook.js';

const longestVoucher = 4096;

export type VoucherContext = {
  readonly book: ChannelBook;
  readonly ledger: Pick<Ledger, 'receiptOf' | 'placeOf'>;
  readonly vouchers: VoucherBook;
};

/**
 * `GET /v1/vouchers`: what the gateway holds of the key's strict channel, or of one that continues it, whose id follows in the
 * path. `POST /v1/vouchers`: takes a newer voucher, of whichever of them it names.
 */
export async function voucherRoute(
  request: HttpRequest,
  response: HttpResponse,
  context: VoucherContext,
  channelId?: Hex,
): Promise<void> {
  const own = await authenticate(request.headers, context.book);
  const asked = channelId === undefined ? own : await channelNamed(own, channelId, context);
  if (request.method === 'GET') return sendJson(response, 200, await stateJson(asked, context));
  if (request.method !== 'POST') {
    throw new BaseError('This takes GET and POST.', {
      code: 'method_not_allowed',
      status: 405,
      values: { method: request.method, allow: 'GET, POST' },
      hints: ['POST a voucher, or GET what is held.'],
    });
  }
  const body = await bodyOf(request, longestVoucher);
  const signed = parseSignedVoucher(parseJsonBody(body));
  const served = await channelNamed(own, signed.voucher.channelId, context);
  const isNewer = await context.vouchers.take(served, signed);
  if (!isNewer) {
    const signedUnits = context.vouchers.signedUnits(served.channelId);
    throw new BaseError('The voucher brings nothing new: one over as much is held already.', {
      code: 'voucher_stale',
      status: 409,
      values: { clause: 'R8', cumulativeUnits: signed.voucher.cumulativeUnits, signedUnits },
      hints: ['Vouchers are cumulative: sign more than before, or nothing.'],
    });
  }
  sendJson(response, 200, await stateJson(served, context));
}

/**
 * Takes the voucher that came with a call; resolves with the channel that it is of, which pays for the call. Whether it suffices
 * is seen when the call's input is known.
 */
export async function takeHeaderVoucher(
  own: ServedChannel,
  header: string,
  context: VoucherContext,
): Promise<ServedChannel> {
  const signed = decodeSignedVoucher(header);
  const served = await channelNamed(own, signed.voucher.channelId, context);
  // What the input comes to is not known yet: at most what the channel locks.
  await context.vouchers.take(served, signed, served.channel.cap);
  return served;
}

async function stateJson(served: ServedChannel, { book, ledger, vouchers }: VoucherContext): Promise<unknown> {
  const { newest, committedUnits, lastSeq, exposureUnits, roomUnits } = vouchers.stateOf(served);
  const lastReceipt = lastSeq === 0n ? undefined : await ledger.receiptOf(served.channelId, lastSeq);
  return {
    channelId: served.channelId,
    newest: newest === null ? null : signedVoucherToJson(newest),
    committedUnits: committedUnits.toString(),
    exposureUnits: exposureUnits.toString(),
    roomUnits: roomUnits.toString(),
    // Null, too, for the moment between a call's end and the disk.
    lastReceipt: lastReceipt === undefined ? null : signedReceiptToJson(lastReceipt),
    // Channels that continue it, the oldest first (R28).
    next: channelsAfter(served, book).map(({ channelId, channel, policyHash }) => ({
      channelId,
      policyHash,
      channel: channelToJson(channel),
    })),
  };
}

function channelsAfter(served: ServedChannel, book: ChannelBook): ServedChannel[] {
  const found: ServedChannel[] = [];
  for (let next = book.after(served); next !== undefined; next = book.after(next)) found.push(next);
  return found;
}
