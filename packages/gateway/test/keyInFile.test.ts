import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keyInFile } from '../src/upstream/keyInFile.js';
import { apiKey } from './support/createTestSetup.js';
import { answerWith, completion } from './support/scriptedUpstream.js';
import { startSurfaceTest } from './support/surfaceTest.js';

const folder = mkdtempSync(join(tmpdir(), 'kedge-key-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A key in a file, under a clock of its own. */
function keyUnderTest(name: string, env: Readonly<Record<string, string>> = {}, apiKeyEnv?: string) {
  const apiKeyFile = join(folder, name);
  writeFileSync(apiKeyFile, 'first\n');
  const events: string[] = [];
  const clock = { ms: 0 };
  const log = {
    info: (event: string) => void events.push(event),
    warn: (event: string) => void events.push(event),
    error: (event: string) => void events.push(event),
  };
  const key = keyInFile({ apiKeyEnv, apiKeyFile }, { env, elapsedMs: () => clock.ms, log });
  return { apiKeyFile, events, clock, key };
}

test('a key in a file is read again, once a second at most', () => {
  const { apiKeyFile, events, clock, key } = keyUnderTest('changed');
  writeFileSync(apiKeyFile, 'second\n');
  clock.ms = 999;
  expect(key()).toBe('first');
  clock.ms = 1_000;
  expect(key()).toBe('second');
  expect(events).toEqual(['upstream_key_changed']);
});

test('what is no key leaves the one before in force, and is logged once', () => {
  const { apiKeyFile, events, clock, key } = keyUnderTest('bad');
  for (const bad of ['two\nlines', '', undefined]) {
    if (bad === undefined) rmSync(apiKeyFile);
    else writeFileSync(apiKeyFile, bad);
    for (let times = 0; times < 2; times++) {
      clock.ms += 1_000;
      expect(key()).toBe('first');
    }
  }
  expect(events).toEqual(['upstream_key_kept', 'upstream_key_kept']);
  writeFileSync(apiKeyFile, 'second');
  clock.ms += 1_000;
  expect(key()).toBe('second');
});

test('a file without an end holds no key, and is not waited for', () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const read = () => keyInFile({ apiKeyFile: '/dev/zero' }, { env: {}, elapsedMs: () => 0, log });
  expect(read).toThrow(
    expect.objectContaining({ code: 'secret_missing', values: expect.objectContaining({ file: '/dev/zero' }) }),
  );
});

test('a key of the environment counts before the file, and stays', () => {
  const { clock, key } = keyUnderTest('beside', { KEY: 'named' }, 'KEY');
  clock.ms = 1_000;
  expect(key()).toBe('named');
});

test('calls to the upstream carry the key that is in the file now', async () => {
  const it = await startSurfaceTest({ script: answerWith(completion('One')) });
  const apiKeyFile = join(folder, 'served');
  writeFileSync(apiKeyFile, 'first');
  let elapsed = 0;
  it.setup.elapsedMs = () => elapsed;
  const { url } = it.upstream;
  const gateway = await it.setup.start({ dataDir: `${it.setup.folder}/other`, upstream: { url, apiKeyFile } });
  const body = JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] });
  for (const key of ['first', 'second']) {
    writeFileSync(apiKeyFile, key);
    elapsed += 1_000;
    const headers = { authorization: `Bearer ${apiKey}` };
    await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
  }
  await gateway.close();
  expect(it.upstream.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
});
