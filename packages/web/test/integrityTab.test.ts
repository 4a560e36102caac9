import type { ClassDetail } from '@kedge/core';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { IntegrityTab } from '../src/pages/class/IntegrityTab.js';
import { markupOf } from './markupOf.js';
import { someClass } from './someClass.js';

test('how many files are anchored is said as people say it, also of one', () => {
  const told = (count: number): string => {
    const file = (_: unknown, at: number) => ({ '@type': 'cr:FileObject', name: `${at}.md`, sha256: 'ab'.repeat(32) });
    const metadata = { distribution: Array.from({ length: count }, file) };
    return markupOf(createElement(IntegrityTab, { detail: { ...someClass, metadata } as unknown as ClassDetail }));
  };
  expect(told(1)).toContain('One file is anchored.');
  expect(told(1_000)).toContain('1,000 files are anchored.');
});
