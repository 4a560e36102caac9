#!/usr/bin/env node
// The `solc` command line that forge expects, over the wasm compiler from npm: `--version` and `--standard-json`.
// Results are kept by sha256(compiler version + input), so an unchanged input costs no compiler time.
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const args = process.argv.slice(2);
const packagePath = require.resolve('solc/package.json');
const { version } = require(packagePath);
const cacheDir = path.join(path.dirname(packagePath), '..', '.cache', 'solc');

function readOrUndefined(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes by rename, so that two compilers side by side never leave half a file. */
function writeCache(file, bytes) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, bytes);
  fs.renameSync(temporary, file);
}

function longVersion() {
  const file = path.join(cacheDir, `version-${version}.txt`);
  const cached = readOrUndefined(file);
  if (cached) return cached.toString();
  const long = require('solc').version();
  writeCache(file, long);
  return long;
}

function compile(input) {
  const key = createHash('sha256').update(`${version}\0${input}`).digest('hex');
  const file = path.join(cacheDir, key.slice(0, 2), `${key}.json.gz`);
  const cached = readOrUndefined(file);
  if (cached) return zlib.gunzipSync(cached);
  const output = Buffer.from(require('solc').compile(input));
  writeCache(file, zlib.gzipSync(output, { level: 1 }));
  return output;
}

function writeAll(bytes) {
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += fs.writeSync(1, bytes, offset);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

if (args.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${longVersion()}\n`);
} else if (args.includes('--standard-json')) {
  const given = args[args.indexOf('--standard-json') + 1];
  writeAll(compile(fs.readFileSync(given && !given.startsWith('-') ? given : 0, 'utf8')));
} else {
  process.stderr.write(`scripts/solc.cjs supports --version and --standard-json; got: ${args.join(' ')}\n`);
  process.exitCode = 2;
}
