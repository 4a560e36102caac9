// Bundles the programs that `kedge` is and starts, from what the compiler wrote, so that a command loads 50 files instead of
// 800 and starts in a third of the time. Does nothing while the bundle is of what is built.
//
// packages/cli/bin/kedge.js runs the bundle while it is fresh, else packages/cli/dist: a stale one never runs. It is no part
// of the published package, which runs from dist with the dependencies that each package declares.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFolder, hashOf, isBundleFresh, readRecord, recordName } from '../packages/cli/bin/bundled.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const target = fileURLToPath(bundleFolder);
/** Each is an entry; they share chunks. The indexer is not one: nearly all that it loads is Ponder, which loads itself. */
const programs = {
  kedge: 'packages/cli/dist/main.js',
  gateway: 'packages/gateway/dist/main.js',
  createGateway: 'packages/gateway/dist/index.js', // no program: what those of tests start, on a chain of their own
  gatewayWorker: 'packages/gateway/dist/workers/runWorker.js',
  ledgerCheckpoint: 'packages/gateway/dist/ledger/checkpoint/runMakeCheckpoint.js',
  agent: 'packages/agent/dist/main.js',
};
const external = [
  'secp256k1', // finds its native addon relative to itself
  'pg', // loaded only with a shared ledger; looks for an optional native driver
  '@opentelemetry/api', // the program may be started with an SDK that registers itself there
  /^gpt-tokenizer\//, // two megabytes of vocabulary, in one file already
];

if (!isBundleFresh()) {
  const started = Date.now();
  await bundle();
  console.error(`commands bundled in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

async function bundle() {
  const { rolldown } = await import('rolldown');
  // Before anything is read: what changes meanwhile makes the bundle stale.
  const records = new Map(
    readdirSync(path.join(root, 'packages')).map((name) => [name, inputOf(`packages/${name}/dist/.tsbuildinfo`)]),
  );
  const others = ['package-lock.json', 'scripts/bundle.mjs'].map(inputOf);

  const made = await rolldown({
    cwd: root,
    input: programs,
    platform: 'node',
    external,
    plugins: [inPlace()],
    checks: { bundlerTimings: false },
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(`the bundle is not made: ${log.message}`);
    },
  });
  mkdirSync(target, { recursive: true });
  const aside = mkdtempSync(path.join(target, 'new-'));
  try {
    const { output } = await made.write({
      dir: aside,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      sourcemap: true,
      sourcemapExcludeSources: true,
      // The maps name the files as seen from the folder where they come to be.
      sourcemapPathTransform: (source, map) =>
        path
          .relative(target, path.resolve(path.dirname(map), source))
          .split(path.sep)
          .join('/'),
    });
    const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
    const used = new Set(modules.map(packageOf));
    const inputs = [...[...records].filter(([name]) => used.has(name)).map(([, input]) => input), ...others];
    const files = output.map(({ fileName }) => fileName);
    writeFileSync(path.join(aside, recordName), JSON.stringify({ inputs: Object.fromEntries(inputs), files }));
    replace(aside, files);
  } finally {
    await made.close();
    rmSync(aside, { recursive: true, force: true });
  }
}

/** A file that the bundle is made of: its place as seen from the bundle, and its hash. */
function inputOf(file) {
  const place = path.join(root, file);
  return [fromBundle(place), hashOf(place)];
}

/**
 * Puts a finished bundle in the place of the one before, file by file, each complete at any time, and the record at last. Chunks
 * bear their hash; old ones stay a while, because programs that run, or another build, may need them yet.
 */
function replace(aside, files) {
  const isEntry = (file) => Object.keys(programs).some((name) => file === `${name}.js`);
  const order = [...files.filter((file) => !isEntry(file)), ...files.filter(isEntry), recordName];
  const kept = new Set([...order, ...(readRecord()?.files ?? [])]);
  for (const file of order) renameSync(path.join(aside, file), path.join(target, file));
  const hourAgo = Date.now() - 3_600_000;
  for (const name of readdirSync(target).filter((name) => !kept.has(name))) {
    const { mtimeMs } = statSync(path.join(target, name), { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    if (mtimeMs < hourAgo) rmSync(path.join(target, name), { recursive: true, force: true });
  }
}

/**
 * Lets our modules find what lies beside them as if they still were in their own folders, and programs that are in the
 * bundle, in the bundle; and hands on the compiler's maps. Modules of others may not look for anything beside themselves.
 */
function inPlace() {
  const entries = new Map(Object.entries(programs).map(([name, file]) => [path.join(root, file), `./${name}.js`]));
  const uses = /import\.meta\.resolve\('([^']+)'\)|new URL\('([^']+)', import\.meta\.url\)|import\.meta\.\w+/g;
  const urlOf = (file) => `new URL('${entries.get(file) ?? fromBundle(file)}', import.meta.url)`;
  return {
    name: 'in-place',
    load(id) {
      if (packageOf(id) === undefined) return null;
      const code = readFileSync(id, 'utf8')
        .replace(uses, (found, specifier, beside) => {
          if (beside !== undefined)
            return urlOf(path.resolve(path.dirname(id), beside) + (beside.endsWith('/') ? '/' : ''));
          if (found === 'import.meta.url') return `${urlOf(id)}.href`;
          if (specifier === undefined) throw new Error(`${id}: the bundle does not know what ${found} is to be in it`);
          const program = fileURLToPath(import.meta.resolve(specifier));
          return entries.has(program) ? `${urlOf(program)}.href` : found;
        })
        .replace(/^\/\/# sourceMappingURL=.*$/m, '');
      return { code, map: readFileSync(`${id}.map`, 'utf8') };
    },
    transform(code, id) {
      // rolldown's own part has no file, and a name that begins with \0.
      if (packageOf(id) !== undefined || id.startsWith('\0')) return null;
      const uncommented = code.replace(/^\s*(\*|\/\/).*$/gm, '');
      if (!/\b__dirname\b|\b__filename\b|\bimport\.meta\./.test(uncommented)) return null;
      throw new Error(`${id} finds files relative to itself: name its package in "external" of scripts/bundle.mjs`);
    },
  };
}

/** The name of our package that the compiler wrote a module of, if one is. */
function packageOf(id) {
  return /^packages[/\\](\w+)[/\\]dist[/\\]/.exec(path.relative(root, id))?.[1];
}

function fromBundle(file) {
  const relative = path.relative(target, file).split(path.sep).join('/');
  return file.endsWith(path.sep) ? `${relative}/` : relative;
}
