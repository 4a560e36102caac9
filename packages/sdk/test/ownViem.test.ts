import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { developmentAccount } from '@kedge/testing';
import * as viemOfPackages from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sdk from '../src/index.js';
import { addressOf, createSale, roles, startStage, type Stage } from './fixture.js';

// A program that takes the packages from a clone has a viem of its own beside theirs: other classes, and other types.
const root = fileURLToPath(new URL('../../../', import.meta.url));
const packages = join(root, 'node_modules');
const folder = mkdtempSync(join(tmpdir(), 'kedge-own-viem-'));
const ownViem = join(folder, 'node_modules/viem');

function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else if (/\.(js|json|d\.ts)$/.test(entry.name)) copyFile(source, target);
  }
}

/** A second name is a file of its own to Node and to the compiler. */
function copyFile(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    // The folder for temporary files is on another disk.
    copyFileSync(source, target);
  }
}

let stage: Stage;
let classId: bigint;
let lot: number;
beforeAll(async () => {
  for (const part of ['_esm', '_types']) copyTree(join(packages, 'viem', part), join(ownViem, part));
  copyFile(join(packages, 'viem/package.json'), join(ownViem, 'package.json'));
  for (const name of readdirSync(packages)) {
    if (name !== 'viem' && !name.startsWith('.')) symlinkSync(join(packages, name), join(folder, 'node_modules', name));
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  stage = await startStage();
  ({ agentId: classId, lot } = await createSale(stage));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await stage.anvil.stop();
});

test('a client of another viem reads and writes, and is told by name why it is refused', async () => {
  const viem = (await import(pathToFileURL(join(ownViem, '_esm/index.js')).href)) as typeof viemOfPackages;
  const { deployment, anvil } = stage;
  const transport = viem.http(anvil.rpcUrl);
  const reader = viem.createPublicClient({ transport }).extend(sdk.kedgeActions(deployment));
  const wallet = viem
    .createWalletClient({ account: developmentAccount(roles.consumer), transport })
    .extend(viem.publicActions)
    .extend(sdk.kedgeWalletActions(deployment));
  const { tokenId } = await wallet.buyValue({ classId, lot, units: 5n });
  expect(await reader.getToken({ tokenId })).toMatchObject({ value: 5n, holder: addressOf('consumer') });
  const failure = await reader.getBlock({ blockNumber: 10n ** 9n }).catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(viemOfPackages.BaseError);
  await expect(reader.getClass({ classId: 99n })).rejects.toMatchObject({
    code: 'ERC8028NonexistentClass',
    values: { classId: 99n },
  });
  await expect(wallet.mint({ classId, to: addressOf('consumer'), value: 1n })).rejects.toMatchObject({
    code: 'DATNotIssuer',
    values: { issuer: addressOf('issuer') },
  });
});

// What a program hands over: to each of the SDK's entries, and as the guide for integrators shows it.
const program = `
import type { Deployment } from '@kedge/core';
import { valueChannelsAbi } from '@kedge/core';
import { createKedgeClient, deployContracts, kedgeActions, kedgeWalletActions, readEvents } from '@kedge/sdk';
import { createPublicClient, createWalletClient, http, publicActions, type PrivateKeyAccount } from 'viem';

declare const account: PrivateKeyAccount;
declare const deployment: Deployment;
const transport = http('http://127.0.0.1:8545');
const publicClient = createPublicClient({ transport });
const walletClient = createWalletClient({ account, transport });

const chain = publicClient.extend(kedgeActions(deployment));
export const { unitDecimals } = await chain.getClass({ classId: 2n });
const wallet = walletClient.extend(publicActions).extend(kedgeWalletActions(deployment));
export const { tokenId } = await wallet.buyValue({ classId: 2n, lot: 0x80000001, units: 1n });
export const client = createKedgeClient({ publicClient, walletClient, deployment });
export const { claimed } = await client.transferToken({ tokenId, to: account.address });
export const deployed: Deployment = await deployContracts({ publicClient, walletClient });
const address = deployed.contracts.ValueChannels;
export const opened = await readEvents(publicClient, { address, abi: valueChannelsAbi, eventName: 'ChannelOpened' });
export const holder: string | undefined = opened[0]?.args.holder;
const nobody = createWalletClient({ transport });
// @ts-expect-error It signs as nobody.
createKedgeClient({ publicClient, walletClient: nobody, deployment });
`;

test('a program compiles with a viem of its own, with what it hands over and what it gets', () => {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    customConditions: ['source'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['program.ts'] }));
  writeFileSync(join(folder, 'program.ts'), program);
  const compiler = join(packages, 'typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  expect(stdout).toBe('');
});
