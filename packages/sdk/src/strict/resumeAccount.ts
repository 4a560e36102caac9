import {
  BaseError,
  domainSeparatorOf,
  isSameAddress,
  parseSignedReceipt,
  parseSignedVoucher,
  voucherDigest,
} from '@kedge/core';
import { recoverAddress } from 'viem';
import { keccak256 } from '../keccak256.js';
import type { Send } from './channelPayer.js';
import { checkReceipt } from './checkReceipt.js';
import type { Place } from './placeOf.js';
import { jsonIn } from './readAnswer.js';
import { readBytes } from './readBytes.js';
import type { Acknowledged, StrictChannel, VoucherAccount } from './voucherAccount.js';
import { overcounts, readReceipt, readSaid } from './voucherErrors.js';

/**
 * Asks the gateway what it holds, and takes over what this client may have lost: a voucher that its own key signed, and
 * units of calls whose end it did not see, given the operator's receipt, and no more than they may have cost.
 *
 * @throws BaseError `operator_overcounts`, `receipt_bad`, `gateway_refused`
 */
export async function resumeAccount(
  account: VoucherAccount,
  channel: StrictChannel,
  place: Place,
  ask: Send,
): Promise<void> {
  const response = await ask(place.vouchers, { ...place.way, method: 'GET', headers: place.authorization });
  const state = jsonIn(await readBytes(response));
  if (!response.ok || state === undefined || !/^\d+$/.test(String(state['committedUnits']))) {
    throw new BaseError('The gateway does not say what it holds of this channel.', {
      code: 'gateway_refused',
      kind: response.status >= 500 ? 'transient' : 'user',
      values: { status: response.status, detail: state?.['detail'] },
      hints: ['Check the base URL, the API key, and that the channel is one of this gateway.'],
    });
  }
  const rememberedUnits = account.signedUnits();
  if (state['newest'] !== null) await takeOver(account, channel, state['newest']);
  const committedUnits = BigInt(String(state['committedUnits']));
  const signedUnits = account.signedUnits();
  // What was signed for had been received: a client without memory, or with an older one, trusts its own signature.
  const known = signedUnits < committedUnits ? signedUnits : committedUnits;
  if (signedUnits > rememberedUnits && known > account.settledUnits()) account.adopt(known);
  const upTo = await coveredIn(state['lastReceipt'], committedUnits, channel);
  const gap = committedUnits - account.settledUnits();
  // What it lost of calls that it was killed in is its loss, as long as it does not claim it.
  if (gap <= 0n) return void account.acceptLost(gap, upTo);
  if (state['lastReceipt'] === null) throw overcounts('it claims units without a receipt', { committedUnits, gap });
  if (upTo === undefined || !account.acceptLost(gap, upTo)) {
    throw overcounts(`it claims ${gap} base units more than this client can have lost`, {
      channelId: channel.channelId,
      seq: upTo?.seq,
      committedUnits,
      ownUnits: account.settledUnits(),
      lostUnits: account.unseenUnits(),
    });
  }
}

/** The receipt that all these units are under; undefined where the operator names none that comes to them. */
async function coveredIn(
  lastReceipt: unknown,
  committedUnits: bigint,
  channel: StrictChannel,
): Promise<Acknowledged | undefined> {
  if (lastReceipt === null || lastReceipt === undefined) return undefined;
  const signed = readReceipt(() => parseSignedReceipt(lastReceipt));
  const receiptHash = await checkReceipt(signed, channel);
  const { seq, cumulativeUnits } = signed.receipt;
  return cumulativeUnits === committedUnits ? { seq, receiptHash } : undefined;
}

/** A voucher of an earlier run. One that this key did not sign says nothing. */
async function takeOver(
  account: VoucherAccount,
  { domain, channel, channelId }: StrictChannel,
  json: unknown,
): Promise<void> {
  const signed = readSaid(() => parseSignedVoucher(json));
  const hash = voucherDigest(domainSeparatorOf(domain, keccak256), signed.voucher, keccak256);
  const signer = await recoverAddress({ hash, signature: signed.signature }).catch(() => 'nobody');
  if (isSameAddress(signer, channel.channelKey) && signed.voucher.channelId === channelId) account.remember(signed);
}
