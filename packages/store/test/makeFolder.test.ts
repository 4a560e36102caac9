import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolder } from '../src/makeFolder.js';

const folder = mkdtempSync(join(tmpdir(), 'kedge-folder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('makes what is missing, with its mode, and names the highest that it made', () => {
  expect(makeFolder(join(folder, 'a', 'b', 'c'), 0o700)).toBe(join(folder, 'a'));
  expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700);
  expect(makeFolder(join(folder, 'a', 'b', 'd'), 0o700)).toBe(join(folder, 'a', 'b', 'd'));
  expect(makeFolder(join(folder, 'a', 'b', 'd'), 0o700)).toBeUndefined();
  mkdirSync(join(folder, 'real'));
  symlinkSync('real', join(folder, 'link'));
  expect(makeFolder(join(folder, 'link'))).toBeUndefined();
  expect(makeFolder(join(folder, 'link', 'below'))).toBe(join(folder, 'link', 'below'));
});

test('says at once what the system says where no folder can be made', () => {
  expect(() => makeFolder('/proc/kedge/below')).toThrow(
    expect.objectContaining({ code: 'ENOENT', path: '/proc/kedge' }),
  );
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file'))).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  expect(() => makeFolder(join(folder, 'file', 'below'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  symlinkSync('loop', join(folder, 'loop'));
  expect(() => makeFolder(join(folder, 'loop', 'below'))).toThrow(expect.objectContaining({ code: 'ELOOP' }));
  symlinkSync('nowhere', join(folder, 'dangling'));
  expect(() => makeFolder(join(folder, 'dangling', 'below'))).toThrow(expect.objectContaining({ code: 'EEXIST' }));
});
