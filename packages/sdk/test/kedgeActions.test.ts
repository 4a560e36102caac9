import { readFileSync } from 'node:fs';
import * as viem from 'viem';
import { createPublicClient, createWalletClient, http, publicActions } from 'viem';
import { base, foundry, mainnet, optimism } from 'viem/chains';
import { developmentAccount } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sdk from '../src/index.js';
import { createKedgeClient, kedgeActions, kedgeWalletActions } from '../src/index.js';
import { addressOf, createSale, roles, startStage, type Stage } from './fixture.js';

let stage: Stage;
let sale: Awaited<ReturnType<typeof createSale>>;
beforeAll(async () => {
  stage = await startStage();
  sale = await createSale(stage);
});
afterAll(() => stage.anvil.stop());

test('clients of viem are extended with the actions, beside their own', async () => {
  const { deployment, anvil } = stage;
  const { agentId: classId, lot } = sale;
  const reader = createPublicClient({ transport: http(anvil.rpcUrl) }).extend(kedgeActions(deployment));
  expect(await reader.getClass({ classId })).toMatchObject({ kind: 'agent', unitDecimals: 3 });
  const account = developmentAccount(roles.consumer);
  const wallet = createWalletClient({ account, chain: foundry, transport: http(anvil.rpcUrl) })
    .extend(publicActions)
    .extend(kedgeActions(deployment))
    .extend(kedgeWalletActions(deployment));
  // Two at once: one wallet sends in turn.
  const bought = await Promise.all([1n, 2n].map((units) => wallet.buyValue({ classId, lot, units })));
  for (const [index, { tokenId }] of bought.entries()) {
    const value = BigInt(index + 1);
    expect(await reader.getToken({ tokenId })).toMatchObject({ value, holder: addressOf('consumer') });
  }
  expect(await reader.getBlockNumber()).toBeGreaterThan(0n);
});

test('a wallet that cannot read the chain is told what it lacks', () => {
  const transport = http(stage.anvil.rpcUrl);
  const wallet = createWalletClient({ account: developmentAccount(roles.consumer), transport });
  expect(() => kedgeWalletActions(stage.deployment)(wallet as never)).toThrow(
    expect.objectContaining({
      name: 'BaseError',
      code: 'reader_missing',
      hints: [expect.stringContaining('extend(publicActions)')],
    }),
  );
});

test('clients of any chain are taken, also of the OP stack, whose blocks and transactions have other fields', () => {
  const { deployment } = stage;
  const account = developmentAccount(roles.consumer);
  const transport = http(stage.anvil.rpcUrl);
  // What is tested is that this compiles: each client has the types of its chain.
  const publicClient = createPublicClient({ chain: base, transport });
  const walletClient = createWalletClient({ account, chain: base, transport });
  const clients = [
    createKedgeClient({ publicClient, walletClient, deployment }),
    publicClient.extend(kedgeActions(deployment)),
    createPublicClient({ chain: mainnet, transport }).extend(kedgeActions(deployment)),
    createWalletClient({ account, chain: optimism, transport })
      .extend(publicActions)
      .extend(kedgeActions(deployment))
      .extend(kedgeWalletActions(deployment)),
  ];
  for (const { getClass } of clients) expect(getClass).toBeTypeOf('function');
});

test('no action of Kedge takes the place of one of viem', () => {
  const { deployment, anvil } = stage;
  const transport = http(anvil.rpcUrl);
  const own = createWalletClient({ account: developmentAccount(0), transport }).extend(publicActions);
  const ours = createKedgeClient({ publicClient: anvil.publicClient, walletClient: anvil.walletOf(0), deployment });
  const { publicClient: _, walletClient: __, deployment: ___, ...actions } = ours;
  expect(Object.keys(actions).length).toBeGreaterThan(70);
  expect(Object.keys(actions).filter((name) => name in own)).toEqual([]);
});

test('what the page for integrators shows buys value', async () => {
  const page = readFileSync(new URL('../../../docs/guides/integrators.md', import.meta.url), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(page)![1]!;
  // The page imports the packages by their names; here they are given.
  const body = code.replaceAll(/^import (\{[^}]*\}) from '([^']+)';$/gm, "const $1 = packages['$2'];");
  const given = {
    packages: { viem, '@kedge/sdk': sdk },
    rpcUrl: stage.anvil.rpcUrl,
    deployment: stage.deployment,
    account: developmentAccount(roles.consumer),
  };
  const AsyncFunction = (async () => undefined).constructor as new (
    ...text: string[]
  ) => (...values: unknown[]) => Promise<bigint>;
  const tokenId = await new AsyncFunction(...Object.keys(given), `${body}; return tokenId;`)(...Object.values(given));
  expect(await stage.as('stranger').getToken({ tokenId })).toMatchObject({
    classId: sale.agentId,
    value: 1_000n,
    holder: addressOf('consumer'),
  });
});
