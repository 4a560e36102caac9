import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { dataAnchoringTokenAbi, zeroAddress, zeroHash, type Address, type Deployment } from '@kedge/core';
import { createKedgeClient, deployContracts } from '@kedge/sdk';
import { deployErc20, developmentAccount, startAnvil, type Anvil } from '@kedge/testing';
import { encodeFunctionData, getAddress, isAddressEqual, numberToHex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileFaulty } from '../../conform/test/compile.js';
import { deployCode } from '../../conform/test/tryContract.js';
import { runProgram } from '../src/program.js';
import { temporaryFolder } from './kedge.js';

const patience = 240_000;
const cwd = temporaryFolder();
let anvil: Anvil;
let deployment: Deployment;
let ours: string;
let registry: string;
let other: string;
let rpc: string[];

beforeAll(async () => {
  anvil = await startAnvil({ archive: true });
  rpc = ['--rpc', anvil.rpcUrl];
  const { publicClient } = anvil;
  deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  ours = deployment.contracts.DataAnchoringToken;
  registry = deployment.contracts.AttestationRegistry!;
  other = await deployCode(anvil, compileFaulty()['OwnedDAT']!, 5);
}, patience);
afterAll(() => anvil.stop());

async function run(
  args: readonly string[],
  { isTTY = false, environment = {}, onStderr = (_text: string): void => undefined } = {},
) {
  let stdout = '';
  let stderr = '';
  const code = await runProgram({
    argv: args,
    cwd,
    environment: { KEDGE_KEYSTORE_DIR: cwd, ...environment },
    stdin: process.stdin,
    stdout: { write: (text) => (stdout += text), isTTY },
    stderr: {
      write: (text) => {
        stderr += text;
        onStderr(text);
      },
    },
    version: '0.0.0',
  });
  return { code, stdout, stderr };
}

describe('kedge conform', () => {
  test.each(['0', '31536001'])('tries no token that lives %s seconds', async (seconds) => {
    const { code, stderr } = await run(['conform', ...rpc, '--address', ours, '--expiry-seconds', seconds]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--expiry-seconds is 1 to 31536000, not ${seconds}.`)]);
  });

  test(
    'passes ours with 0: a table by section, coloured on a terminal only',
    async () => {
      const plain = await run(['conform', ...rpc, '--address', ours, '--registry', registry]);
      // Progress, which only a slow machine is told.
      expect(
        plain.stderr.replace(/^(clause \d+ of \d+: \S+|paying the throw-away accounts|waiting for .*)\n/gm, ''),
      ).toBe('');
      expect(plain.code).toBe(0);
      expect(plain.stdout).toContain('6.4 Value transfer  (8 pass)');
      expect(plain.stdout).toContain('9. Proof registry  (3 pass, 1 not applicable)');
      expect(plain.stdout).toMatch(/^MUST +80 +0 +0 +0$/m);
      expect(plain.stdout).toContain('✓ every MUST of the profile draft holds');
      expect(plain.stdout).not.toContain('\x1b[');
    },
    patience,
  );

  test(
    'fails with 1 and names the clause, why, and the call that shows it, in colour on a terminal',
    async () => {
      const { code, stdout } = await run(['conform', ...rpc, '--address', other], { isTTY: true });
      expect(code).toBe(1);
      expect(stdout).toContain('\x1b[31m');
      expect(stdout).toContain('D6.1.createClass');
      expect(stdout).toContain(
        'createClass reverts for creator: "not the owner of the contract" (no owner key was given)',
      );
      expect(stdout).toMatch(/call from 0x\w+ to 0x\w+ at block \d+: 0xe0fc0eca/);
      expect(stdout).toContain('could not be reached');
      const marked = { isTTY: true, environment: { NO_COLOR: '1' } };
      expect((await run(['conform', ...rpc, '--address', other], marked)).stdout).not.toContain('\x1b[');
    },
    patience,
  );

  test(
    "takes the owner's key from the environment, and prints one JSON document",
    async () => {
      const key = Buffer.from(developmentAccount(5).getHdKey().privateKey!).toString('hex');
      const args = ['conform', ...rpc, '--address', other, '--owner-key-env', 'OWNER_KEY', '--json'];
      const { code, stdout, stderr } = await run(args, { environment: { OWNER_KEY: key } });
      expect(code).toBe(0);
      const report = JSON.parse(stdout) as { ok: boolean; results: unknown[]; counts: { MUST: { fail: number } } };
      expect(report.ok).toBe(true);
      expect(report.counts.MUST.fail).toBe(0);
      expect(report.results.length).toBeGreaterThan(80);
      expect(stdout + stderr).not.toContain(key);
    },
    patience,
  );

  test(
    'says what it waits for on a chain that makes no blocks, before the first clause as well',
    async () => {
      const still = await startAnvil({ args: ['--no-mining'] });
      try {
        const address = getAddress(`0x${'c0'.repeat(20)}`);
        await still.testClient.setCode({ address, bytecode: '0x60006000fd' });
        let said = '';
        const onStderr = (text: string): void => void (said += text);
        const running = run(['conform', '--rpc', still.rpcUrl, '--address', address], { onStderr });
        await expect.poll(() => said).toContain('paying the throw-away accounts');
        await still.testClient.setAutomine(true);
        await still.testClient.mine({ blocks: 1 });
        expect((await running).code).toBe(1);
      } finally {
        await still.stop();
      }
    },
    patience,
  );

  test(
    'ends with 3 when the node goes away in the middle, and with 1 where a clause failed before',
    async () => {
      let sent = 0;
      const node = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          sent += body.split('eth_sendRawTransaction').length - 1;
          if (sent > 40) return void response.writeHead(502).end();
          const headers = { 'content-type': 'application/json' };
          const asked = fetch(anvil.rpcUrl, { method: 'POST', headers, body });
          void asked.then(async (answer) => response.writeHead(200, headers).end(await answer.text()));
        });
      });
      await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
      try {
        const gone = await run(['conform', '--rpc', url, '--address', ours]);
        expect(gone.code).toBe(3);
        expect(gone.stdout).toMatch(/^MUST +[1-9]\d* +0 +/m);
        expect(gone.stdout).toMatch(/✗ the node failed, and \d+ MUST could not be tried: run it again\n/);
        sent = 0;
        const failing = await run(['conform', '--rpc', url, '--address', other]);
        expect([failing.code, failing.stdout]).toEqual([1, expect.stringContaining('✗ 1 MUST fails, ')]);
      } finally {
        node.close();
      }
    },
    patience,
  );

  test('refuses what cannot be right before anything is sent', async () => {
    const key = 'ab'.repeat(32);
    for (const [args, code, words] of [
      [['--address', ours], 2, 'No chain is named'],
      [rpc, 2, 'No contract is named'],
      [[...rpc, '--address', '0x12'], 2, 'must be an address'],
      [[...rpc, '--address', ours, '--registry', 'it'], 2, '--registry must be an address'],
      [[...rpc, '--address', ours, '--adapter', 'it'], 2, '--adapter must be an address'],
      [[...rpc, '--address', ours, '--profile', 'other'], 2, '--profile must be draft or kedge'],
      [[...rpc, '--address', ours, '--owner-key-env', key], 2, 'not a private key'],
      [[...rpc, '--address', ours, '--owner-key-env', 'NO_SUCH'], 1, 'NO_SUCH holds no private key'],
      [[...rpc, '--address', developmentAccount(7).address], 1, 'There is no contract at'],
      [['--rpc', 'http://127.0.0.1:1', '--address', ours], 3, 'does not answer'],
    ] as const) {
      const ran = await run(['conform', ...args]);
      expect([args, ran.code]).toEqual([args, code]);
      expect(ran.stderr).toContain(words);
    }
  });
});

describe('kedge audit', () => {
  const audit = (...args: string[]) => run(['audit', ...rpc, '--address', ours, ...args]);

  test('0: solvent, and all agree', async () => {
    const { code, stdout, stderr } = await audit();
    // Progress, which only a slow machine is told.
    expect(stderr.replace(/^(asking|looking|read|compared?|waiting for) .*\n/gm, '')).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('✓ solvent, and events, storage and balances agree');
    const classes = [...stdout.matchAll(/^ +(\d+) +(?:ETH|0x\w+) /gm)].map(([, classId]) => Number(classId));
    expect(classes.length).toBeGreaterThan(1);
    expect(classes).toEqual(classes.toSorted((a, b) => a - b));
  });

  test('1: insolvent, named to the wei', async () => {
    const { publicClient, testClient } = anvil;
    const address = ours as Address;
    await settled(zeroAddress);
    const value = await publicClient.getBalance({ address });
    await testClient.setBalance({ address, value: value - 7n });
    const { code, stdout } = await audit();
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`contract +ETH +balance +${value} +${value - 7n} +-7`));
    expect(stdout).toContain('✗ insolvent, 1 difference');
    const json = await audit('--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      solvent: false,
      differences: [{ field: 'balance', difference: '-7' }],
    });
    await testClient.setBalance({ address, value });
  });

  /** A class of a stranger's, with one share and 1,000 settled in an asset. */
  async function settled(asset: Address) {
    const { publicClient } = anvil;
    const client = createKedgeClient({ publicClient, walletClient: anvil.walletOf(3), deployment });
    const { classId } = await client.createClass({
      kind: 'dataset',
      metadataURI: 'ipfs://m',
      integrityHash: zeroHash,
      policy: { uri: 'ipfs://p', hash: zeroHash },
    });
    await client.mintShare({ classId, to: developmentAccount(3).address, shareRatio: 1n });
    await client.settleRevenue({ classId, asset, amount: 1_000n });
    return classId;
  }

  test('3: solvent, and the books differ', async () => {
    const { publicClient, testClient } = anvil;
    const address = ours as Address;
    const classId = await settled(zeroAddress);
    const call = { abi: dataAnchoringTokenAbi, functionName: 'revenueInfo', args: [classId, zeroAddress] } as const;
    const { accessList } = await publicClient.createAccessList({ to: address, data: encodeFunctionData(call) });
    const slots = accessList.flatMap((entry) => (isAddressEqual(entry.address, address) ? entry.storageKeys : []));
    const outputs: string[] = [];
    for (const slot of slots) {
      const value = BigInt((await publicClient.getStorageAt({ address, slot })) ?? '0x0');
      await testClient.setStorageAt({ address, index: slot, value: numberToHex(value ^ 1n, { size: 32 }) });
      const { code, stdout } = await audit();
      if (code === 3) outputs.push(stdout);
      await testClient.setStorageAt({ address, index: slot, value: numberToHex(value, { size: 32 }) });
    }
    expect(outputs.join('')).toMatch(new RegExp(`class ${classId} +ETH +received +1000 +1001 +1\n`));
    expect(outputs[0]).toMatch(/✗ solvent, \d+ differences?\n/);
    expect((await audit()).code).toBe(0);
  });

  test('0: the contract and its first block as kedge deploy wrote them', async () => {
    const contracts = join(cwd, 'deployed.json');
    writeFileSync(contracts, JSON.stringify({ ...deployment, firstBlock: 1 }));
    const { code, stdout } = await run(['audit', ...rpc, '--contracts', contracts, '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ address: ours, fromBlock: '1' })]);
    writeFileSync(contracts, JSON.stringify({ ...deployment, firstBlock: 20 }));
    expect((await run(['audit', ...rpc, '--contracts', contracts])).stderr).toContain('events from before block 20');
    // Of another contract the file says nothing.
    expect((await run(['audit', ...rpc, '--contracts', contracts, '--address', ours])).code).toBe(0);
    writeFileSync(contracts, JSON.stringify({ ...deployment, chainId: 1 }));
    const elsewhere = await run(['audit', ...rpc, '--contracts', contracts]);
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringContaining('contracts are on chain 1')]);
  });

  test('2: an asset fails when it is asked; 0 where the assets that count are named', async () => {
    const asset = await deployErc20({ publicClient: anvil.publicClient, walletClient: anvil.walletOf(3) }, 1_000n);
    await settled(asset);
    const code = await anvil.publicClient.getCode({ address: asset });
    await anvil.testClient.setCode({ address: asset, bytecode: '0x5f5ffd' });
    const whole = await audit();
    expect(whole.code).toBe(2);
    expect(whole.stdout).toMatch(new RegExp(`${getAddress(asset)} +1000 +unreadable +unreadable\n`));
    expect(whole.stdout).toContain('✗ solvent, 1 asset fails when asked for a balance: --asset names those that count');
    expect(JSON.parse((await audit('--json')).stdout)).toMatchObject({
      solvent: true,
      unreadable: [getAddress(asset)],
      differences: [],
    });
    const named = await audit('--asset', 'ETH');
    expect(named.code).toBe(0);
    expect(named.stdout).not.toContain(getAddress(asset));
    await anvil.testClient.setCode({ address: asset, bytecode: code! });
    expect((await audit('--asset', asset)).code).toBe(0);
  });

  test('2: it could not be checked', async () => {
    for (const [args, words] of [
      [[...rpc, '--address', other], 'does not answer as a Data Anchoring Token of Kedge'],
      [[...rpc, '--address', developmentAccount(7).address], 'There is no contract at'],
      [[...rpc, '--address', ours, '--from-block', '20'], 'events from before block 20'],
      [[...rpc, '--address', ours, '--from-block', 'x'], 'must be a whole number'],
      [[...rpc, '--address', ours, '--asset', 'gold'], '--asset must be an address'],
      [['--rpc', 'http://127.0.0.1:1', '--address', ours], 'does not answer'],
      [rpc, 'No contract is named'],
    ] as const) {
      const ran = await run(['audit', ...args]);
      expect([args, ran.code]).toEqual([args, 2]);
      expect(ran.stderr).toContain(words);
      expect(ran.stdout).toBe('');
    }
  });
});
