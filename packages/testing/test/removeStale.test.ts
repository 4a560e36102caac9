import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { removeStale } from '../../../scripts/removeStale.mjs';

test('what was built of sources that are gone is removed, and nothing else', () => {
  const packages = mkdtempSync(join(tmpdir(), 'kedge-stale-'));
  const write = (...files: readonly string[]): void => {
    for (const file of files) {
      mkdirSync(dirname(join(packages, file)), { recursive: true });
      writeFileSync(join(packages, file), '');
    }
  };
  const outputs = (module: string): string[] => ['.js', '.js.map', '.d.ts'].map((ending) => module + ending);
  write('a/src/kept.ts', 'a/src/deep/page.tsx', 'a/dist/.tsbuildinfo', 'a/dist/data.json', 'a/dist/program.js');
  write(...['kept', 'gone', 'deep/page', 'deep/gone'].flatMap((module) => outputs(`a/dist/${module}`)));
  // Not the compiler's.
  write('page/src/main.ts', 'page/dist/assets/main-1a2b.js', 'page/dist/assets/main-1a2b.js.map');

  removeStale(packages);

  const filesOf = (folder: string): string[] =>
    readdirSync(join(packages, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .toSorted();
  expect(filesOf('a/dist')).toEqual(
    ['.tsbuildinfo', 'data.json', 'program.js', ...outputs('kept'), ...outputs('page')].toSorted(),
  );
  expect(filesOf('page/dist')).toEqual(['main-1a2b.js', 'main-1a2b.js.map']);
});
