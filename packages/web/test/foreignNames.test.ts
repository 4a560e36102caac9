import { zeroAddress, type AccrualPart, type LineageEdge } from '@kedge/core';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { indexedQuery } from '../src/data/indexedQueries.js';
import { FlowTable } from '../src/pages/class/FlowTable.js';
import { ExplainTree } from '../src/pages/earnings/ExplainTree.js';
import { TokenEarningsRow } from '../src/pages/earnings/TokenEarningsRow.js';
import { ClassCard } from '../src/pages/explore/ClassCard.js';
import { TokenCard } from '../src/pages/tokens/TokenCard.js';
import { markupOf } from './markupOf.js';
import { someClass } from './someClass.js';
import { someToken } from './someToken.js';

// Read from the right, and with a mark that turns around whatever follows it.
const name = 'שלום 42 \u202e';
const account = `0x${'a'.repeat(40)}` as const;
const token = { ...someToken, className: name };
const earnings = { ...token, asset: zeroAddress, earned: 2n, claimed: 1n, claimable: 1n };

const edge = {
  childId: 7n,
  childName: name,
  childKind: 'agent',
  parentId: 8n,
  parentName: name,
  parentKind: 'dataset',
  parentIndex: 0,
  royaltyBps: 3_000,
  accepted: true,
  flows: [],
} as unknown as LineageEdge;

const part: AccrualPart = {
  amount: 1n,
  classId: 7n,
  className: name,
  at: 0,
  blockNumber: 1,
  transactionHash: `0x${'00'.repeat(32)}`,
  received: 1n,
  toHolders: 1n,
  totalShare: 1n,
  cause: {
    type: 'royalty',
    childId: 9n,
    childName: name,
    royaltyBps: 3_000,
    parts: [],
    earlier: 0n,
  } as unknown as AccrualPart['cause'],
};

const { queryKey } = indexedQuery(() => undefined!, 'explainClaim', { tokenId: 1n, asset: zeroAddress });
const explanation = {
  blockNumber: 7,
  share: 1n,
  owner: account,
  claimable: 1n,
  parts: [part],
  earlier: { amount: 0n, count: 0 },
};

test.each([
  ['a card', 1, () => markupOf(createElement(ClassCard, { item: { ...someClass, name } }))],
  ['a token', 1, () => markupOf(createElement(TokenCard, { token }))],
  ['earnings', 1, () => markupOf(createElement(TokenEarningsRow, { token: earnings, account }))],
  ['a lineage', 2, () => markupOf(createElement(FlowTable, { edges: [edge], show: () => '' }))],
  [
    'an explanation',
    3,
    () => markupOf(createElement(ExplainTree, { tokenId: 1n, asset: zeroAddress, account }), [[queryKey, explanation]]),
  ],
] as const)('a name that is read from the right turns nothing around in %s', (_, count, markup) => {
  // Attributes hold it as well, which are shown by themselves.
  const shown = markup().replaceAll(/="[^"]*"/g, '');
  expect(shown.split(name)).toHaveLength(count + 1);
  expect(shown.split(`<bdi>${name}</bdi>`)).toHaveLength(count + 1);
});
