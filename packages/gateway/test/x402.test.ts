import { writeFileSync } from 'node:fs';
import {
  channelFromAbi,
  continuationTerms,
  parseTopUpOffer,
  type SignedReceipt,
  valueChannelsAbi,
  verifyReceipts,
  zeroAddress,
} from '@kedge/core';
import { authorizedErc20Abi, developmentAccount, startLaggingNode, testSeed } from '@kedge/testing';
import fc from 'fast-check';
import { wrapFetchWithPayment } from '@x402/fetch';
import { decodePaymentRequiredHeader, decodePaymentResponseHeader } from '@x402/core/http';
import { validatePaymentRequired } from '@x402/core/schemas';
import { getAddress, type Hex, parseSignature, recoverAddress } from 'viem';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { parsePayment } from '../src/topUps/x402Messages.js';
import {
  ask,
  empty as emptyAt,
  payingClient,
  payment as paymentAt,
  post as postTo,
  receiptOf,
} from './support/agentCalls.js';
import { createTopUpSetup, fullPurse, oneUnitCosts, payer, type TopUpSetup } from './support/createTopUpSetup.js';
import { buildGateway } from './support/gatewayProcess.js';
import {
  answerWith,
  completion,
  hanging,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scriptedUpstream.js';

// The public x402 client package pays, with a development key; the program, the contracts and the chain are real.
const least = 2_000n;

let upstream: ScriptedUpstream;
let setup: TopUpSetup;
let snapshot: Hex;

beforeAll(async () => {
  buildGateway();
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  setup = await createTopUpSetup(upstream.url);
});
afterAll(async () => {
  await setup?.remove();
  await upstream?.close();
});
beforeEach(async () => {
  upstream.script = answerWith(completion('Hello.'));
  snapshot = await setup.anvil.testClient.snapshot();
});
afterEach(async () => {
  await setup.stop('SIGKILL');
  await setup.anvil.testClient.setAutomine(true);
  await setup.anvil.testClient.revert({ id: snapshot });
});

let runs = 0;
/** Each test's gateway begins with a ledger of its own. */
const begin = (more: Parameters<TopUpSetup['start']>[0] = {}): Promise<void> =>
  setup.start({ dataDir: `${setup.config.dataDir}-${runs++}`, ...more });
const again = (more: Parameters<TopUpSetup['start']>[0] = {}): Promise<void> =>
  setup.start({ dataDir: `${setup.config.dataDir}-${runs - 1}`, ...more });

const post = (init: RequestInit, headers?: Record<string, string>): Promise<Response> =>
  postTo(setup.url(), init, headers);
const client = payingClient;
const empty = (): Promise<void> => emptyAt(setup.url(), upstream);
const payment = (init?: RequestInit): Promise<Record<string, string>> => paymentAt(setup.url(), init);

async function expectVerified(receipt: SignedReceipt): Promise<void> {
  const checks = await verifyReceipts({
    receipts: [receipt],
    policy: setup.policy,
    domain: { chainId: 31337, verifyingContract: setup.contracts.ValueChannels },
    operator: setup.operator,
    keccak256,
    recover: (hash, signature) => recoverAddress({ hash, signature }),
  });
  expect(checks.length).toBeGreaterThan(2);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}

test('R28: an agent without value pays through the public x402 client and gets its answer, from a channel with the value', async () => {
  await begin();
  await empty();
  const paying = wrapFetchWithPayment(fetch, client());
  const response = await paying(`${setup.url()}/v1/chat/completions`, ask());
  expect(response.status).toBe(200);
  expect(((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content).toBe(
    'Hello.',
  );
  const settled = decodePaymentResponseHeader(response.headers.get('payment-response') ?? '');
  expect(settled).toMatchObject({ success: true, payer: payer.address.toLowerCase(), network: 'eip155:31337' });
  expect(settled.amount).toBe((least * oneUnitCosts).toString());
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
  const { receipt } = receiptOf(response);
  expect(receipt.channelId).toBe(settled.extra?.['channelId']);
  expect(receipt.channelId).not.toBe(setup.channelId);
  await expectVerified(receiptOf(response));
  const [opened] = await setup.anvil.publicClient.getContractEvents({
    address: setup.contracts.ValueChannels,
    abi: valueChannelsAbi,
    eventName: 'ChannelOpened',
    args: { channelId: receipt.channelId },
    fromBlock: 0n,
    strict: true,
  });
  const channel = opened?.args.channel;
  expect(channel).toMatchObject({
    operator: setup.operator,
    channelKey: setup.operator,
    cap: least,
    salt: setup.channelId,
  });
  // What the channel does not spend returns to a token of the first channel's holder.
  expect((await setup.holder.getToken({ tokenId: receipt.tokenId })).holder).toBe(developmentAccount(2).address);
  // What is used is captured from it like from any other.
  if (channel === undefined) throw new Error('no channel was opened');
  expect((await fetch(`${setup.url()}/admin/capture`, { method: 'POST' })).status).toBe(200);
  const state = await setup.holder.getChannelState({ channel: channelFromAbi(channel) });
  expect(state.capturedUnits).toBe(receipt.cumulativeUnits);
  // The key goes on paying from it, and from what the first one has left, without another payment.
  expect((await post(ask())).status).toBe(200);
  const small = await post(ask('Hi', { max_tokens: 1 }));
  expect(receiptOf(small).receipt.channelId).toBe(setup.channelId);
  const found = await fetch(`${setup.url()}/v1/receipts/${receipt.channelId}/${receipt.seq}`, {
    headers: ask().headers ?? {},
  });
  expect(found.status).toBe(200);
});

test('R28: a 402 says what to pay, as x402 version 2 writes it, and for at least what the call may need', async () => {
  await begin();
  await empty();
  const refused = await post(ask());
  expect(refused.headers.get('cache-control')).toBe('no-store');
  const required = decodePaymentRequiredHeader(refused.headers.get('payment-required') ?? '');
  expect(validatePaymentRequired(required)).toEqual(required);
  const [accepted, ...others] = required.accepts;
  expect(others).toEqual([]);
  expect(accepted).toMatchObject({
    scheme: 'exact',
    network: 'eip155:31337',
    asset: getAddress(setup.dollar),
    amount: (least * oneUnitCosts).toString(),
    extra: { assetTransferMethod: 'eip3009', name: 'Dollar', version: '2' },
  });
  const json = (await refused.json()) as {
    offer: unknown;
    values: object;
    hints: string[];
    error: { code: string };
  };
  // First of what can be done, which a reader of the body alone learns, too.
  const hint = `Pay ${least * oneUnitCosts} smallest units of Dollar (${setup.dollar.toLowerCase()}) by x402`;
  expect(json.hints[0]?.toLowerCase()).toContain(hint.toLowerCase());
  expect(json.hints[0]).toContain('PAYMENT-REQUIRED');
  expect(json.hints.slice(1)).toEqual([
    expect.stringContaining('kedge channel open'),
    expect.stringContaining('max_tokens'),
  ]);
  expect(json.error.code).toBe('value_exhausted');
  expect(json.values).not.toHaveProperty('paymentRequired');
  expect(parseTopUpOffer(json.offer).deposit).toEqual({
    payTo: accepted?.payTo,
    amount: accepted?.amount,
    asset: accepted?.asset,
  });
  const large = await post(ask('Hi', { n: 4 }));
  const [more] = decodePaymentRequiredHeader(large.headers.get('payment-required') ?? '').accepts;
  expect(BigInt(more?.amount ?? 0)).toBe((8n + 4n * 768n) * oneUnitCosts);
  expect(more?.payTo).toBe(accepted?.payTo);
});

test('R28: each payment opens another channel of the same key, the oldest pays first, and all are there after a restart', async () => {
  await begin();
  await empty();
  const paying = wrapFetchWithPayment(fetch, client());
  const first = await paying(`${setup.url()}/v1/chat/completions`, ask());
  const second = await paying(`${setup.url()}/v1/chat/completions`, ask('Hi', { n: 4 }));
  expect([first.status, second.status]).toEqual([200, 200]);
  const [one, two] = [receiptOf(first).receipt.channelId, receiptOf(second).receipt.channelId];
  expect(new Set([one, two, setup.channelId]).size).toBe(3);
  expect(await setup.purse()).toBe(fullPurse - (least + 8n + 4n * 768n) * oneUnitCosts);
  expect(receiptOf(await post(ask())).receipt.channelId).toBe(one);
  await setup.stop('SIGKILL');
  await again();
  expect(receiptOf(await post(ask())).receipt.channelId).toBe(one);
  expect(receiptOf(await post(ask('Hi', { max_tokens: 1 }))).receipt.channelId).toBe(setup.channelId);
  // More than the second has left: nobody else may call meanwhile, so it is the third's.
  expect(receiptOf(await post(ask('Hi', { n: 3, max_tokens: 250 }))).receipt.channelId).toBe(two);
});

test('R27: one payment is taken once, however often and at once it comes, and its call is charged once', async () => {
  await begin();
  await empty();
  const paid = await payment();
  const answers = await Promise.all([1, 2, 3].map(() => post(ask(), paid)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  const late = await post(ask(), paid);
  expect(late.headers.get('payment-response')).toBe(answers[0]?.headers.get('payment-response'));
  const receipts = [...answers, late].map((answer) => receiptOf(answer).receipt);
  expect(new Set(receipts.map(({ seq }) => seq)).size).toBe(1);
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
  expect((await post(ask('Another question'), paid)).status).toBe(409);
});

test('R27: kill -9 between payment and answer: the payment is in the channel, and the retry is not charged again', async () => {
  await begin();
  await empty();
  const paid = await payment();
  const reached = hanging(upstream);
  const lost = post(ask(), paid).catch(() => undefined);
  await reached;
  await setup.stop('SIGKILL');
  expect(await lost).toBeUndefined();
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
  upstream.script = answerWith(completion('Hello.'));
  await again();
  const response = await post(ask(), paid);
  expect(response.status).toBe(200);
  expect(decodePaymentResponseHeader(response.headers.get('payment-response') ?? '').success).toBe(true);
  expect(receiptOf(response).receipt.channelId).not.toBe(setup.channelId);
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
});

test('R27: kill -9 before the payment is mined: it is found on the chain after the start', async () => {
  await begin();
  await empty();
  const paid = await payment();
  await setup.anvil.testClient.setAutomine(false);
  const lost = post(ask(), paid).catch(() => undefined);
  await expect.poll(setup.waitingPayments).toBe(1);
  await setup.stop('SIGKILL');
  await lost;
  await setup.anvil.testClient.setAutomine(true);
  await setup.anvil.testClient.mine({ blocks: 1 });
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
  await again();
  const response = await post(ask(), paid);
  expect(response.status).toBe(200);
  expect(response.headers.get('payment-response')).not.toBeNull();
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
});

test('R27: a payment that is not mined in time is 503, and the same one is taken later, once', async () => {
  await begin({ x402: { ...setup.config.x402!, settleMs: 200 } });
  await empty();
  const paid = await payment();
  await setup.anvil.testClient.setAutomine(false);
  // The second time a transaction of it waits, after which the node would refuse another one.
  for (let time = 0; time < 2; time++) {
    const early = await post(ask(), paid);
    expect(early.status).toBe(503);
    expect(((await early.json()) as { error: { code: string } }).error.code).toBe('payment_pending');
  }
  await setup.anvil.testClient.setAutomine(true);
  await setup.anvil.testClient.mine({ blocks: 1 });
  expect((await post(ask(), paid)).status).toBe(200);
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
});

test('R28: while gas costs more than the operator pays, a payment waits, unsent, and is taken later', async () => {
  await begin({ maxFeePerGasGwei: 20 });
  await empty();
  const paid = await payment();
  const { testClient } = setup.anvil;
  await testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: 10n ** 11n });
  await testClient.mine({ blocks: 1 });
  const early = await post(ask(), paid);
  expect(early.status).toBe(503);
  expect(((await early.json()) as { error: { code: string } }).error.code).toBe('payment_pending');
  expect(setup.log.join('\n')).toMatch(/"event":"payment_pending","reason":"Gas costs 1[0-9.]+ gwei by the node/);
  expect(await setup.purse()).toBe(fullPurse);
  await testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: 10n ** 9n });
  await testClient.mine({ blocks: 1 });
  expect((await post(ask(), paid)).status).toBe(200);
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
});

test('R28: while the account that sends payments cannot pay for gas the log names it, and the same payment is taken later, once', async () => {
  await begin();
  await empty();
  const paid = await payment();
  const { address } = developmentAccount(5);
  await setup.anvil.testClient.setBalance({ address, value: 0n });
  expect((await post(ask(), paid)).status).toBe(503);
  expect(setup.log.map((line) => JSON.parse(line) as object)).toContainEqual(
    expect.objectContaining({ event: 'payment_pending', reason: expect.stringContaining(`${address} has too little`) }),
  );
  await setup.anvil.testClient.setBalance({ address, value: 10n ** 18n });
  expect((await post(ask(), paid)).status).toBe(200);
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
});

/** Somebody who saw the payment hands it to the asset. */
async function payByOther(paid: Record<string, string>) {
  const signed = JSON.parse(Buffer.from(paid['PAYMENT-SIGNATURE'] ?? '', 'base64').toString());
  const { from, to, value, validAfter, validBefore, nonce } = signed.payload.authorization;
  const { r, s, yParity } = parseSignature(signed.payload.signature);
  const hash = await setup.anvil.walletOf(7).writeContract({
    address: setup.dollar,
    abi: authorizedErc20Abi,
    functionName: 'transferWithAuthorization',
    args: [from, to, BigInt(value), BigInt(validAfter), BigInt(validBefore), nonce, 27 + yParity, r, s],
    account: developmentAccount(7),
    chain: null,
  });
  await setup.anvil.publicClient.waitForTransactionReceipt({ hash });
  return signed as { readonly accepted: { readonly extra: { readonly deadline: string } } };
}

test('R28: a payment that somebody else sent first is no obstacle, and nothing is paid twice', async () => {
  await begin();
  await empty();
  const paid = await payment();
  await payByOther(paid);
  expect((await post(ask(), paid)).status).toBe(200);
  expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
});

test.each([[['eth_getLogs']], [['eth_getLogs', 'eth_blockNumber']]])(
  'R28: of a payment that somebody else sent and swept first, nobody is told to sign another while %j tells nothing of it',
  async (methods) => {
    let isBehind = true;
    const node = await startLaggingNode(setup.anvil.rpcUrl, ({ method }) => isBehind && methods.includes(method));
    onTestFinished(node.stop);
    await begin({ rpcUrl: node.url });
    await empty();
    const paid = await payment();
    const { accepted } = await payByOther(paid);
    const { channel, channelId, classId, lot, contracts, dollar } = setup;
    const deadline = BigInt(accepted.extra.deadline);
    await setup.holder.sweepDeposit({
      terms: continuationTerms({
        channel,
        channelId,
        market: contracts.ValueMarket,
        classId,
        lot,
        asset: dollar,
        deadline,
      }),
    });
    const early = await post(ask(), paid);
    expect([early.status, ((await early.json()) as { error: { code: string } }).error.code]).toEqual([
      503,
      'payment_pending',
    ]);
    isBehind = false;
    expect((await post(ask(), paid)).status).toBe(200);
    expect(await setup.purse()).toBe(fullPurse - least * oneUnitCosts);
  },
);

test('R28: a payment that fails costs nothing', async () => {
  await begin();
  await empty();
  const paid = await payment();
  const signed = JSON.parse(Buffer.from(paid['PAYMENT-SIGNATURE'] ?? '', 'base64').toString());
  const refusedWith = async (change: (copy: typeof signed) => void): Promise<string> => {
    const copy = structuredClone(signed);
    change(copy);
    const header = Buffer.from(JSON.stringify(copy)).toString('base64');
    const response = await post(ask(), { 'payment-signature': header });
    expect(response.status).toBe(402);
    expect(response.headers.get('payment-response')).toBeNull();
    // It says again what to pay.
    expect(response.headers.get('payment-required')).not.toBeNull();
    return ((await response.json()) as { error: { code: string } }).error.code;
  };
  expect(await refusedWith((copy) => (copy.x402Version = 1))).toBe('payment_invalid');
  expect(await refusedWith((copy) => (copy.accepted.network = 'eip155:1'))).toBe('payment_invalid');
  expect(await refusedWith((copy) => (copy.accepted.asset = zeroAddress))).toBe('payment_invalid');
  expect(await refusedWith((copy) => (copy.payload.authorization.to = setup.operator))).toBe('payment_invalid');
  expect(await refusedWith((copy) => (copy.payload.authorization.value = '1'))).toBe('payment_invalid');
  expect(await refusedWith((copy) => (copy.payload.authorization.validBefore = '1'))).toBe('payment_invalid');
  expect(await refusedWith((copy) => (copy.payload.authorization.validBefore = '99999999999'))).toBe('payment_invalid');
  expect(await refusedWith((copy) => (copy.accepted.extra.deadline = '99999999999'))).toBe('payment_invalid');
  expect(await refusedWith((copy) => (copy.payload.authorization.nonce = `0x${'07'.repeat(32)}`))).toBe(
    'payment_reverts',
  );
  expect(await refusedWith((copy) => (copy.payload.signature = `0x${'00'.repeat(65)}`))).toBe('payment_reverts');
  expect(await setup.purse()).toBe(fullPurse);
  expect((await post(ask(), { 'payment-signature': 'not base64 of JSON' })).status).toBe(402);
  // The payment itself is as good as before.
  expect((await post(ask(), paid)).status).toBe(200);
});

test('R28: what the policy refuses stays 403, and nothing is paid for it', async () => {
  await begin();
  await empty();
  const paid = await payment();
  const refused = await post(ask('Hi', { model: 'other' }), paid);
  expect(refused.status).toBe(403);
  expect(refused.headers.get('payment-required')).toBeNull();
  expect(await setup.purse()).toBe(fullPurse);
});

test('R25: a superseded lot is not offered', async () => {
  await begin();
  await empty();
  const stale = await payment();
  await setup.issuer.publishPolicy({ classId: setup.classId, uri: 'ipfs://next', hash: `0x${'12'.repeat(32)}` });
  await setup.stop('SIGKILL');
  await again();
  const refused = await post(ask());
  expect(refused.status).toBe(402);
  expect(refused.headers.get('payment-required')).toBeNull();
  // Who pays an offer of before is not told to pay once more.
  const late = await post(ask(), stale);
  expect(late.status).toBe(402);
  expect(await late.json()).toMatchObject({ hints: [expect.stringContaining('without a payment')] });
});

test('a lot is named as kedge lot create counts it, and where there is none of that number the log says so', async () => {
  const x402 = setup.config.x402 as NonNullable<typeof setup.config.x402>;
  const withLot = (lot: number) => ({ x402: { ...x402, lots: [{ classId: setup.classId.toString(), lot }] } });
  await begin(withLot(setup.lot - 2 ** 31));
  await empty();
  expect((await post(ask())).headers.get('payment-required')).not.toBeNull();
  await setup.stop('SIGKILL');
  await again(withLot(7));
  expect((await post(ask())).headers.get('payment-required')).toBeNull();
  expect(setup.log.map((line) => JSON.parse(line) as object)).toContainEqual(
    expect.objectContaining({ event: 'offers_stopped', lot: 7, reason: expect.stringContaining('no such lot') }),
  );
});

test('a key for payments that is none is named as such', async () => {
  const keyFile = `${setup.config.dataDir}-no-key`;
  writeFileSync(keyFile, 'no key');
  const x402 = setup.config.x402 as NonNullable<typeof setup.config.x402>;
  await expect(begin({ x402: { ...x402, keyFile } })).rejects.toThrow(/key for payments[\s\S]*x402\.keyFile/);
});

test('what a call needs without value is the same as before where nothing is configured', async () => {
  await begin({ x402: undefined });
  await empty();
  const refused = await post(ask(), { 'payment-signature': 'anything' });
  expect(refused.status).toBe(402);
  expect(refused.headers.get('payment-required')).toBeNull();
});

test('whatever comes as a payment is read or refused with 402, never an error of ours', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json().map((json) => Buffer.from(json).toString('base64')),
  );
  fc.assert(
    fc.property(text, (header) => {
      try {
        parsePayment(header);
      } catch (error) {
        expect(error).toMatchObject({ code: 'payment_invalid', status: 402 });
      }
    }),
    { numRuns: 500, seed: testSeed },
  );
});
