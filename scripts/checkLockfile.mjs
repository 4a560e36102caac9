// Lockfiles must install as they are (`npm ci`), name no registry, because each machine uses its own, ask for one version of
// each dependency, and bring nothing but permissive licences.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const permissive = [
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'ISC',
  'CC0-1.0',
  'BlueOak-1.0.0',
  'Unlicense',
];
/** Under other licences: what builds or tests, and is in nothing that Kedge serves or passes on. */
const tools = {
  'MPL-2.0': /^(?:axe-core|lightningcss(?:-[\w-]+)?)$/,
  // MIT, said in the form of 2012.
  undefined: /^memorystream$/,
};

const problems = [...['.', 'bench/peers'].flatMap(problemsOf), ...licenceProblems('package-lock.json')];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;

function problemsOf(folder) {
  const path = `${folder}/package-lock.json`;
  const lockfile = readFileSync(path, 'utf8');
  const found = [];
  const url = lockfile.match(/"resolved": "(https?:[^"]+)"/);
  if (url) found.push(`${path} names a registry: ${url[1]}; set omit-lockfile-registry-resolved and rewrite it`);
  const versions = new Map();
  for (const [name, entry] of Object.entries(JSON.parse(lockfile).packages)) {
    if (name.includes('node_modules')) continue;
    const wanted = { ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies };
    for (const [dependency, range] of Object.entries(wanted)) {
      const at = `${folder}/${name}/package.json: ${dependency}`;
      if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range)) found.push(`${at} is not pinned exactly (${range})`);
      const other = versions.get(dependency);
      if (other !== undefined && other !== range)
        found.push(`${at} is ${range}, and ${other} elsewhere; pin one of the two`);
      versions.set(dependency, range);
    }
  }
  const dryRun = spawnSync('npm', ['ci', '--dry-run', '--loglevel=error'], { cwd: folder, encoding: 'utf8' });
  if (dryRun.status !== 0) found.push(`npm ci --dry-run fails in ${folder}:\n${dryRun.stderr}`);
  return found;
}

function licenceProblems(path) {
  const { packages } = JSON.parse(readFileSync(path, 'utf8'));
  return Object.entries(packages).flatMap(([place, { license, link }]) => {
    const name = place.split('node_modules/').at(-1);
    if (!place.includes('node_modules') || link || isPermissive(license) || tools[license]?.test(name)) return [];
    return `${path}: ${name} has the licence ${license}, which is not among those that may be used; find another package`;
  });
}

/** Of a choice of licences one is enough, of several together all are needed. */
function isPermissive(license = '') {
  const choices = license.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(/ and /i).every((each) => permissive.includes(each)));
}
