import { join } from 'node:path';
import {
  decodeSignedReceipt,
  encodeSignedVoucher,
  signedVoucherToJson,
  type SignedReceipt,
  type SignedVoucher,
  splitSeq,
  voucherDigest,
  voucherHeader,
  zeroHash,
} from '@kedge/core';
import { kedgeFetch } from '@kedge/sdk';
import { startPostgres, type TestPostgres } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { createGateway } from '../src/index.js';
import { channelKey, createStrictSetup, strictChannelOf } from './support/createStrictSetup.js';
import { apiKey, domain, operatorKey } from './support/createTestSetup.js';
import { failedChecks } from './support/failedChecks.js';
import { buildGateway, startGatewayProcess } from './support/gatewayProcess.js';
import { answerWith, chunkEvent, completion, startScriptedUpstream } from './support/scriptedUpstream.js';
import type { VoucherState } from './support/strictClient.js';

let postgres: TestPostgres;
beforeAll(async () => {
  buildGateway();
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

test('R11, R15: kill -9 of the gateway in the middle of a strict stream: another goes on within what the client signed', async () => {
  const upstream = await startScriptedUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // Words without an end: the stream runs until its gateway is killed.
    for (let word = 0; word < 40; word++) response.write(chunkEvent({ content: ` word${word}` }));
  });
  const setup = createStrictSetup(upstream.url);
  const ledger = { ledger: postgres.url, ledgerLeaseMs: 1_500, strict: { startUnits: '30', growthBasisPoints: 0 } };
  const gateways = [await startGatewayProcess(setup, 'one', ledger), await startGatewayProcess(setup, 'two', ledger)];
  try {
    const [first, second] = gateways.map(({ url }) => `${url}/v1`) as [string, string];
    const paid = kedgeFetch(strictChannelOf(setup));
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const call = (base: string, more: object): Promise<Response> =>
      paid(`${base}/chat/completions`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ model: 'demo', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }], ...more }),
      });
    const stateAt = async (base: string): Promise<VoucherState> =>
      (await (await fetch(`${base}/vouchers`, { headers })).json()) as VoucherState;
    const signedAt = async (base: string): Promise<bigint> =>
      BigInt((await stateAt(base)).newest?.voucher.cumulativeUnits ?? 0);

    const stream = await call(first, { stream: true, max_tokens: 256 });
    const broken = stream.text().then(
      () => false,
      () => true,
    );
    await expect.poll(() => signedAt(first)).toBeGreaterThan(60n);
    gateways[0]?.signal('SIGKILL');
    expect(await broken).toBe(true);
    await paid.idle();

    // Whichever gateway is asked, the next call is served, and so are those after it.
    upstream.script = answerWith(completion('Hello there.'));
    const signedBefore = paid.memory().newest?.voucher.cumulativeUnits ?? 0n;
    const receipts: SignedReceipt[] = [];
    for (let round = 0; round < 3; round++) {
      const answer = await call(second, {});
      expect(answer.status).toBe(200);
      await answer.text();
      receipts.push(decodeSignedReceipt(answer.headers.get('kedge-receipt') ?? ''));
    }
    await paid.idle();
    // Its receipts follow one another, in the epoch of the gateway that took the channel over, and are all that was charged.
    expect(await failedChecks(receipts, setup.policy)).toEqual([]);
    expect(receipts.map(({ receipt }) => splitSeq(receipt.seq).counter)).toEqual([1n, 2n, 3n]);
    const charged = receipts.reduce((sum, { receipt }) => sum + receipt.units, 0n);
    const { committedUnits, newest } = await stateAt(second);
    expect(BigInt(committedUnits)).toBe(charged);
    expect(charged).toBeLessThanOrEqual(BigInt(newest?.voucher.cumulativeUnits ?? 0));
    // What it signed for the stream pays for the calls after it: nothing more was signed while that lasted.
    expect(paid.memory().newest?.voucher.cumulativeUnits).toBe(signedBefore > charged ? signedBefore : charged);
    expect(paid.memory().settledUnits).toBe(charged);
  } finally {
    for (const { signal, ended } of gateways) {
      signal('SIGKILL');
      await ended;
    }
    await upstream.close();
    setup.remove();
  }
});

test('L9: what is paid is captured by another gateway, however many vouchers are ahead of the receipts', async () => {
  const upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  const setup = createStrictSetup(upstream.url);
  const start = (name: string) =>
    createGateway(
      { ...setup.config, ledger: postgres.url, dataDir: join(setup.folder, name) },
      { chain: setup.chain, env: { OPERATOR_KEY: operatorKey } },
    );
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const first = await start('paid-one');
  const second = await start('paid-two');
  const body = JSON.stringify({ model: 'demo', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] });
  /** Of that. */
  const inputUnits = 8n;
  const sign = async (cumulativeUnits: bigint): Promise<SignedVoucher> => {
    const voucher = { channelId: setup.channelId, cumulativeUnits, receiptHash: zeroHash, seq: 0n };
    return { voucher, signature: await channelKey.sign({ hash: voucherDigest(domain, voucher, keccak256) }) };
  };
  const give = async (cumulativeUnits: bigint): Promise<void> => {
    const body = JSON.stringify(signedVoucherToJson(await sign(cumulativeUnits)));
    expect((await fetch(`${first.url}/v1/vouchers`, { method: 'POST', headers, body })).status).toBe(200);
  };
  try {
    const paid = kedgeFetch(strictChannelOf(setup));
    const answer = await paid(`${first.url}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body,
    });
    await answer.text();
    await paid.idle();
    const { units } = decodeSignedReceipt(answer.headers.get('kedge-receipt') ?? '').receipt;
    for (let ahead = 1n; ahead <= 40n; ahead++) await give(10_000n + ahead);
    await fetch(`${second.url}/admin/capture`, { method: 'POST' });
    expect(setup.chain.captured.get(setup.channelId)).toBe(units);
    // The same while a call runs that is paid.
    let release: () => void = () => undefined;
    upstream.script = (request, response) => {
      release = () => answerWith(completion('Hello there.'))(request, response);
    };
    const waiting = fetch(`${first.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...headers, [voucherHeader]: encodeSignedVoucher(await sign(units + inputUnits)) },
      body,
    });
    await expect.poll(() => upstream.requests.length).toBe(2);
    for (let ahead = 1n; ahead <= 40n; ahead++) await give(20_000n + ahead);
    release();
    expect((await waiting).status).toBe(200);
    await fetch(`${second.url}/admin/capture`, { method: 'POST' });
    expect(setup.chain.captured.get(setup.channelId)).toBe(units + inputUnits);
  } finally {
    await first.close();
    await second.close();
    await upstream.close();
    setup.remove();
  }
});
