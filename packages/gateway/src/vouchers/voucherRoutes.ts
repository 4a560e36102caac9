import {
  BaseError,
  decodeSignedVoucher,
  parseSignedVoucher,
  signedReceiptToJson,
  signedVoucherToJson,
} from '@kedge/core';
import type { ChannelBook } from '../channels/channelBook.js';
import { authenticate } from '../http/authenticate.js';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { readBody } from '../http/readBody.js';
import { sendJson } from '../http/sendProblem.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import type { Ledger } from '../ledger/openLedger.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { VoucherBook } from './createVoucherBook.js';

const longestVoucher = 4096;

export type VoucherContext = {
  readonly book: ChannelBook;
  readonly ledger: Pick<Ledger, 'receiptOf'>;
  readonly vouchers: VoucherBook;
};

/** `GET /v1/vouchers`: what the gateway holds of the key's strict channel. `POST /v1/vouchers`: takes a newer voucher. */
export async function voucherRoute(
  request: HttpRequest,
  response: HttpResponse,
  context: VoucherContext,
): Promise<void> {
  const served = await authenticate(request.headers, context.book);
  if (request.method === 'GET') return sendJson(response, 200, await stateJson(served, context));
  if (request.method !== 'POST') {
    throw new BaseError('This takes GET and POST.', {
      code: 'method_not_allowed',
      status: 405,
      values: { method: request.method, allow: 'GET, POST' },
      hints: ['POST a voucher, or GET what is held.'],
    });
  }
  const body = await new Promise<Buffer>((resolve, reject) => readBody(request, longestVoucher, resolve, reject));
  const signed = parseSignedVoucher(parseJsonBody(body));
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

/** Takes the voucher that came with a call, if any. Whether it suffices is seen when the call's input is known. */
export async function takeHeaderVoucher(served: ServedChannel, header: string, vouchers: VoucherBook): Promise<void> {
  await vouchers.take(served, decodeSignedVoucher(header));
}

async function stateJson(served: ServedChannel, { ledger, vouchers }: VoucherContext): Promise<unknown> {
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
  };
}
