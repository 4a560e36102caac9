import { decodeSignedReceipt, type SignedReceipt } from '@kedge/core';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { x402Client, x402HTTPClient } from '@x402/fetch';
import { expect } from 'vitest';
import { apiKey, payer } from './createTopUpSetup.js';
import { answerWith, completion, type ScriptedUpstream } from './scriptedUpstream.js';

/** What an agent with a key asks: without another, that of the setup's first channel. */
export const ask = (content = 'Hi', more: Record<string, unknown> = {}, key = apiKey): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
  body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content }], ...more }),
});

export const post = (url: string, init: RequestInit, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, { ...init, headers: { ...init.headers, ...headers } });

/** The public x402 client, which pays with a development key. */
export function payingClient(): x402Client {
  // The development asset is in no table of well-known ones, so it has no price in dollars to bound.
  return new x402Client().register('eip155:*', new ExactEvmScheme(payer)).setSpendControls(false);
}

/** Uses what the first channel of a key has, but for less than a call may need. */
export async function empty(url: string, upstream: ScriptedUpstream, key?: string): Promise<void> {
  upstream.script = answerWith(completion('word '.repeat(200)));
  expect((await post(url, ask('Hi', { max_tokens: 256 }, key))).status).toBe(200);
  upstream.script = answerWith(completion('Hello.'));
}

/** A signed payment for what a refusal asks. */
export async function payment(url: string, init = ask()): Promise<Record<string, string>> {
  const refused = await post(url, init);
  expect(refused.status).toBe(402);
  const http = new x402HTTPClient(payingClient());
  const required = http.getPaymentRequiredResponse((name) => refused.headers.get(name));
  return http.encodePaymentSignatureHeader(await http.createPaymentPayload(required));
}

export const receiptOf = (response: Response): SignedReceipt =>
  decodeSignedReceipt(response.headers.get('kedge-receipt') ?? '');
