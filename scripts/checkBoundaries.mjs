// Holds the direction of imports between packages, that every import is declared in the package's package.json, and that
// the contracts' tests deploy contracts by name.
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const contracts = fileURLToPath(new URL('../contracts/', import.meta.url));
const root = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const allowed = {
  core: [],
  sdk: ['core'],
  store: ['core'],
  gateway: ['sdk', 'store', 'core'],
  agent: ['store', 'core'],
  indexer: ['store', 'core'],
  conform: ['core'],
  cli: ['sdk', 'store', 'conform', 'core'],
  web: ['sdk', 'core'],
  testing: ['sdk', 'core'],
};
/** Programs that the CLI starts, and the page that it serves: it resolves where they are and imports only how Node is to run them. */
const programs = {
  cli: [
    '@kedge/gateway/main',
    '@kedge/gateway/nodeFlags',
    '@kedge/agent/main',
    '@kedge/indexer/main',
    '@kedge/web/index.html',
  ],
};
/** Published as they are built, with what they import inside: nobody who installs them needs it, so the root brings it to the build. */
const built = ['web'];
/** Folders of source beside `src`. */
const moreSources = { indexer: ['ponder'] };
const importPattern =
  /(?:\bfrom\s+|\bimport\s*\(?\s*|\brequire(?:\.resolve)?\(\s*|import\.meta\.resolve\(\s*)['"]([^'"\s]+)['"]/g;

/** esbuild leaves out what a page does not use of a namespace, and nothing of an object: 350 kB, with texts in 50 languages. */
const wholeZod = /import (?:type )?\{ ?z ?\} from 'zod'/;

const problems = [];
for (const name of readdirSync(packages)) {
  const rules = allowed[name];
  if (!rules) {
    problems.push(`packages/${name}: no rule in scripts/checkBoundaries.mjs says what it may import`);
    continue;
  }
  const manifest = JSON.parse(readFileSync(path.join(packages, name, 'package.json'), 'utf8'));
  const declared = declaredBy(name, manifest);
  const folders = ['src', ...(moreSources[name] ?? [])].map((folder) => path.join(packages, name, folder));
  for (const file of folders.flatMap((folder) => [...sources(folder)])) {
    const at = `packages/${path.relative(packages, file)}`;
    const text = readFileSync(file, 'utf8');
    if (wholeZod.test(text))
      problems.push(`${at}: import * as z from 'zod', for its own z brings all of zod into a page`);
    for (const [, specifier] of text.replace(/^\s*(\*|\/\/).*$/gm, '').matchAll(importPattern)) {
      if (specifier.startsWith('.')) continue;
      const bare = specifier.replace(/^node:/, '');
      if (builtinModules.includes(bare)) {
        if (name === 'core') problems.push(`${at}: core is pure and may not import ${specifier}`);
        continue;
      }
      if (programs[name]?.includes(specifier)) continue;
      // Ponder makes the modules `ponder:registry`, `ponder:schema` and `ponder:api` itself.
      const dependency = specifier
        .replace(/^ponder:.*/, 'ponder')
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
      const ours = dependency.match(/^@kedge\/(.+)$/)?.[1];
      if (ours && !rules.includes(ours)) problems.push(`${at}: ${name} may not import ${specifier}`);
      if (!declared.has(dependency)) problems.push(`${at}: ${dependency} is not among the dependencies of ${name}`);
    }
  }
}

// A contract that a test imports is compiled again without the optimizer, and may be the one that is then found by its name.
for (const file of sources(path.join(contracts, 'test'), /\.sol$/)) {
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/^import .*from "(\.[^"]+)";/gm)) {
    const imported = path.resolve(path.dirname(file), specifier);
    if (!imported.startsWith(path.join(contracts, 'src'))) continue;
    if (!/^contract /m.test(readFileSync(imported, 'utf8'))) continue;
    const at = path.relative(path.dirname(contracts), file);
    problems.push(`${at}: deploy ${path.basename(imported, '.sol')} by its name instead of importing ${specifier}`);
  }
}

function declaredBy(name, { dependencies, optionalDependencies, devDependencies }) {
  if (!built.includes(name)) return new Set(Object.keys({ ...dependencies, ...optionalDependencies }));
  const isBrought = (dependency) => dependency.startsWith('@kedge/') || dependency in root.dependencies;
  return new Set(Object.keys(devDependencies).filter(isBrought));
}

function* sources(folder, isSource = /\.tsx?$/) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(full, isSource);
    else if (isSource.test(entry.name)) yield full;
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;
