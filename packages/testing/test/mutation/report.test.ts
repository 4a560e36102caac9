import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Mutant } from '../../src/mutation/mutant.js';
import { join, openQuestions, reportText } from '../../src/mutation/report.js';
import { appendResult, dropResults, readResults } from '../../src/mutation/results.js';

const mutant = (id: string, replacement: string): Mutant => ({
  id,
  file: 'contracts/src/C.sol',
  within: 'C.f',
  declaredAt: 0,
  line: 1,
  operator: 'operator swapped',
  start: 0,
  end: 1,
  original: '|',
  replacement,
});

test('the last word on a mutant counts, and a line cut off by an interruption does not', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-mutation-'));
  const file = path.join(folder, 'deep', 'results.jsonl');
  expect(readResults(file).size).toBe(0);
  appendResult(file, { id: 'a', verdict: 'survived', by: '' });
  appendResult(file, { id: 'a', verdict: 'killed', by: 'test_A' });
  appendFileSync(file, '\n{"id":"a","verdict":"surv');
  expect(readResults(file).get('a')?.verdict).toBe('killed');
  appendResult(file, { id: 'b', verdict: 'killed', by: 'test_B' });
  expect(readResults(file).get('b')?.verdict).toBe('killed');
  rmSync(folder, { recursive: true });
});

test('results of mutants that there are no more are dropped, and each other has one line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-mutation-'));
  const file = path.join(folder, 'results.jsonl');
  dropResults(file, new Set(['a']));
  expect(readResults(file).size).toBe(0);
  for (const verdict of ['survived', 'killed'] as const) appendResult(file, { id: 'a', verdict, by: 'test_A' });
  appendResult(file, { id: 'gone', verdict: 'killed', by: 'test_B' });
  appendFileSync(file, '\n{"id":"b","verdict":"surv');
  dropResults(file, new Set(['a', 'b']));
  expect(readFileSync(file, 'utf8')).toBe('{"id":"a","verdict":"killed","by":"test_A"}\n');
  appendResult(file, { id: 'b', verdict: 'killed', by: 'test_B' });
  expect([...readResults(file).keys()]).toEqual(['a', 'b']);
  rmSync(folder, { recursive: true });
});

test('the score leaves out what does not compile and what is equal, and survivors need an explanation', () => {
  const mutants = ['&', '^', '+', '-', '*'].map((replacement, at) => mutant(String(at), replacement));
  const verdicts = ['killed', 'survived', 'survived', 'invalid', 'equivalent'] as const;
  const results = new Map(verdicts.map((verdict, at) => [String(at), { id: String(at), verdict, by: '' }]));
  const { file, within, original } = mutants[1]!;
  const judged = join([...mutants, mutant('not judged', '/')], results, [
    { file, within, original, replacement: '^', reason: 'the same bits' },
  ]);
  expect(openQuestions(judged).map(({ id }) => id)).toEqual(['2']);
  const text = reportText(6, judged);
  expect(text).toContain('5 of 6 mutants judged.');
  expect(text).toContain('| C.sol | 5 | 1 | 1 | 1 | 2 | 33.3 % |');
  expect(text).toContain('| `C.f` | `\\|` → `^` | the same bits |');
  expect(text).toContain('| `C.f` | `\\|` → `+` | open |');
});
