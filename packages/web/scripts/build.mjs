// Builds the dashboard into dist/, unless it was built from the same files before. --force builds in any case.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('../', import.meta.url));
const root = path.join(here, '../..');
const stamp = path.join(here, 'dist', '.built-from');
const sources = ['src', 'public', 'index.html', 'vite.config.ts', '../core/src', '../sdk/src'];

const hash = createHash('sha256');
for (const file of [...sources.flatMap((name) => filesOf(path.join(here, name))), path.join(root, 'package-lock.json')])
  hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
const builtFrom = hash.digest('hex');

const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === builtFrom;
if (!fresh || process.argv.includes('--force')) {
  // Tests run with another: it would make a build for development, a third larger, that counts as fresh from then on.
  process.env.NODE_ENV = 'production';
  const { build } = await import('vite');
  const started = Date.now();
  await build({ root: here, configFile: path.join(here, 'vite.config.ts'), logLevel: 'warn' });
  writeFileSync(stamp, builtFrom);
  console.error(`dashboard built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function filesOf(place) {
  const entries = readdirSync(path.dirname(place), { withFileTypes: true });
  const own = entries.find((entry) => entry.name === path.basename(place));
  if (own?.isDirectory() !== true) return own === undefined ? [] : [place];
  return readdirSync(place)
    .toSorted()
    .flatMap((name) => filesOf(path.join(place, name)));
}
