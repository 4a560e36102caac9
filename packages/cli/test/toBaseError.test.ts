import { BaseError } from '@kedge/core';
import { expect, test } from 'vitest';
import { revertTexts } from '../../sdk/src/revertTexts.js';
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

test.each([
  ['ELOOP', 'open', '/a/b leads from one symbolic link to the next without an end.'],
  ['ENAMETOOLONG', 'open', '/a/b is too long a name.'],
  ['EEXIST', 'mkdir', '/a/b is not a folder.'],
  ['EMFILE', 'open', '/a/b cannot be opened: this process has too many files open (ulimit -n).'],
  [
    'EFBIG',
    'write',
    '/a/b cannot be written: it would be larger than the file system or this session (ulimit -f) allows.',
  ],
])('%s of %s is no bug of ours', (code, syscall, shortMessage) => {
  expect(toBaseError(systemError({ code, syscall, path: '/a/b' }))).toMatchObject({ kind: 'user', shortMessage });
});

test('of what this user may not read it is said how to see whose it is', () => {
  expect(toBaseError(systemError({ code: 'EACCES', syscall: 'open', path: '/a b' }))).toMatchObject({
    shortMessage: '/a b may not be read or written by this user.',
    hints: ["See whose it is, and who may: ls -ld '/a b'"],
  });
});

test('a lot in an error has the number that people count it by', () => {
  const refused = new BaseError('No such lot.', {
    code: 'DATNonexistentLot',
    values: { classId: 2n, lot: 0x80000007 },
  });
  expect(toBaseError(refused)).toMatchObject({ values: { classId: 2n, lot: 7 } });
});

test('of a folder that cannot be made it is not said that it does not exist', () => {
  expect(toBaseError(systemError({ code: 'ENOENT', syscall: 'mkdir', path: '/a/b' }))).toMatchObject({
    shortMessage: '/a/b cannot be made: the file system may be read-only or full.',
  });
  expect(toBaseError(systemError({ code: 'ENOENT', syscall: 'open', path: '/a/b' }))).toMatchObject({
    shortMessage: '/a/b does not exist.',
  });
});

/** What no command sends, or makes itself of what it reads. */
const ofNoCommand = [
  'DATUsageAllowanceExceeded',
  'DATShareNotRenewed',
  'DATNotSeller',
  'ValueChannelsMalformedItems',
  'ContributorRootsWrongProof',
  'PermitBuyerNotErc20',
  'ERC3525AdapterUnauthorized',
  'AttestationRegistryShortProof',
];

test('who uses commands is not told to call functions of the library', () => {
  // A moment that stands among the values is no function, nor is what somebody puts in.
  const functions = /(?<![<\w])(?!releaseAt|endsAt)[a-z]+[A-Z]\w*/;
  const told = Object.entries(revertTexts)
    .filter(([code]) => !ofNoCommand.includes(code))
    .map(([code, { message, hints = [] }]) => toBaseError(new BaseError(message, { code, hints })) as BaseError)
    .flatMap(({ code, hints }) => hints.filter((hint) => functions.test(hint)).map((hint) => `${code}: ${hint}`));
  expect(told).toEqual([]);
});
