import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../src/database.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kedge-indexer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a database that cannot be opened is put aside and not deleted: it may be somebody else’s', async () => {
  const directory = join(folder, 'database');
  const notes: string[] = [];
  const open = () => openDatabase({ database: { kind: 'pglite', directory } }, (line) => notes.push(line));
  const broken = (content: string): void => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'PG_VERSION'), '9.6\n');
    writeFileSync(join(directory, 'rows'), content);
  };
  broken('first');
  expect(await open()).toBeUndefined();
  expect(existsSync(directory)).toBe(false);
  expect(readFileSync(join(`${directory}.broken`, 'rows'), 'utf8')).toBe('first');
  expect(notes.join()).toContain(`${directory}.broken`);
  // The first is what may be missed: of an index that breaks again nothing is.
  broken('second');
  expect(await open()).toBeUndefined();
  expect(existsSync(directory)).toBe(false);
  expect(readFileSync(join(`${directory}.broken`, 'rows'), 'utf8')).toBe('first');
});
