import type { ClassDetail, IndexedAttestation } from '@kedge/core';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { indexedPages } from '../src/data/indexedQueries.js';
import { AttestationsTab } from '../src/pages/class/AttestationsTab.js';
import { markupOf } from './markupOf.js';
import { someClass } from './someClass.js';

const { classId } = someClass;
const { queryKey } = indexedPages(() => undefined!, 'attestations', { classId, limit: 20 });
const attestation = {
  subjectKind: 'class',
  subjectId: classId,
  type: 'licence',
  typeHash: `0x${'0c'.repeat(32)}`,
  attester: `0x${'a'.repeat(40)}`,
  version: 1,
  statementHash: `0x${'0d'.repeat(32)}`,
  uri: '',
  issuedAt: 1n,
  expireAt: 0n,
  state: 'valid',
  revokedAt: null,
  verdicts: [],
  verdictCount: 0,
} as unknown as IndexedAttestation;

/** What the tab shows once these pages have come. */
function shown(pages: readonly { readonly ids: readonly number[]; readonly next: string | null }[]): string {
  const answers = pages.map(({ ids, next }) => ({ items: ids.map((id) => ({ ...attestation, id: `0x${id}` })), next }));
  const known = { pages: answers, pageParams: pages.map(() => undefined) };
  return markupOf(createElement(AttestationsTab, { detail: someClass as unknown as ClassDetail }), [[queryKey, known]]);
}

test('statements beyond the newest are asked for page by page, down to the first', () => {
  const first = { ids: [3, 2], next: '2' };
  expect(shown([first])).toContain('Show more');
  const all = shown([first, { ids: [1], next: null }]);
  expect(all.match(/<article/g)).toHaveLength(3);
  expect(all).not.toContain('Show more');
});
