import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compileTrees } from '../../src/mutation/compiler.js';
import { applyMutant } from '../../src/mutation/mutant.js';
import { mutantsOf } from '../../src/mutation/mutantsOf.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Each mutant of a contract's body, as the line that it changes, after the change. */
function changed(body: string): string[] {
  const source = Buffer.from(
    `// SPDX-License-Identifier: MIT\n// é: bytes are not letters\npragma solidity 0.8.34;\ncontract C {\n${body}\n}\n`,
  );
  const tree = compileTrees(root, new Map([['C.sol', source]])).get('C.sol');
  return mutantsOf('C.sol', source, tree).map((mutant) => {
    const lines = applyMutant(source, mutant).toString('utf8').split('\n');
    return lines[mutant.line - 1]!.trim();
  });
}

test('guards lose their condition, each half of it and their boundary', () => {
  const body = `error No();
  function f(uint a, bool b) external pure {
    if (a > 7 && !b) revert No();
  }`;
  expect(changed(body)).toEqual([
    'if (true) revert No();',
    'if (false) revert No();',
    'if (a > 7) revert No();',
    'if (!b) revert No();',
    'if (a >= 7 && !b) revert No();',
    'if (a <= 7 && !b) revert No();',
    'if (a > 8 && !b) revert No();',
    'if (a > 7 && b) revert No();',
  ]);
});

test('statements, modifiers and constants are changed one at a time', () => {
  const body = `uint constant A = 1;
  uint constant B = 2;
  uint public x;
  modifier once() { _; }
  event E();
  function f() external once {
    x += A;
    emit E();
  }`;
  const lines = changed(body);
  expect(lines).toContain('uint constant A = 2;');
  expect(lines).toContain('function f() external  {');
  expect(lines).toContain('x -= A;');
  expect(lines).toContain('x += B;');
  expect(lines.filter((line) => line === '{}')).toHaveLength(2);
});

test('assembly: opcodes, comparisons, constants and statements', () => {
  const body = `uint constant HERE = 0x20;
  uint constant THERE = 0x40;
  function f(uint a) external {
    assembly {
      if lt(a, HERE) { sstore(0, or(a, 1)) }
    }
  }`;
  const lines = changed(body);
  for (const line of [
    'if gt(a, HERE) { sstore(0, or(a, 1)) }',
    'if iszero(gt(a, HERE)) { sstore(0, or(a, 1)) }',
    'if lt(a, THERE) { sstore(0, or(a, 1)) }',
    'if 1 { sstore(0, or(a, 1)) }',
    'if 0 { sstore(0, or(a, 1)) }',
    'if lt(a, HERE) { {} }',
    'if lt(a, HERE) { sstore(0, a) }',
    'if lt(a, HERE) { sstore(0, 1) }',
    'if lt(a, HERE) { sstore(1, or(a, 1)) }',
  ])
    expect(lines).toContain(line);
});

test('what cannot be wrong by one is left alone: types, declarations and errors', () => {
  expect(changed('uint[3] a; struct S { uint b; } error E(uint c); event F(uint d);')).toEqual([]);
});

test('an id stays while its function stays, wherever in the file that is', () => {
  const ids = (before: string): string[] => {
    const source = Buffer.from(
      `pragma solidity 0.8.34; ${before} contract C { function f(uint a) external pure returns (uint) { return a + 1; } }`,
    );
    return mutantsOf('C.sol', source, compileTrees(root, new Map([['C.sol', source]])).get('C.sol')).map(
      ({ id }) => id,
    );
  };
  expect(ids('')).toEqual(ids('/* moved */'));
  expect(new Set(ids('')).size).toBe(3);
});
