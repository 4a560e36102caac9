import { expect, test } from 'vitest';
import { createOutput } from '../../src/output.js';
import { runForeground } from '../../src/up/runForeground.js';

const output = createOutput({ json: false, stdout: { write: () => {} }, stderr: { write: () => {}, isTTY: false } });

function endOf(script: string): Promise<number> {
  const command = { file: process.execPath, args: ['-e', script], environment: process.env };
  return runForeground({ cwd: process.cwd(), output }, command, 'The program', () => {});
}

test('with --json what a program says on either stream is JSON, a line each', async () => {
  const said: string[] = [];
  const json = createOutput({ json: true, stdout: { write: () => {} }, stderr: { write: (text) => said.push(text) } });
  const script = `console.log('{"event":"out"}'); console.error('{"event":"err"}'); console.error('it\\nfailed'); process.exit(1)`;
  const command = { file: process.execPath, args: ['-e', script], environment: process.env };
  expect(await runForeground({ cwd: process.cwd(), output: json }, command, 'The program', () => {})).toBe(1);
  const lines = said.map((line) => JSON.parse(line) as unknown);
  expect(lines).toHaveLength(4);
  expect(lines).toEqual(
    expect.arrayContaining([{ event: 'out' }, { event: 'err' }, { note: 'it' }, { note: 'failed' }]),
  );
});

test('a program that takes long to listen is waited for aloud', async () => {
  const said: string[] = [];
  const human = createOutput({
    json: false,
    stdout: { write: () => {} },
    stderr: { write: (text) => said.push(text) },
  });
  const script = `setTimeout(() => console.log('{"ready":true,"url":"http://127.0.0.1:1"}'), 1_500)`;
  const command = { file: process.execPath, args: ['-e', script], environment: process.env };
  const urls: string[] = [];
  await runForeground({ cwd: process.cwd(), output: human }, command, 'The program', (url) => urls.push(url));
  expect([said, urls]).toEqual([['waiting for the program to start\n'], ['http://127.0.0.1:1']]);
});

test('a program that ends is as good as its exit code; one that was killed did not succeed', async () => {
  expect(await endOf('process.exit(0)')).toBe(0);
  expect(await endOf('process.exit(3)')).toBe(3);
  expect(await endOf("process.kill(process.pid, 'SIGKILL')")).toBe(137);
});

test('a signal that was passed on ends it as asked', async () => {
  const ended = endOf("setInterval(() => {}, 1000); process.kill(process.ppid, 'SIGHUP')");
  expect(await ended).toBe(0);
});
