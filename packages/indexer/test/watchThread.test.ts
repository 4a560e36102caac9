import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const module = fileURLToPath(new URL('../dist/watchThread.js', import.meta.url));

function run(work: string): { signal: string | null; status: number | null; said: string } {
  const program = `import { watchThread } from ${JSON.stringify(module)}; watchThread(2, 'stood still'); ${work}`;
  const { signal, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 120_000,
    killSignal: 'SIGTERM',
  });
  return { signal, status, said: stderr.toString() };
}

test('a process whose thread stands still is killed, and says why', () => {
  expect(run('for (;;);')).toEqual({ signal: 'SIGKILL', status: null, said: 'stood still' });
});

test('one whose thread is not given the processor goes on: a busy machine is no reason to start again', () => {
  const stand = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);';
  expect(run(stand)).toEqual({ signal: null, status: 0, said: '' });
});

test('one that works or waits goes on, and ends when it has nothing to do', () => {
  expect(run('setTimeout(() => undefined, 4_000);')).toEqual({ signal: null, status: 0, said: '' });
});
