import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** What `npm start` says in a clone of that name, where npm can install nothing. */
function startIn(name: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'kedge-clone-')), name);
  cpSync(join(repository, 'scripts'), join(folder, 'scripts'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(repository, file), join(folder, file));
  const npm = join(folder, 'npm.js');
  writeFileSync(npm, 'process.exit(3)');
  const { status, stderr } = spawnSync(process.execPath, ['scripts/bootstrap.mjs', 'start'], {
    cwd: folder,
    env: { ...process.env, npm_execpath: npm },
    encoding: 'utf8',
  });
  expect(status).not.toBe(0);
  return stderr;
}

test('a clone goes on to install from a folder of almost any name', () => {
  expect(startIn(`my kedge, é & "co" (1)'s $a+b@c!~`)).toContain(
    'npm could not install the dependencies (exit code 3)',
  );
});

test.each(['c#', '100%', 'a?b', 'a*b', 'a[b]', 'a{b}'])('a clone in %s says at once why it cannot run', (name) => {
  const said = startIn(name);
  expect(said).toContain(`${name}/: `);
  expect(said).toContain('Move the folder to a path without, and run again.');
  expect(said).not.toContain('installing');
});
