import { BaseError } from '@kedge/core';
import { afterEach, expect, test, vi } from 'vitest';
import { createOutput, exitCodes, table, toJson } from '../src/output.js';

afterEach(() => {
  vi.useRealTimers();
});

function capture(json: boolean, isTTY = false, columns?: number) {
  const out: string[] = [];
  const err: string[] = [];
  const output = createOutput({
    json,
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text), isTTY, ...(columns === undefined ? {} : { columns }) },
  });
  return { output, out, err };
}

test('exit codes follow the kind of the error', () => {
  const { output } = capture(false);
  expect(output.error(new BaseError('no'))).toBe(exitCodes.user);
  expect(output.error(new BaseError('no', { code: 'usage' }))).toBe(exitCodes.usage);
  expect(output.error(new BaseError('no', { kind: 'transient' }))).toBe(exitCodes.transient);
  expect(output.error(new BaseError('no', { kind: 'bug' }))).toBe(exitCodes.bug);
  expect(output.error(new TypeError('no'))).toBe(exitCodes.bug);
});

test('what a contract counts in base units is said to be, as is a moment', () => {
  const { output, err } = capture(false);
  output.error(new BaseError('no', { values: { error: 'DATLessValue', tokenId: 5n, value: 50n, expireAt: 1n } }));
  expect(err.join('')).toBe(
    'error: no\n  error: DATLessValue\n  tokenId: 5\n  value: 50 base units\n  expireAt: 1 (1970-01-01T00:00:01Z)\n',
  );
});

test('an error is printed once, with its values and its way out', () => {
  const { output, err, out } = capture(false);
  output.error(
    new BaseError('The chain differs.', {
      values: { chainId: 5n, lot: undefined },
      hints: ['Deploy first.'],
      docsPath: 'a.md',
    }),
  );
  expect(err.join('')).toBe('error: The chain differs.\n  chainId: 5\n  -> Deploy first.\n  see docs/a.md\n');
  expect(out).toEqual([]);
});

test('a moment among the values of an error has its date beside it', () => {
  const { output, err } = capture(false);
  const values = {
    releaseAt: 1_806_358_825n,
    deadline: 2n ** 64n - 1n,
    coveredUntil: 0n,
    startedAt: 'noon',
    units: 9n,
  };
  output.error(new BaseError('Not yet.', { values }));
  expect(err.join('').split('\n').slice(1, -1)).toEqual([
    '  releaseAt: 1806358825 (2027-03-29T22:20:25Z)',
    '  deadline: 18446744073709551615',
    '  coveredUntil: 0',
    '  startedAt: noon',
    '  units: 9',
  ]);
});

test('with --json the error is JSON on stderr and the result is JSON on stdout', () => {
  const { output, err, out } = capture(true);
  output.print('not shown');
  output.result({ amount: 10n ** 30n }, () => 'not shown');
  output.error(new BaseError('No.', { hints: ['Do.'] }));
  expect(JSON.parse(out.join(''))).toEqual({ amount: '1000000000000000000000000000000' });
  expect(JSON.parse(err.join(''))).toMatchObject({ error: { message: 'No.', kind: 'user', hints: ['Do.'] } });
});

test('with --json each line on stderr is one JSON object, and waits and counters are not shown', async () => {
  vi.useFakeTimers();
  const { output, err } = capture(true);
  const long = new Promise((done) => setTimeout(done, 60_000));
  const waited = output.waitFor('the chain', long);
  const progress = output.progress();
  await vi.advanceTimersByTimeAsync(60_000);
  await waited;
  progress.update('50 %');
  progress.done();
  output.note('Over\ntwo lines.');
  output.ask('Sure?');
  output.relay('{"event":"listening"}');
  output.relay('{ no JSON');
  output.relay('Warning: old');
  output.error(new BaseError('No.', { values: { amount: 10n ** 30n }, hints: ['Do.', 'Or do not.'] }));
  expect(
    err
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { note: 'Over\ntwo lines.' },
    { question: 'Sure?' },
    { event: 'listening' },
    { note: '{ no JSON' },
    { note: 'Warning: old' },
    {
      error: { message: 'No.', kind: 'user', values: { amount: '1' + '0'.repeat(30) }, hints: ['Do.', 'Or do not.'] },
    },
  ]);
});

test('with --json a person at a terminal still sees waits, counters and questions', async () => {
  vi.useFakeTimers();
  const { output, err } = capture(true, true);
  const waited = output.waitFor('the chain', new Promise((done) => setTimeout(done, 2_000)));
  await vi.advanceTimersByTimeAsync(2_000);
  await waited;
  output.progress().update('50 %');
  output.ask('Sure?');
  expect(err).toEqual(['waiting for the chain\n', '\r\x1b[K50 %', 'Sure?\n']);
});

test('with --json the stack of an error is a part of it', () => {
  const err: string[] = [];
  const sinks = { stdout: { write: () => {} }, stderr: { write: (text: string) => err.push(text) } };
  createOutput({ json: true, ...sinks, debug: true }).error(new TypeError('no'));
  expect(JSON.parse(err.join(''))).toMatchObject({
    error: { kind: 'bug', stack: expect.stringMatching(/^TypeError: no\n/) },
  });
});

test('what takes under a second is not announced', async () => {
  const { output, err } = capture(false);
  expect(await output.waitFor('nothing', Promise.resolve(7))).toBe(7);
  expect(err).toEqual([]);
});

test('progress rewrites its line on a terminal only', () => {
  const terminal = capture(false, true);
  const shown = terminal.output.progress();
  shown.update('1 %');
  shown.done();
  expect(terminal.err.join('')).toBe('\r\x1b[K1 %\r\x1b[K');
  const plain = capture(false);
  plain.output.progress().update('1 %');
  expect(plain.err).toEqual([]);
});

test('progress that hangs says where: after a second, and every ten', () => {
  vi.useFakeTimers();
  const [plain, terminal] = [capture(false), capture(false, true)];
  const all = [plain, terminal].map(({ output }) => output.progress());
  for (const text of ['1 %', '2 %']) for (const shown of all) shown.update(text);
  vi.advanceTimersByTime(1_000);
  expect(plain.err).toEqual(['2 %\n']);
  expect(terminal.err.slice(0, 2)).toEqual(['\r\x1b[K1 %', '\r\x1b[K2 %']);
  vi.advanceTimersByTime(20_000);
  expect(plain.err).toEqual(['2 %\n', '2 %\n', '2 %\n']);
  for (const shown of all) shown.done();
  const before = [...terminal.err];
  vi.advanceTimersByTime(60_000);
  expect([plain.err.length, terminal.err]).toEqual([3, before]);
});

test('tables align and JSON keeps big integers', () => {
  expect(
    table([
      ['A', 'BB'],
      ['long', 'x'],
    ]),
  ).toEqual(['A     BB', 'long  x']);
  expect(toJson({ a: 2n ** 64n })).toContain('"18446744073709551616"');
});

test('texts of others in an error neither steer the terminal nor look like lines of ours', () => {
  const { output, err } = capture(false);
  const forged = 'a\u001b[2J\n✓ all is well';
  output.error(
    new BaseError(`${forged}.`, { values: { [forged]: forged, size: { name: forged } }, hints: [`See ${forged}`] }),
  );
  const shown = String.raw`a\u{1b}[2J\n✓ all is well`;
  expect(err.join('')).not.toContain('\u001b');
  expect(err.join('')).toContain(`\n  ${shown}: ${shown}\n`);
});

test.each([
  [40, 'anchored 1 MB of 9 MB \u65e5\u672c\u8a9e.txt', 'anchored 1 MB of 9 MB \u65e5\u672c\u8a9e.txt'],
  [24, 'anchored 1 MB of 9 MB, file.bin', 'anchored 1 MB of 9 MB,…'],
  [
    24,
    '\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e',
    '\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5…',
  ],
])('a counter stays on one line of %i columns', (columns, text, shown) => {
  const { output, err } = capture(false, true, columns);
  const progress = output.progress();
  progress.update(text);
  progress.done();
  expect(err[0]).toBe(`\r\u001b[K${shown}`);
});
