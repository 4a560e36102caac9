import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
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
import * as core from '@kedge/core';
import * as sdk from '../src/index.js';
import { addressOf, createSale, roles, startStage, type Stage } from './fixture.js';
import { givenIn, givenNames } from './givenNames.js';

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

/** Code blocks of the pages, and the `@example`s of this package: what a reader copies. */
function samples(): Map<string, string> {
  const found = new Map<string, string>();
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  for (const page of pages.filter((file) => file.endsWith('.md'))) {
    const text = readFileSync(join(root, 'docs', page), 'utf8');
    for (const [index, [, code]] of [...text.matchAll(/```(?:js|ts)\n([\s\S]*?)```/g)].entries())
      found.set(
        `${page} ${index + 1}`,
        /^(const|let) client\b/m.test(code!) ? code! : `${code!}\n${givenIn[page] ?? ''}`,
      );
  }
  const source = join(root, 'packages/sdk/src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const examples = readFileSync(join(source, file), 'utf8').matchAll(/@example\n((?: \*(?: .*)?\n)+?) \*(?:\/| @)/g);
    for (const [index, [, block]] of [...examples].entries())
      found.set(`${file} ${index + 1}`, `${block!.replaceAll(/^ \* ?/gm, '')}\n${givenIn[file] ?? ''}`);
  }
  return found;
}

test('what the pages and the examples show compiles in a program with a viem of its own', () => {
  const exported = (name: string, module: object) =>
    Object.keys(module).map((each) => `declare const ${each}: typeof import('${name}').${each};`);
  const names = [...exported('@kedge/sdk', sdk), ...exported('@kedge/core', core), givenNames];
  writeFileSync(join(folder, 'given.d.ts'), names.join('\n'));
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
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const all = samples();
  for (const [name, code] of all)
    writeFileSync(join(folder, `${name.replaceAll(/\W/g, '-')}.ts`), `${code}\nexport {};`);
  expect(all.size).toBeGreaterThan(100);
  const compiler = join(packages, 'typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  expect(stdout).toBe('');
});
