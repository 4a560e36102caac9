import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type Address, channelIdOf, encodeSignedVoucher, voucherDigest, voucherHeader, zeroHash } from '@kedge/core';
import { expect, onTestFinished, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { createStrictSetup, channelKey } from './support/createStrictSetup.js';
import { domain, holderAddress, operatorAddress } from './support/createTestSetup.js';
import { answerWith, completion, type Script, startScriptedUpstream } from './support/scriptedUpstream.js';

const stranger: Address = '0x90F79bf6EB2c4f870365E785982E1f101E93b906';
/** 8 units in, which are signed for; up to 48 out, which are not. */
const body = JSON.stringify({ model: 'demo', max_tokens: 16, messages: [{ role: 'user', content: 'Hi' }] });
const answer = answerWith(completion('Hello.'));

/** A gateway with strict channels of these holders, whose upstream answers when it is told to. */
async function start(holders: readonly Address[], strict: Parameters<typeof createStrictSetup>[1]) {
  const held: { request: Parameters<Script>[0]; response: ServerResponse }[] = [];
  let arrived: (first: 'runs') => void = () => undefined;
  const upstream = await startScriptedUpstream((request, response) => {
    held.push({ request, response });
    arrived('runs');
  });
  const setup = createStrictSetup(upstream.url, strict);
  const [record] = JSON.parse(readFileSync(setup.config.channelsFile, 'utf8')) as [Record<string, unknown>];
  const channels = holders.map((holder, index) => {
    // The later ones end later.
    const deadline = setup.channel.deadline + BigInt(index) * 7n * 86_400n;
    const channel = { ...setup.channel, holder, deadline, salt: `0x${`0${index + 1}`.repeat(32)}` as const };
    return { key: `key-${index}`, channel, channelId: channelIdOf(domain, channel, keccak256) };
  });
  const records = channels.map(({ key, channel, channelId }) => ({
    ...record,
    apiKeySha256: createHash('sha256').update(key).digest('hex'),
    channel,
    channelId,
  }));
  const text = JSON.stringify(records, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  writeFileSync(setup.config.channelsFile, text, { mode: 0o600 });
  let gateway = await setup.start();
  const release = (): void => {
    for (const { request, response } of held.splice(0)) void answer(request, response);
  };
  onTestFinished(async () => {
    release();
    await gateway.close();
    await upstream.close();
    setup.remove();
  });

  /** Makes a call whose input is paid, and answers once it runs, or with why it does not. */
  const call = async (index: number, signedUnits = 8n) => {
    const { key, channelId } = channels[index]!;
    const voucher = { channelId, cumulativeUnits: signedUnits, receiptHash: zeroHash, seq: 0n };
    const signature = await channelKey.sign({ hash: voucherDigest(domain, voucher, keccak256) });
    const runs = new Promise<'runs'>((resolve) => (arrived = resolve));
    const answered = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, [voucherHeader]: encodeSignedVoucher({ voucher, signature }) },
      body,
    });
    const ended = answered.then(async (response) => {
      const { error, values } = (await response.json()) as { error?: { code: string }; values?: { clause: string } };
      return error === undefined ? 'answered' : `${response.status} ${error.code} ${values?.clause}`;
    });
    const first = await Promise.race([ended, runs]);
    return { first, ended };
  };
  const restart = async (): Promise<void> => {
    await gateway.close();
    gateway = await setup.start();
  };
  const owedUnits = async (): Promise<string | undefined> =>
    /^kedge_strict_owed_units (.*)$/m.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1];
  const capture = (): Promise<Response> => fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  return { setup, channels, call, release, restart, owedUnits, capture };
}

/** 48 units of an answer fit where nothing is owed, and not beside the 6 that an answer comes to. */
const oneAnswer = { startUnits: '60', growthBasisPoints: 0, holderUnits: '50', totalUnits: '1000' };

/** The first channel is given an answer that it does not pay. */
async function leaveOwing(holders: readonly Address[], strict: Parameters<typeof createStrictSetup>[1]) {
  const started = await start(holders, strict);
  const left = await started.call(0);
  started.release();
  expect(await left.ended).toBe('answered');
  expect((await started.call(1)).first).toBe('403 exposure_exceeded R11');
  expect(await started.owedUnits()).toBe('6');
  return started;
}

test('R11: exposure is capped per holder: what one channel is served ahead of payment, another of its holder is not', async () => {
  const { call, release } = await start([holderAddress, holderAddress, holderAddress, stranger], {
    startUnits: '60',
    growthBasisPoints: 0,
    holderUnits: '100',
    totalUnits: '1000',
  });
  const [first, second] = [await call(0), await call(1)];
  expect([first.first, second.first]).toEqual(['runs', 'runs']);
  expect((await call(2)).first).toBe('403 exposure_exceeded R11');
  expect((await call(3)).first).toBe('runs');
  release();
  expect(await Promise.all([first.ended, second.ended])).toEqual(['answered', 'answered']);
  // What was delivered is 6 units each, and not paid yet: 48 more fit below 100.
  expect((await call(2)).first).toBe('runs');
});

test('R11: exposure is capped in total, whoever the holders are', async () => {
  const { call } = await start([holderAddress, stranger, operatorAddress], {
    startUnits: '60',
    growthBasisPoints: 0,
    holderUnits: '1000',
    totalUnits: '100',
  });
  expect([(await call(0)).first, (await call(1)).first]).toEqual(['runs', 'runs']);
  expect((await call(2)).first).toBe('403 exposure_exceeded R11');
});

test('R11: what a channel owes counts over a restart', async () => {
  const { call, restart, owedUnits } = await leaveOwing([holderAddress, holderAddress], oneAnswer);
  await restart();
  expect(await owedUnits()).toBe('6');
  expect((await call(1)).first).toBe('403 exposure_exceeded R11');
});

test('R11: what a channel owes counts until nothing can be captured from it, and then stands against nobody', async () => {
  const strict = { ...oneAnswer, holderUnits: '1000', totalUnits: '50' };
  const { setup, channels, call, owedUnits } = await leaveOwing([holderAddress, stranger], strict);
  const { deadline, grace } = channels[0]!.channel;
  const end = (Number(deadline) + grace) * 1_000;
  setup.now = () => end - 1;
  expect((await call(1)).first).toBe('403 exposure_exceeded R11');
  setup.now = () => end;
  expect((await call(1)).first).toBe('runs');
  expect(await owedUnits()).toBe('48');
});

test('R11: what a channel owes that was closed is lost, and stands against nobody', async () => {
  const { setup, channels, call, capture } = await leaveOwing([holderAddress, holderAddress], oneAnswer);
  setup.chain.closed.add(channels[0]!.channelId);
  expect((await capture()).status).toBe(200);
  expect(setup.logs).toContainEqual(expect.objectContaining({ event: 'channel_gone' }));
  expect((await call(1)).first).toBe('runs');
});
