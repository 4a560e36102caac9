import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataPathsOf } from '../../src/files/dataPaths.js';
import { kedgeProgram } from '../kedge.js';
import { runningUp, type RunningUp } from './runningUp.js';

const page = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');
let folder: string;
let up: RunningUp;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kedge-readme-'));
  up = await runningUp(dataPathsOf(join(folder, '.kedge')));
  // In a clone `npx kedge` is the linked command; here a script of that name stands for the link.
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${kedgeProgram}" "$@"\n`, {
    mode: 0o755,
  });
  mkdirSync(join(folder, 'my-data'));
  writeFileSync(join(folder, 'my-data', 'facts.txt'), 'A kedge is a light anchor.\n');
});

afterAll(async () => {
  await up?.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

/** The shell blocks of one section of a page, in order. */
function blocksOf(path: string, heading: string): string[] {
  const section = page(path)
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`));
  return [...(section ?? '').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
}

function run(block: string): string {
  const environment = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    GATEWAY_URL: up.upFile.gatewayUrl,
    API_KEY: up.upFile.apiKey,
  };
  return execFileSync('bash', ['-euo', 'pipefail', '-c', block], { cwd: folder, env: environment, encoding: 'utf8' });
}

it('the README can be followed from the first call to the claim and to data of one’s own', () => {
  const blocks = blocksOf('README.md', 'Call it');
  expect(blocks.length).toBe(3);
  run(blocks[0]!);
  expect(readFileSync(join(folder, 'answer.txt'), 'utf8')).toMatch(/^HTTP\/1\.1 200/);
  const checked = run(blocks[1]!);
  expect(checked).toContain('the receipt is good');
  expect(checked).toContain('Kedge docs agent');
  run(blocks[2]!);
});

it('so can the page for those who get started', () => {
  const guide = 'docs/guides/getting-started.md';
  const [call, verify] = blocksOf(guide, 'Make your first call');
  expect(run(call!)).toMatch(/^HTTP\/1\.1 200/);
  expect(run(verify!)).toContain('the receipt is good');
  expect(run(blocksOf(guide, 'Follow the money of a call')[0]!)).toContain('Kedge docs agent');
});
