import { expect, test } from 'vitest';
import { createOutput } from '../../src/output.js';
import { runForeground } from '../../src/up/runForeground.js';

const output = createOutput({ json: false, stdout: { write: () => {} }, stderr: { write: () => {}, isTTY: false } });

function endOf(script: string): Promise<number> {
  const command = { file: process.execPath, args: ['-e', script], environment: process.env };
  return runForeground({ cwd: process.cwd(), output }, command, 'The program', () => {});
}

test('a program that ends is as good as its exit code; one that was killed did not succeed', async () => {
  expect(await endOf('process.exit(0)')).toBe(0);
  expect(await endOf('process.exit(3)')).toBe(3);
  expect(await endOf("process.kill(process.pid, 'SIGKILL')")).toBe(137);
});

test('a signal that was passed on ends it as asked', async () => {
  const ended = endOf("setInterval(() => {}, 1000); process.kill(process.ppid, 'SIGHUP')");
  expect(await ended).toBe(0);
});
