import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { SignedRateQuoteJson } from '@kedge/core';
import { tokenizerPin, type Gateway } from '@kedge/gateway';
import { deployContracts } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles } from '../src/accounts/roles.js';
import { configureGateway, runInProcess, runJson, temporaryFolder } from './kedge.js';
import { startGatewayHere } from './startGatewayHere.js';

// The oracle's signers are two of the local chain's development accounts.
const cwd = temporaryFolder();
let anvil: Anvil;
let upstream: Server;
let gateway: Gateway;
let chain: string[];
const kedge = (...args: string[]) => runInProcess(args, { cwd });
const kedgeJson = <value = Record<string, unknown>>(...args: string[]) => runJson<value>(args, { cwd });

const signers = [developmentAccount('deployer').address, developmentAccount('contributor').address];
const policy = {
  format: 'kedge-policy/3',
  unit: { name: 'unit', decimals: 3 },
  rates: { input_tokens: '1', output_tokens: '3' },
  oracle: {
    signers: signers.toSorted((left, right) => (left.toLowerCase() < right.toLowerCase() ? -1 : 1)),
    threshold: 2,
    maxAgeSeconds: 600,
    callSeconds: 60,
    bounds: { output_tokens: { min: '2', max: '9' } },
  },
  caps: { outputTokensPerCall: 256 },
  tokenizer: tokenizerPin(),
  operators: [developmentAccount('operator').address],
  models: ['demo'],
  licence: 'CC-BY-4.0',
  price: { asset: `0x${'0'.repeat(40)}`, numerator: '1000000000000', denominator: '1' },
};
const sign = ['quote', 'sign', '--policy', 'policy.json', '--contracts', 'contracts.json'];

beforeAll(async () => {
  anvil = await startAnvil();
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.deployer) });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify(policy));
  chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
  const create = ['class', 'create', '--name', 'Agent', '--policy', 'policy.json', '--sell', '1000'];
  const { classId } = await kedgeJson<{ classId: string }>(...create, ...chain);
  const { tokenId } = await kedgeJson<{ tokenId: string }>('buy', classId, '100', ...chain);
  upstream = createServer((_, response) => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 'a', object: 'chat.completion', created: 1, model: 'demo', choices }));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  configureGateway(cwd, deployment);
  const opened = await kedgeJson<{ apiKey: string }>('channel', 'open', tokenId, '--units', '50', ...chain);
  writeFileSync(join(cwd, 'api-key'), opened.apiKey);
  const upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`;
  gateway = await startGatewayHere(cwd, deployment, { rpcUrl: anvil.rpcUrl, upstreamUrl });
});
afterAll(async () => {
  await gateway?.close();
  upstream?.close();
  await anvil?.stop();
});

test('kedge quote sign refuses what would not count, with the clause', async () => {
  for (const [rates, said] of [
    ['output_tokens=10', 'oracle.bounds.output_tokens'],
    ['input_tokens=2', 'oracle.bounds.input_tokens'],
    ['words=2', 'A metric of --rates'],
    ['output_tokens=2.5', 'whole number'],
  ] as const) {
    const { code, stderr } = await kedge(...sign, '--rates', rates);
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining(said)]);
  }
  const stranger = await kedge(...sign, '--rates', 'output_tokens=5', '--account', 'consumer');
  expect(stranger.stderr).toContain('oracle.signers');
});

test('L10: two signers quote, the gateway meters by it, and kedge verify recomputes the units and finds a lie', async () => {
  const first = await kedgeJson<SignedRateQuoteJson>(...sign, '--rates', 'output_tokens=5', '--account', 'contributor');
  writeFileSync(join(cwd, 'quote.json'), JSON.stringify(first));
  const send = ['quote', 'send', 'quote.json', '--gateway', `${gateway.url}/v1`];
  const early = await kedge(...send);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('oracle.threshold')]);
  const both = await kedgeJson<SignedRateQuoteJson>(...sign, '--add', 'quote.json', '--account', 'deployer');
  expect([both.quote, both.signatures.length]).toEqual([first.quote, 2]);
  writeFileSync(join(cwd, 'quote.json'), JSON.stringify(both));
  expect(await kedgeJson(...send)).toMatchObject({ sequence: first.quote.sequence, sent: [{ state: 'taken' }] });
  expect((await kedge(...send)).stdout).toContain('already');

  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${readFileSync(join(cwd, 'api-key'), 'utf8')}` },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }),
  });
  const receipt = Buffer.from(response.headers.get('kedge-receipt') ?? '', 'base64url').toString();
  writeFileSync(join(cwd, 'receipt.json'), receipt);
  const verify = async (text: string) => {
    writeFileSync(join(cwd, 'receipt.json'), text);
    const { code, stdout } = await kedge('verify', 'receipt.json', '--policy', 'policy.json', ...chain);
    return { code, units: /^.* units +(.*)$/m.exec(stdout)?.[1] };
  };
  // 8 tokens in at 1, 2 out at 5.
  expect(await verify(receipt)).toEqual({
    code: 0,
    units: `by rate quote ${first.quote.sequence} the policy gives 18 base units, the receipt says 18`,
  });
  const dearer = receipt.replace('{"output_tokens":"5"}', '{"output_tokens":"10"}');
  expect(await verify(dearer)).toEqual({ code: 1, units: expect.stringContaining('(oracle.bounds.output_tokens)') });
  expect((await verify(receipt.replace(/,"rateQuote":.*$/, '}'))).units).toContain('and carries none');
});

test('kedge quote send says when no gateway answers, or none is named', async () => {
  const named = await kedge('quote', 'send', 'quote.json', '--gateway', 'http://127.0.0.1:1');
  expect([named.code, named.stderr]).toEqual([3, expect.stringContaining('does not answer')]);
  expect((await kedge('quote', 'send', 'quote.json')).stderr).toContain('No gateway is named');
});
