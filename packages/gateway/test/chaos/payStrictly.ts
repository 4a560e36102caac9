import { BaseError, decodeSignedVoucher, voucherHeader } from '@kedge/core';
import { kedgeFetch } from '@kedge/sdk';
import { channelKey } from '../support/createStrictSetup.js';
import type { VoucherState } from '../support/strictClient.js';
import type { World } from './createWorld.js';

/** What a strict client knows of its channel at the end. */
export type StrictReport = {
  readonly answered: number;
  readonly broken: number;
  /** Of the newest voucher that a gateway acknowledged: no kill may undo that. */
  readonly keptUnits: bigint;
  readonly signedUnits: bigint;
};

const callers = 2;
/** After these a client never pays again: an honest gateway gives no cause, however it is killed. */
const accusations = ['operator_overcounts', 'receipt_bad'];

/** Pays for calls from the strict channel until the others have ended, with a client that counts for itself. */
export async function payStrictly(
  world: World,
  gateway: { readonly url: () => Promise<string>; readonly isOver: () => boolean },
): Promise<StrictReport> {
  const { channel, channelId, apiKey } = world.strict;
  const { domain, policy } = world;
  let [answered, broken, keptUnits] = [0, 0, 0n];
  const paid = kedgeFetch({
    domain,
    channel,
    channelId,
    policy,
    account: channelKey,
    fetch: async (input, init) => {
      const voucher = new Headers(init.headers).get(voucherHeader);
      const response = await fetch(input, init);
      if (voucher !== null && response.status === 200) {
        const { cumulativeUnits } = decodeSignedVoucher(voucher).voucher;
        if (cumulativeUnits > keptUnits) keptUnits = cumulativeUnits;
      }
      return response;
    },
  });
  let asked = { url: '', kept: Promise.resolve() };
  /** After each start, before anything else is sent: what was acknowledged before is there. */
  const expectKept = (url: string): Promise<void> => {
    if (url !== asked.url) asked = { url, kept: expectNewest(url, keptUnits) };
    return asked.kept;
  };
  const expectNewest = async (url: string, before: bigint): Promise<void> => {
    const headers = { authorization: `Bearer ${apiKey}` };
    const answer = await fetch(`${url}/v1/vouchers`, { headers }).catch(() => undefined);
    // It was killed again, or could not check its channels: nothing is known.
    const state = answer?.status === 200 ? await answer.json().catch(() => undefined) : undefined;
    if (state === undefined) return;
    const { newest } = state as VoucherState;
    if (BigInt(newest?.voucher.cumulativeUnits ?? 0) >= before) return;
    throw new Error(`R11: a voucher over ${before} units was acknowledged, and is not there after a start.`);
  };
  const caller = async (_: unknown, index: number): Promise<void> => {
    for (let round = index; !gateway.isOver(); round += callers) {
      const order = { call: -1, act: round % 5 === 0 ? 'slow' : 'answer', words: 1 + (round % 12) };
      const body = JSON.stringify({
        model: 'demo',
        messages: [{ role: 'user', content: JSON.stringify(order) }],
        max_tokens: 16,
        ...(round % 3 === 0 ? { stream: true } : {}),
      });
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
      try {
        const url = await gateway.url();
        await expectKept(url);
        const response = await paid(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
        await response.text();
        if (response.status === 200) answered++;
      } catch (error) {
        if (isFault(error)) throw error;
        broken++;
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  await paid.idle();
  return { answered, broken, keptUnits, signedUnits: paid.memory().newest?.voucher.cumulativeUnits ?? 0n };
}

function isFault(error: unknown): boolean {
  if (error instanceof BaseError) return accusations.includes(error.code ?? '');
  return error instanceof Error && error.message.startsWith('R11');
}
