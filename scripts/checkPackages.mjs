// What npm would pack of each package: everything that its package.json points to, its README, the licence and the sources
// that its source maps speak of, and nothing that only the clone needs. Looks at what is built.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';

const licence = readFileSync('LICENSE', 'utf8');
/** Laid into the package while it is packed (packages/cli/scripts/docs.mjs), which this check, as it only reads, leaves out. */
const laidIn = { '@kedge/cli': ['README.md'] };
const clonesOnly = /(?:^|\/)(?:test|scripts|node_modules|bundle)\/|\.test\.|(?:^|\/)\.|\.tsbuildinfo$/;

const folders = readdirSync('packages').map((name) => `packages/${name}`);
const published = folders
  .map((folder) => ({ folder, manifest: read(folder) }))
  .filter(({ manifest }) => !manifest.private);
const args = [
  'pack',
  '--dry-run',
  '--json',
  '--ignore-scripts',
  ...published.map(({ folder }) => `--workspace=${folder}`),
];
const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
if (status !== 0) throw new Error(`npm ${args.join(' ')} fails:\n${stderr}`);
const packed = new Map(Object.values(JSON.parse(stdout)).map(({ name, files }) => [name, files]));

const problems = published.flatMap(({ folder, manifest }) =>
  problemsOf(folder, manifest, packed.get(manifest.name) ?? []).map((problem) => `${folder}: ${problem}`),
);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;

function problemsOf(folder, manifest, files) {
  const found = [];
  const modes = new Map(files.map(({ path, mode }) => [path, mode]));
  const programs = Object.values(manifest.bin ?? {}).map(plain);
  const pointed = Object.values(manifest.exports ?? {})
    .flatMap(targetsOf)
    .map(plain);
  const absent = laidIn[manifest.name] ?? [];
  for (const path of ['README.md', 'LICENSE', ...pointed, ...programs]) {
    if (!modes.has(path) && !absent.includes(path)) found.push(`${path} is not packed; name it in "files", or make it`);
  }
  for (const path of modes.keys()) {
    if (clonesOnly.test(path)) found.push(`${path} is packed, and only the clone needs it; leave it out of "files"`);
  }
  for (const path of [...modes.keys()].filter((path) => path.endsWith('.map'))) {
    const source = absentSource(folder, path, modes);
    if (!source) continue;
    const isGone = !existsSync(posix.join(folder, posix.dirname(path), source));
    const next = isGone
      ? 'which is gone; delete what was built of it'
      : 'which is not packed; compile with inlineSources';
    found.push(`${path} speaks of ${source}, ${next}`);
  }
  for (const path of programs.filter((path) => modes.has(path))) {
    const first = readFileSync(`${folder}/${path}`, 'utf8').split('\n', 1)[0];
    if (first !== '#!/usr/bin/env node') found.push(`${path} does not begin with #!/usr/bin/env node`);
    if ((modes.get(path) & 0o111) !== 0o111) found.push(`${path} may not be run: chmod +x it`);
  }
  if (modes.has('LICENSE') && readFileSync(`${folder}/LICENSE`, 'utf8') !== licence)
    found.push('LICENSE is another than that of the root; copy it');
  return found;
}

/** Bundlers and debuggers look for what a source map names, and complain of each file that lacks. */
function absentSource(folder, path, modes) {
  const { sources, sourcesContent = [] } = JSON.parse(readFileSync(`${folder}/${path}`, 'utf8'));
  return sources.find((source, at) => !sourcesContent[at] && !modes.has(posix.join(posix.dirname(path), source)));
}

/** The condition `source` is for the clone, where the sources are. */
function targetsOf(target) {
  if (typeof target === 'string') return [target];
  return Object.entries(target).flatMap(([condition, nested]) => (condition === 'source' ? [] : targetsOf(nested)));
}

function plain(path) {
  return path.replace(/^\.\//, '');
}

function read(folder) {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
}
