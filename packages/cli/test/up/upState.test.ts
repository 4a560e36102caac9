import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { writeDurably } from '../../src/files/durableFile.js';
import { readUpState, writeUpState, type UpState } from '../../src/up/upState.js';
import { temporaryDataFolder } from './support.js';

const state: UpState = {
  format: 'kedge-up/1',
  ports: { chain: 20_001, agent: 20_002, gateway: 20_003, dashboard: 20_004, indexer: 20_005 },
  channelSalt: `0x${'ab'.repeat(32)}`,
  steps: { lot: 0x8000_0001, tokenId: (3n << 64n) | (0x8000_0001n << 32n) | 1n },
};

test('what is written is read back, large integers included', () => {
  const { state: path } = temporaryDataFolder();
  writeUpState(path, state);
  expect(readUpState(path)).toEqual(state);
});

test('no file is no state', () => {
  expect(readUpState(temporaryDataFolder().state)).toBeUndefined();
});

test.each(['{"format":"kedge-up/1"', '{"format":"kedge-up/9"}'])(
  'a damaged state file is reported, not replaced: %s',
  (text) => {
    const { state: path } = temporaryDataFolder();
    writeFileSync(path, text);
    expect(() => readUpState(path)).toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe(text);
  },
);

test('files are replaced whole, are private, and leave no temporary file', () => {
  const { apiKey } = temporaryDataFolder();
  writeFileSync(`${apiKey}.tmp`, 'left from a crash');
  chmodSync(`${apiKey}.tmp`, 0o644);
  writeDurably(apiKey, 'one');
  expect(statSync(apiKey).mode & 0o777).toBe(0o600);
  writeDurably(apiKey, 'two');
  expect(readFileSync(apiKey, 'utf8')).toBe('two');
  expect(existsSync(`${apiKey}.tmp`)).toBe(false);
});
