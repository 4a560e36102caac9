import { BaseError } from '@kedge/core';
import { expect, test } from 'vitest';
import { toBaseError } from '../src/toBaseError.js';

/** An error as Node makes it. */
function systemError(properties: Partial<NodeJS.ErrnoException>): Error {
  return Object.assign(new Error(`${properties.code}: no, ${properties.syscall}`), properties);
}

test.each(['ENOSPC', 'EDQUOT'])('%s is no bug of ours, though Node names no file', (code) => {
  const known = toBaseError(systemError({ code, syscall: 'write' }));
  expect(known).toBeInstanceOf(BaseError);
  expect(known).toMatchObject({
    kind: 'user',
    shortMessage: 'A file cannot be written: the disk is full.',
    hints: ['Free some space and run the command again.'],
  });
  expect(toBaseError(systemError({ code, syscall: 'open', path: '/a/b' }))).toMatchObject({
    shortMessage: '/a/b cannot be written: the disk is full.',
  });
});

test('of a folder that cannot be made it is not said that it does not exist', () => {
  expect(toBaseError(systemError({ code: 'ENOENT', syscall: 'mkdir', path: '/a/b' }))).toMatchObject({
    shortMessage: '/a/b cannot be made: the file system may be read-only or full.',
  });
  expect(toBaseError(systemError({ code: 'ENOENT', syscall: 'open', path: '/a/b' }))).toMatchObject({
    shortMessage: '/a/b does not exist.',
  });
});
