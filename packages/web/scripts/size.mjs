// How many bytes of script and style a reader loads, as of the last build: written to bundleSize.gen.json, so that a change
// of size is seen in review. --check only compares; the build is made anew where it is stale.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = fileURLToPath(new URL('../', import.meta.url));
const snapshot = path.join(here, 'bundleSize.gen.json');
execFileSync(process.execPath, [path.join(here, 'scripts/build.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
const manifest = JSON.parse(readFileSync(path.join(here, 'dist/.vite/manifest.json'), 'utf8'));

/** The files that an entry needs at once: its own, and those that it imports without being asked. */
function filesOf(key, found = new Set()) {
  const { file, css = [], imports = [] } = manifest[key];
  if (found.has(file)) return found;
  for (const each of [file, ...css]) found.add(each);
  for (const each of imports) filesOf(each, found);
  return found;
}

function sizeOf(files) {
  const contents = [...files].map((file) => readFileSync(path.join(here, 'dist', file)));
  const sum = (of) => contents.reduce((total, bytes) => total + of(bytes), 0);
  return { bytes: sum((bytes) => bytes.length), gzip: sum((bytes) => gzipSync(bytes, { level: 9 }).length) };
}

const first = new Set([...filesOf('index.html'), ...filesOf('src/pages/explore/ExplorePage.tsx')]);
const later = Object.entries(manifest)
  .filter(([key, { isDynamicEntry }]) => isDynamicEntry && key.startsWith('src/') && !first.has(manifest[key].file))
  .map(([key]) => [key.replace('src/', ''), sizeOf([...filesOf(key)].filter((file) => !first.has(file)))])
  .toSorted(([left], [right]) => (left < right ? -1 : 1));
const text = `${JSON.stringify({ firstLoad: sizeOf(first), later: Object.fromEntries(later) }, null, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(snapshot, text);
else if (readFileSync(snapshot, 'utf8') !== text) {
  console.error(`The dashboard's size is not what bundleSize.gen.json says; npm run fix writes it. Now:\n${text}`);
  process.exitCode = 1;
}
