import { BaseError } from '@kedge/core';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { FileVerdict } from '../src/pages/class/FileVerdict.js';
import { takeFiles } from '../src/ui/takeFiles.js';
import { markupOf } from './markupOf.js';

const finding = { path: 'a.txt', size: 5, sha256: 'ab'.repeat(32), kind: 'same' } as const;

test('what came of a check is told alone: of the files before nothing is said beside an error, or while others are hashed', () => {
  const told = (state: Parameters<typeof FileVerdict>[0]['state']): string =>
    markupOf(createElement(FileVerdict, { state }));
  expect(told({ findings: [finding] })).toContain('It is what was anchored');
  const large = new BaseError('b.txt is too large.', { hints: ['kedge anchor verify checks it.'] });
  expect(told({ error: large })).toContain('b.txt is too large. kedge anchor verify checks it.');
  for (const state of [undefined, 'busy', { error: large }] as const) {
    expect(told(state)).not.toContain('anchored');
    expect(told(state)).not.toContain('SHA-256');
  }
  const changed = told({ findings: [finding, { ...finding, path: 'b.txt', kind: 'changed' }] });
  expect(changed).toContain('1 of 2 are what was anchored; 1 differ');
});

test('a field for files is empty when they were taken, so that the same one can be chosen again', () => {
  const file = new File(['a'], 'a.txt');
  const field = { files: [file], value: 'C:\\fakepath\\a.txt' } as unknown as HTMLInputElement;
  expect(takeFiles(field)).toEqual([file]);
  expect(field.value).toBe('');
});
