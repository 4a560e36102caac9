import { spawnSync, type StdioOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { commandTable } from '../src/commandTable.js';
import { buildCli, kedgeProgram, runKedge, temporaryFolder } from './kedge.js';

const bin = fileURLToPath(new URL('../bin/', import.meta.url));

/** A folder laid out as a built clone, in which each build only says which it is. */
let clone: string;
beforeEach(() => {
  clone = join(temporaryFolder(), 'cli');
  cpSync(bin, join(clone, 'bin'), { recursive: true });
  write('package.json', '{ "type": "module" }');
});

const write = (file: string, text: string): void => {
  mkdirSync(join(clone, file, '..'), { recursive: true });
  writeFileSync(join(clone, file), text);
};
const says = (text: string): string => `process.stdout.write('${text}')`;
const run = (): [number | null, string] => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(clone, 'bin/kedge.js')], { encoding: 'utf8' });
  return [status, stdout + stderr];
};
const sha256OfOne = '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b';

test('the bundle runs while it is of what is built, and never once that has changed', () => {
  write('dist/main.js', says('dist'));
  expect(run()).toEqual([0, 'dist']);

  write('dist/.tsbuildinfo', '1');
  write('bundle/kedge.js', says('bundle'));
  write('bundle/made-of.json', JSON.stringify({ inputs: { '../dist/.tsbuildinfo': sha256OfOne }, files: [] }));
  expect(run()).toEqual([0, 'bundle']);

  write('dist/.tsbuildinfo', '2');
  expect(run()).toEqual([0, 'dist']);

  rmSync(join(clone, 'dist/.tsbuildinfo'));
  expect(run()).toEqual([0, 'dist']);

  write('bundle/made-of.json', '{"inp');
  expect(run()).toEqual([0, 'dist']);
});

test('what is not built says how to build it', () => {
  expect(run()).toEqual([1, expect.stringContaining('npm run build')]);
});

test('the bundle is of everything that it was made of, and a stack in it names the sources', async () => {
  buildCli();
  const record = readFileSync(new URL('../bundle/made-of.json', import.meta.url), 'utf8');
  const { inputs, files } = JSON.parse(record) as { inputs: Record<string, string>; files: string[] };
  expect(files).toEqual(expect.arrayContaining(['agent.js', 'gateway.js', 'gatewayWorker.js', 'kedge.js']));
  const records = ['agent', 'conform', 'core', 'gateway', 'sdk', 'store'].map(
    (name) => `../../${name}/dist/.tsbuildinfo`,
  );
  expect(Object.keys(inputs).toSorted()).toEqual(
    ['../dist/.tsbuildinfo', ...records, '../../../package-lock.json', '../../../scripts/bundle.mjs'].toSorted(),
  );

  for (const [file, hash] of Object.entries(inputs)) {
    const bytes = readFileSync(new URL(`../bundle/${file}`, import.meta.url));
    expect([file, createHash('sha256').update(bytes).digest('hex')]).toEqual([file, hash]);
  }

  const cwd = temporaryFolder();
  const { code, stderr } = await runKedge(['status'], { cwd, environment: { KEDGE_DEBUG: '1' } });
  expect(code).toBe(1);
  expect(stderr).toContain('packages/cli/src/commands/status.ts:');
});

test('a stdout that cannot be written is said in words and ends with 1; a stderr that cannot be leaves the exit code alone', () => {
  buildCli();
  const readOnly = openSync(join(clone, 'package.json'), 'r');
  const to = (stdio: StdioOptions, ...args: string[]) =>
    spawnSync(process.execPath, [kedgeProgram, ...args], { encoding: 'utf8', stdio });
  const silent = to(['ignore', readOnly, 'pipe'], '--version');
  expect([silent.status, silent.stderr]).toEqual([
    1,
    expect.stringMatching(/^error: stdout cannot be written: .*\n {2}-> /),
  ]);
  const asJson = to(['ignore', readOnly, 'pipe'], 'account', 'list', '--json');
  expect([asJson.status, JSON.parse(asJson.stderr)]).toMatchObject([1, { error: { code: 'stdout_failed' } }]);
  expect(to(['ignore', 'pipe', readOnly], 'nope').status).toBe(2);
  closeSync(readOnly);
});

test('the built program loads every command, each with all that it imports', () => {
  buildCli();
  const table = new URL('../dist/commandTable.js', import.meta.url).href;
  const load = `import { commandTable } from '${table}'; for (const { name, load } of commandTable) if ((await load()).name !== name) throw new Error(name); console.log(commandTable.length);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', load], { encoding: 'utf8' });
  expect([stdout, stderr]).toEqual([`${commandTable.length}\n`, '']);
});
