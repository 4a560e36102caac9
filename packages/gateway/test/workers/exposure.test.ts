import {
  encodeSignedVoucher,
  signedVoucherToJson,
  type SignedVoucher,
  voucherDigest,
  voucherHeader,
  zeroHash,
} from '@kedge/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keccak256 } from '../../src/crypto/hashers.js';
import { ownerOf } from '../../src/workers/ownerOf.js';
import { channelKey } from '../support/createStrictSetup.js';
import { domain } from '../support/createTestSetup.js';
import { buildGateway, type GatewayProcess } from '../support/gatewayProcess.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from '../support/scriptedUpstream.js';
import {
  createWorkersSetup,
  startWorkers,
  type TestChannel,
  workersIn,
  type WorkersSetup,
} from '../support/workersSetup.js';

// Strict channels of one holder, whose workers are real processes that are really killed.
/** 8 units in, which are signed for; up to 48 out, which are not, of which "Hello." is 6. */
const body = JSON.stringify({ model: 'demo', max_tokens: 16, messages: [{ role: 'user', content: 'Hi' }] });
const [inputUnits, answerUnits] = [8n, 6n];

let upstream: ScriptedUpstream;
let setup: WorkersSetup;
let gateway: GatewayProcess;

beforeAll(async () => {
  buildGateway();
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  // 48 units of an answer fit where nothing is owed, and not beside the 6 that one comes to.
  const strict = { startUnits: '60', growthBasisPoints: 0, holderUnits: '50', totalUnits: '1000' };
  setup = createWorkersSetup(
    6,
    { upstreamUrl: upstream.url, policy: { rates: { input_tokens: '1', output_tokens: '3' } }, config: { strict } },
    () => ({ mode: 'strict', channelKey: channelKey.address, rate: 0n, burst: 0n }),
  );
  gateway = await startWorkers(setup, 2);
});
afterAll(async () => {
  gateway.signal('SIGKILL');
  await gateway.ended;
  await upstream.close();
  setup.remove();
});

async function sign({ channelId }: TestChannel, cumulativeUnits: bigint): Promise<SignedVoucher> {
  const voucher = { channelId, cumulativeUnits, receiptHash: zeroHash, seq: 0n };
  return { voucher, signature: await channelKey.sign({ hash: voucherDigest(domain, voucher, keccak256) }) };
}

/** A call whose input is paid; its status and what it was refused for. */
async function call(channel: TestChannel): Promise<string> {
  const voucher = encodeSignedVoucher(await sign(channel, inputUnits));
  const headers = { authorization: `Bearer ${channel.apiKey}`, [voucherHeader]: voucher };
  const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
  const { error } = (await response.json()) as { error?: { code: string } };
  return error === undefined ? `${response.status}` : `${response.status} ${error.code}`;
}

const owedUnits = async (): Promise<string | undefined> =>
  /^kedge_strict_owed_units (.*)$/m.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1];

/** Kills the process of a worker, and waits for the next one. */
async function restart(worker: number): Promise<void> {
  const before = workersIn(gateway.log);
  process.kill(before.findLast((one) => one.worker === worker)!.pid, 'SIGKILL');
  await expect.poll(() => workersIn(gateway.log).length, { timeout: 60_000 }).toBe(before.length + 1);
}

test('R11: what its channels owe counts when a worker is started again, until it is paid', async () => {
  const owner = ownerOf(setup.channels[0]!.channelId, 2);
  const ofWorker = (worker: number) => setup.channels.filter(({ channelId }) => ownerOf(channelId, 2) === worker);
  const [owing, other] = ofWorker(owner);
  expect(await call(owing!)).toBe('200');
  expect(await call(other!)).toBe('403 exposure_exceeded');
  expect(await owedUnits()).toBe(String(answerUnits));
  await restart(owner);
  // Of the channel that owes, nobody asks: what it owes stands against the others of its holder all the same.
  expect(await call(other!)).toBe('403 exposure_exceeded');
  expect(await owedUnits()).toBe(String(answerUnits));
  await restart(1 - owner);
  expect(await owedUnits()).toBe(String(answerUnits));

  const paid = await fetch(`${gateway.url}/v1/vouchers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${owing!.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(signedVoucherToJson(await sign(owing!, inputUnits + answerUnits))),
  });
  expect(paid.status).toBe(200);
  expect(await owedUnits()).toBe('0');
  expect(await call(other!)).toBe('200');
});
