import { expect, test } from 'vitest';
import { killersIn, killersNear, rememberKiller } from '../../src/mutation/killers.js';
import type { Mutant } from '../../src/mutation/mutant.js';

const mutant = (id: string, declaredAt: number, file = 'contracts/src/C.sol'): Mutant => ({
  id,
  file,
  within: 'C.f',
  declaredAt,
  line: 1,
  operator: 'operator swapped',
  start: declaredAt,
  end: declaredAt + 1,
  original: '|',
  replacement: '&',
});

test('tests that killed mutants of the same function come before those of the file, the latest first', () => {
  const killers = new Map<string, readonly string[]>();
  for (const name of ['test_A', 'test_B', 'test_A']) rememberKiller(killers, mutant('a', 10), name);
  rememberKiller(killers, mutant('b', 20), 'test_C');
  rememberKiller(killers, mutant('c', 10, 'contracts/src/D.sol'), 'test_D');
  expect(killersNear(killers, mutant('d', 10))).toEqual(['test_A', 'test_B', 'test_C']);
  expect(killersNear(killers, mutant('e', 20))).toEqual(['test_C', 'test_A', 'test_B']);
  expect(killersNear(killers, mutant('f', 10, 'contracts/src/E.sol'))).toEqual([]);
});

test('a few are remembered, so that asking them costs less than asking all', () => {
  const killers = new Map<string, readonly string[]>();
  for (let at = 0; at < 9; at++) rememberKiller(killers, mutant('a', 10), `test_${at}`);
  expect(killersNear(killers, mutant('b', 10))).toEqual([8, 7, 6, 5, 4, 3].map((at) => `test_${at}`));
});

test('earlier results are asked for tests that there still are', () => {
  const results = new Map(
    (['test_A', 'test_Gone', 'setUp', 'deadline'] as const).map((by, at) => [
      String(at),
      { id: String(at), verdict: 'killed', by } as const,
    ]),
  );
  const mutants = ['0', '1', '2', '3', 'not judged'].map((id) => mutant(id, 10));
  const killers = killersIn(mutants, results, (name) => name === 'test_A');
  expect(killersNear(killers, mutant('5', 10))).toEqual(['test_A']);
});
