import { type Address, continuationTerms, decodeSignedReceipt, isSameAddress, valueChannelsAbi } from '@kedge/core';
import { kedgeActions, kedgeFetch, type KedgeFetch } from '@kedge/sdk';
import { wrapFetchWithPayment } from '@x402/fetch';
import type { Hex } from 'viem';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, payingClient } from './support/agentCalls.js';
import { channelKey } from './support/createStrictSetup.js';
import { createTopUpSetup, fullPurse, oneUnitCosts, type TopUpSetup } from './support/createTopUpSetup.js';
import { buildGateway } from './support/gatewayProcess.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';
import type { VoucherState } from './support/strictClient.js';

// A strict channel, whose client signs vouchers and pays through the public x402 client package. The program, the contracts and
// the chain are real.
const onePayment = fullPurse - 2_000n * oneUnitCosts;

let upstream: ScriptedUpstream;
let setup: TopUpSetup;
let snapshot: Hex;
let runs = 0;

beforeAll(async () => {
  buildGateway();
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  setup = await createTopUpSetup(upstream.url, {
    mode: 'strict',
    channelKey: channelKey.address,
    rate: 0n,
    burst: 0n,
  });
});
afterAll(async () => {
  await setup?.remove();
  await upstream?.close();
});
beforeEach(async () => {
  snapshot = await setup.anvil.testClient.snapshot();
});
afterEach(async () => {
  await setup.stop('SIGKILL');
  await setup.anvil.testClient.revert({ id: snapshot });
});

const begin = (more: Parameters<TopUpSetup['start']>[0] = {}): Promise<void> =>
  setup.start({ dataDir: `${setup.config.dataDir}-${runs++}`, ...more });

function strictClient(): KedgeFetch {
  const { channel, channelId, policy } = setup;
  const domain = { chainId: 31337, verifyingContract: setup.contracts.ValueChannels };
  return kedgeFetch({ domain, channel, channelId, policy, account: channelKey });
}

const callThrough = (send: typeof fetch, init = ask()): Promise<Response> =>
  send(`${setup.url()}/v1/chat/completions`, init);

/** Uses what the first channel has, but for less than a call may need. */
async function empty(paid: KedgeFetch): Promise<void> {
  upstream.script = answerWith(completion('word '.repeat(200)));
  const answer = await callThrough(paid);
  expect(answer.status).toBe(200);
  await answer.text();
  upstream.script = answerWith(completion('Hello.'));
}

async function channelOf(answer: Response): Promise<Hex> {
  expect(answer.status).toBe(200);
  await answer.text();
  return decodeSignedReceipt(answer.headers.get('kedge-receipt') ?? '').receipt.channelId;
}

test.each([1, 2])(
  'R28, R11: with workers: %i, a strict client pays once through the public x402 client, and signs on in the channel that it opened',
  async (workers) => {
    await begin({ workers });
    const paid = strictClient();
    await empty(paid);
    const paying = wrapFetchWithPayment(paid, payingClient());
    const answer = await callThrough(paying);
    expect(answer.headers.get('payment-response')).not.toBeNull();
    const next = await channelOf(answer);
    expect(next).not.toBe(setup.channelId);
    expect(await setup.purse()).toBe(onePayment);
    // It goes on there, and so does a client that begins anew and remembers nothing.
    expect(await channelOf(await callThrough(paid))).toBe(next);
    const anew = strictClient();
    expect(await channelOf(await callThrough(anew))).toBe(next);
    expect(await setup.purse()).toBe(onePayment);
    await Promise.all([paid.idle(), anew.idle()]);

    // What is captured from it is what was signed for it, which receipts account for.
    type State = { newest: { voucher: { cumulativeUnits: string } }; committedUnits: string };
    const headers = ask().headers ?? {};
    expect((await fetch(`${setup.url()}/admin/capture`, { method: 'POST' })).status).toBe(200);
    const captured = await setup.anvil.publicClient.getContractEvents({
      address: setup.contracts.ValueChannels,
      abi: valueChannelsAbi,
      eventName: 'ChannelCaptured',
      args: { channelId: next },
      fromBlock: 0n,
      strict: true,
    });
    const state = (await (await fetch(`${setup.url()}/v1/vouchers/${next}`, { headers })).json()) as State;
    const total = captured.reduce((sum, { args }) => sum + args.units, 0n);
    expect(total).toBeGreaterThan(0n);
    expect(total).toBeLessThanOrEqual(BigInt(state.newest.voucher.cumulativeUnits));
    expect(total).toBeLessThanOrEqual(BigInt(state.committedUnits));
  },
);

test.each([
  ['first', 'went on to the next'],
  ['next', 'begins anew with the first'],
])(
  'R27: a call that the %s channel paid for is answered again, and not paid again, to a client that %s',
  async (payer) => {
    await begin();
    const paid = strictClient();
    const once = { ...ask(), headers: { ...ask().headers, 'idempotency-key': 'once' } };
    if (payer === 'first') await callThrough(paid, once);
    await empty(paid);
    const next = await channelOf(await callThrough(wrapFetchWithPayment(paid, payingClient())));
    if (payer === 'next') await callThrough(paid, once);
    await paid.idle();
    const client = payer === 'first' ? paid : strictClient();
    const again = await callThrough(client, once);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await channelOf(again)).toBe(payer === 'first' ? setup.channelId : next);
    expect(await channelOf(await callThrough(client))).toBe(next);
    await client.idle();
    const state = await fetch(`${setup.url()}/v1/vouchers/${next}`, { headers: ask().headers ?? {} });
    const { newest, committedUnits } = (await state.json()) as VoucherState;
    expect(newest!.voucher.cumulativeUnits).toBe(committedUnits);
  },
);

test('R28: an agent that derives the deposit address itself pays there, and to no other that an operator names', async () => {
  await begin();
  const paid = strictClient();
  await empty(paid);
  const { channel, channelId, contracts, classId, lot } = setup;
  const chain = setup.anvil.publicClient.extend(kedgeActions({ chainId: 31337, contracts }));
  const careful = payingClient().onBeforePaymentCreation(async ({ selectedRequirements: { payTo, asset, extra } }) => {
    const terms = continuationTerms({
      channel,
      channelId,
      market: contracts.ValueMarket,
      classId,
      lot,
      asset: asset as Address,
      deadline: BigInt(String(extra['deadline'])),
    });
    const { address } = await chain.getDeposit({ terms });
    if (!isSameAddress(address, payTo as Address)) return { abort: true, reason: 'not the deposit address' };
    return undefined;
  });
  const turned: typeof fetch = async (input, init) => {
    const answer = await paid(input, init);
    const offer = answer.headers.get('payment-required');
    if (offer === null) return answer;
    const required = JSON.parse(Buffer.from(offer, 'base64').toString()) as { accepts: { payTo: string }[] };
    required.accepts[0]!.payTo = channel.operator;
    const headers = { 'payment-required': Buffer.from(JSON.stringify(required)).toString('base64') };
    return new Response(answer.body, { status: answer.status, headers });
  };
  await expect(callThrough(wrapFetchWithPayment(turned, careful))).rejects.toThrow('not the deposit address');
  expect(await setup.purse()).toBe(fullPurse);
  expect(await channelOf(await callThrough(wrapFetchWithPayment(paid, careful)))).not.toBe(channelId);
  expect(await setup.purse()).toBe(onePayment);
});

test('R28: without an x402 client a strict client is told what to pay, and nothing is signed or paid for it', async () => {
  await begin();
  const paid = strictClient();
  await empty(paid);
  await paid.idle();
  const refused = await callThrough(paid);
  expect(refused.status).toBe(402);
  expect(refused.headers.get('payment-required')).not.toBeNull();
  expect(await refused.json()).toMatchObject({ error: { code: 'value_exhausted' } });
  // Not even the input fits: the client itself would refuse to sign, and asks what could be paid.
  const long = await callThrough(paid, ask('word '.repeat(600)));
  expect(long.status).toBe(402);
  expect(long.headers.get('payment-required')).not.toBeNull();
  expect(await setup.purse()).toBe(fullPurse);
});

test('R25: a strict client is offered nothing under a policy that it does not know', async () => {
  await setup.issuer.publishPolicy({ classId: setup.classId, uri: 'ipfs://next', hash: `0x${'12'.repeat(32)}` });
  await begin();
  const paid = strictClient();
  await empty(paid);
  const refused = await callThrough(paid);
  expect(refused.status).toBe(402);
  expect(refused.headers.get('payment-required')).toBeNull();
  await expect(callThrough(paid, ask('word '.repeat(600)))).rejects.toMatchObject({ code: 'value_exhausted' });
});
