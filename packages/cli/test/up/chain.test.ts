import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { developmentChain } from '@kedge/testing';
import { createTestClient, http, parseEther, publicActions, walletActions } from 'viem';
import { expect, onTestFinished, test } from 'vitest';
import { createChain } from '../../src/up/chain.js';
import { unpackDump } from '../../src/up/chainDump.js';
import { findAnvil } from '../../src/up/findAnvil.js';
import { developmentAccount } from '../../src/accounts/developmentAccount.js';
import { rpc } from '../../src/up/rpc.js';
import { freePort, temporaryDataFolder, until } from './support.js';

// Deploys code that logs nothing but its being called: PUSH1 0 PUSH1 0 LOG0 STOP.
const logger = '0x6560006000a0006000526006601af3';

async function newChain() {
  const paths = temporaryDataFolder();
  const notes: string[] = [];
  const port = await freePort();
  const chain = createChain({
    paths,
    port,
    anvil: findAnvil(process.env),
    // What it has to keep it keeps in the data folder.
    environment: { ...process.env, HOME: paths.root },
    note: (line) => notes.push(line),
  });
  const client = createTestClient({
    account: developmentAccount('deployer'),
    chain: developmentChain,
    mode: 'anvil',
    transport: http(chain.url),
    pollingInterval: 20,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);
  const run = async () => {
    const child = await chain.run();
    onTestFinished(async () => {
      await chain.stopSaving();
      await child.stop(0);
    });
    return child;
  };
  return { paths, notes, chain, client, run };
}

test('a chain that is started again and again keeps its first block, which the second names as its parent', async () => {
  const { chain, client, run } = await newChain();
  const first = await run();
  await client.waitForTransactionReceipt({
    checkReplacement: false,
    hash: await client.sendTransaction({ to: developmentAccount('deployer').address }),
  });
  const { parentHash } = await client.getBlock({ blockNumber: 1n });
  await chain.save();
  await first.stop(0);
  // Of a genesis that is made in the same second there is nothing to see.
  for (let start = 0; start < 4; start += 1) {
    await delay(1_000);
    const child = await run();
    expect((await client.getBlock({ blockNumber: 0n })).hash).toBe(parentHash);
    await chain.save();
    await child.stop(0);
  }
});

test('a chain of many blocks does not write the state of each to disk', async () => {
  const { paths, chain, client, run } = await newChain();
  await run();
  // What is to be looked for is what the node itself writes.
  await chain.stopSaving();
  const filesIn = (): string[] => readdirSync(paths.root, { recursive: true, encoding: 'utf8' });
  const before = filesIn();
  await client.mine({ blocks: 1_000 });
  await client.mine({ blocks: 1 });
  expect(await client.getBlockNumber()).toBe(1_001n);
  expect(filesIn().filter((file) => !before.includes(file))).toEqual([]);
});

test('a chain that is killed continues: blocks, times, receipts, logs, nonces, code and balances are kept', async () => {
  const { paths, notes, chain, client, run } = await newChain();
  const first = await run();
  const deployed = await client.waitForTransactionReceipt({
    checkReplacement: false,
    hash: await client.deployContract({ abi: [], bytecode: logger }),
  });
  const to = deployed.contractAddress!;
  for (let call = 0; call < 5; call += 1)
    await client.waitForTransactionReceipt({ checkReplacement: false, hash: await client.sendTransaction({ to }) });
  const { address } = developmentAccount('deployer');
  const observe = async () => ({
    block: await client.getBlock(),
    second: await client.getBlock({ blockNumber: 2n }),
    receipt: await client.getTransactionReceipt({ hash: deployed.transactionHash }),
    logs: await client.getLogs({ fromBlock: 0n, toBlock: 'latest' }),
    nonce: await client.getTransactionCount({ address }),
    balance: await client.getBalance({ address }),
    code: await client.getCode({ address: to }),
  });
  const before = await observe();
  expect(before.logs).toHaveLength(5);
  await chain.save();
  await first.stop(0);

  await run();
  expect(await observe()).toEqual(before);
  const next = await client.waitForTransactionReceipt({
    checkReplacement: false,
    hash: await client.sendTransaction({ to }),
  });
  expect(next.blockNumber).toBe(before.block.number + 1n);
  expect(statSync(paths.chainDump).mode & 0o777).toBe(0o600);
  expect(notes).toEqual([]);
});

test('a block is saved without being asked for, at once', async () => {
  const { paths, client, run } = await newChain();
  const first = await run();
  const to = developmentAccount('consumer').address;
  const hash = await client.sendTransaction({ to, value: parseEther('1') });
  const mined = performance.now();
  await until(() => statSync(paths.chainDump, { throwIfNoEntry: false }) !== undefined);
  const window = performance.now() - mined;
  console.log(`block to disk: ${window.toFixed(0)} ms`);
  await first.stop(0);
  await run();
  expect((await client.getTransactionReceipt({ hash })).status).toBe('success');
});

test('when blocks follow each other the last one is saved too', async () => {
  const { paths, client, run } = await newChain();
  const first = await run();
  for (let block = 0; block < 30; block += 1) await client.mine({ blocks: 1 });
  const last = await client.getBlock();
  const saved = async () => {
    const dump = await unpackDump(paths.chainDump, paths.chain);
    return dump === undefined ? undefined : JSON.parse(readFileSync(dump.file, 'utf8')).best_block_number;
  };
  await until(async () => (await saved()) === Number(last.number));
  await first.stop(0);
  await run();
  expect((await client.getBlock()).hash).toBe(last.hash);
});

test('a chain that mines without a pause is saved whole: nonces, receipts and blocks agree', async () => {
  const { notes, chain, client, run } = await newChain();
  const first = await run();
  const { address: to } = developmentAccount('consumer');
  const done = new AbortController();
  const mining = (async () => {
    while (!done.signal.aborted)
      await rpc(chain.url, 'eth_sendTransaction', [{ from: client.account.address, to, value: '0x1' }]);
  })();
  for (let save = 0; save < 5; save += 1) await chain.save();
  done.abort();
  await mining;
  await chain.stopSaving();
  await first.stop(0);
  await run();
  const { number } = await client.getBlock();
  expect(BigInt(await client.getTransactionCount({ address: client.account.address }))).toBe(
    await transactionsUpTo(client, number),
  );
  expect(notes).toEqual([]);
});

/** How many transactions the blocks hold. */
async function transactionsUpTo(client: Awaited<ReturnType<typeof newChain>>['client'], last: bigint): Promise<bigint> {
  let count = 0n;
  for (let blockNumber = 1n; blockNumber <= last; blockNumber += 1n) {
    count += BigInt((await client.getBlock({ blockNumber })).transactions.length);
  }
  return count;
}

test('a damaged dump is reported and left as it is', async () => {
  const { paths, run } = await newChain();
  writeFileSync(paths.chainDump, 'not gzip');
  await expect(run()).rejects.toMatchObject({ code: 'damaged_chain_state' });
  await expect(run()).rejects.toThrow(paths.chainDump);
  expect(readFileSync(paths.chainDump, 'utf8')).toBe('not gzip');
});

test('without the node, the way to install it is told', () => {
  expect(findAnvil({})).toMatch(/anvil$/);
  expect(findAnvil({ PATH: '/nowhere' })).toMatch(/@foundry-rs/);
});
