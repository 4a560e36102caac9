import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { docsRootOf, stageDocs } from '../../src/up/stageDocs.js';
import { temporaryDataFolder } from './support.js';

function installation() {
  const { root, agent } = temporaryDataFolder();
  const folder = join(root, 'clone');
  mkdirSync(join(folder, 'docs', 'guides'), { recursive: true });
  mkdirSync(join(folder, 'packages'));
  mkdirSync(join(folder, 'docs', 'screenshots'));
  writeFileSync(join(folder, 'docs', 'screenshots', 'page.png'), 'a picture');
  utimesSync(join(folder, 'docs', 'screenshots', 'page.png'), 0, Date.UTC(2026, 5, 6) / 1000);
  writeFileSync(join(folder, 'README.md'), '# Readme');
  writeFileSync(join(folder, 'docs', 'guides', 'one.md'), '# One');
  utimesSync(join(folder, 'README.md'), 0, Date.UTC(2026, 0, 2) / 1000);
  utimesSync(join(folder, 'docs', 'guides', 'one.md'), 0, Date.UTC(2026, 2, 4) / 1000);
  return { folder, agent };
}

test('README and docs stand side by side under the paths that they have in the clone, and nothing else', () => {
  const { folder, agent } = installation();
  const staged = stageDocs(agent, folder);
  expect(readFileSync(join(staged.folder, 'docs', 'guides', 'one.md'), 'utf8')).toBe('# One');
  expect(readFileSync(join(staged.folder, 'README.md'), 'utf8')).toBe('# Readme');
  expect(existsSync(join(staged.folder, 'packages'))).toBe(false);
  expect(existsSync(join(staged.folder, 'docs', 'screenshots'))).toBe(false);
  staged.remove();
  expect(existsSync(staged.folder)).toBe(false);
});

test('the date is that of the newest file, not of today', () => {
  const { folder, agent } = installation();
  expect(stageDocs(agent, folder).changedOn).toBe('2026-03-04');
});

test('what an editor keeps beside a file is left out, a link that leads nowhere for one', () => {
  const { folder, agent } = installation();
  symlinkSync('somebody@somewhere.4711', join(folder, 'docs', 'guides', '.#one.md'));
  writeFileSync(join(folder, 'docs', '.one.md.swp'), 'written just now');
  const staged = stageDocs(agent, folder);
  expect(existsSync(join(staged.folder, 'docs', '.one.md.swp'))).toBe(false);
  expect(staged.changedOn).toBe('2026-03-04');
});

test('without docs the way out is told', () => {
  const { agent } = installation();
  expect(() => stageDocs(agent, agent)).toThrow('run it from a clone');
});

test('the docs are those of the clone, even beside a copy in the package, and of the package where it is installed', () => {
  const { folder } = installation();
  const inClone = join(folder, 'packages', 'cli');
  const installed = join(folder, 'node_modules', '@kedge', 'cli');
  for (const place of [inClone, installed]) {
    mkdirSync(join(place, 'docs'), { recursive: true });
    writeFileSync(join(place, 'package.json'), '{}');
  }
  expect(docsRootOf(inClone)).toBe(folder);
  expect(docsRootOf(installed)).toBe(installed);
});
