// Lockfiles must install as they are (`npm ci`) and name no registry: each machine uses its own.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const problems = ['.', 'bench/peers'].flatMap(problemsOf);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;

function problemsOf(folder) {
  const path = `${folder}/package-lock.json`;
  const lockfile = readFileSync(path, 'utf8');
  const found = [];
  const url = lockfile.match(/"resolved": "(https?:[^"]+)"/);
  if (url) found.push(`${path} names a registry: ${url[1]}; set omit-lockfile-registry-resolved and rewrite it`);
  for (const [name, entry] of Object.entries(JSON.parse(lockfile).packages)) {
    if (name.includes('node_modules')) continue;
    const wanted = { ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies };
    for (const [dependency, range] of Object.entries(wanted)) {
      if (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range)) continue;
      found.push(`${folder}/${name}/package.json: ${dependency} is not pinned exactly (${range})`);
    }
  }
  const dryRun = spawnSync('npm', ['ci', '--dry-run', '--loglevel=error'], { cwd: folder, encoding: 'utf8' });
  if (dryRun.status !== 0) found.push(`npm ci --dry-run fails in ${folder}:\n${dryRun.stderr}`);
  return found;
}
