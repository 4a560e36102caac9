// The lockfile must install as it is (`npm ci`) and name no registry: each machine uses its own.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const problems = [];
const lockfile = readFileSync('package-lock.json', 'utf8');
const url = lockfile.match(/"resolved": "(https?:[^"]+)"/);
if (url)
  problems.push(`package-lock.json names a registry: ${url[1]}; set omit-lockfile-registry-resolved and rewrite it`);
for (const [file, dependencies] of Object.entries(JSON.parse(lockfile).packages).map(([name, entry]) => [
  name,
  name.includes('node_modules')
    ? {}
    : { ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies },
])) {
  for (const [name, range] of Object.entries(dependencies)) {
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))
      problems.push(`${file || 'package.json'}: ${name} is not pinned exactly (${range})`);
  }
}
const dryRun = spawnSync('npm', ['ci', '--dry-run', '--loglevel=error'], { encoding: 'utf8' });
if (dryRun.status !== 0) problems.push(`npm ci --dry-run fails:\n${dryRun.stderr}`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;
