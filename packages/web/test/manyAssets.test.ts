import type { Address, ClassDetail, ContributorEarnings, Earnings, LineageEdge } from '@kedge/core';
import { zeroAddress } from '@kedge/core';
import { createElement, type ReactElement } from 'react';
import { expect, test } from 'vitest';
import { Dialog } from '@base-ui/react/dialog';
import { mostTogether, type KedgeClient } from '@kedge/sdk';
import { Effects } from '../src/actions/Effects.js';
import { transferTokenForm } from '../src/actions/forms/transferForms.js';
import type { Transaction } from '../src/actions/transaction.js';
import { indexedPages, indexedQuery } from '../src/data/indexedQueries.js';
import { ClassCharts } from '../src/pages/class/ClassCharts.js';
import { FlowTable } from '../src/pages/class/FlowTable.js';
import { AccountEarnings } from '../src/pages/earnings/AccountEarnings.js';
import { claimedTogether } from '../src/pages/earnings/claimedTogether.js';
import { TokenCard } from '../src/pages/tokens/TokenCard.js';
import { markupOf } from './markupOf.js';
import { someClass } from './someClass.js';
import { someToken } from './someToken.js';

// Anyone can pay any class in assets of their own, and give anyone shares of classes of their own.
const many: readonly Address[] = [
  ...Array.from({ length: 150 }, (_, at): Address => `0x${String(at + 1).padStart(40, '0')}`),
  zeroAddress,
];
const account: Address = `0x${'a'.repeat(40)}`;
const words = (markup: string): string => markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const flows = many.map((asset) => ({ asset, collected: 10n ** 18n, due: 0n }));
const names = { childName: null, parentName: null };
const edge = { ...names, childId: 1n, parentId: 2n, parentIndex: 0, royaltyBps: 1, flows } as unknown as LineageEdge;
const none: Earnings = { account, totals: [], tokens: [], next: null };
const asContributor = indexedPages(() => undefined!, 'contributorEarnings', { address: account, limit: 20 }).queryKey;
const shown = (earnings: Partial<Earnings>, items: readonly ContributorEarnings[] = [], next: string | null = null) =>
  markupOf(
    createElement(AccountEarnings, {
      address: account,
      earnings: { ...none, ...earnings },
      more: undefined,
      isAsked: false,
      error: null,
    }),
    [[asContributor, { pages: [{ items, next }], pageParams: [undefined] }]],
  );

test('a chart of revenue in very many assets offers them in a list, that of the price or ETH first', () => {
  const revenueByDay = many.map((asset) => ({ day: '2026-11-22', asset, received: 1n, royalties: 0n }));
  const detail = { ...someClass, price: null, usageByDay: [], revenueByDay } as unknown as ClassDetail;
  const markup = markupOf(createElement(ClassCharts, { detail }));
  expect(markup).not.toContain('aria-pressed');
  expect(markup.match(/<option/g)).toHaveLength(many.length);
  expect(/<option value="([^"]+)"/.exec(markup)?.[1]).toBe(zeroAddress);
});

test('what is claimable of a token, and what flows along an edge, names few of very many assets', () => {
  const claimable = many.map((asset) => ({ asset, amount: 10n ** 18n }));
  const card = words(markupOf(createElement(TokenCard, { token: { ...someToken, claimable } })));
  expect(card).toContain('1 ETH and … and … and 148 more assets');
  const table = createElement(FlowTable, { edges: [edge], show: (asset, amount) => `${amount} of ${asset.slice(-3)}` });
  expect(words(markupOf(table))).toMatch(
    /1000000000000000000 of 000 and \S+ of 001 and \S+ of 002 and 148 more assets/,
  );
  expect(words(markupOf(table))).toMatch(/ 0 of 000 /);
});

test('a token is given away with what it earned in few of very many assets: one that refuses would keep it', async () => {
  const claimable = many.map((asset) => ({ asset, amount: 1n }));
  const given = async (earned: typeof claimable) => {
    let transaction: Transaction | undefined;
    const Form = transferTokenForm({ ...someToken, claimable: earned });
    const shownForm = createElement(Form, { isLocked: false, children: (drawn) => void (transaction = drawn) });
    const markup = words(markupOf(createElement(Dialog.Root, { open: true }, shownForm)));
    let claim: readonly Address[] | undefined;
    const client = { transferToken: async (given: { claim: readonly Address[] }) => void ({ claim } = given) };
    await transaction!.run(client as unknown as KedgeClient).catch(() => undefined);
    return { markup, note: transaction!.note, claim };
  };
  const all = await given(claimable);
  expect(all.claim).toEqual([...many.slice(0, 2), zeroAddress]);
  expect(all.note).toContain('claim under Earnings first');
  expect(all.markup).toContain('Pay me first what it earned');
  const few = await given(claimable.slice(-1));
  expect([few.claim, few.note]).toEqual([[zeroAddress], 'This cannot be taken back.']);
  expect((await given([])).markup).not.toContain('Pay me first');
});

test('of what one gets in several assets nothing stays in a dialog when it is not paid any more', () => {
  const effects = ['To', 'You get', 'You get'].map((label) => ({ label, value: '1' }));
  const { props } = Effects({ effects }) as ReactElement<{ children: ReactElement[] }>;
  expect(new Set(props.children.map(({ key }) => key)).size).toBe(3);
});

test('of the edges of a lineage that anyone made long, a page is listed', () => {
  const edges = Array.from({ length: 90 }, (_, at) => ({ ...edge, childId: BigInt(at) }));
  const markup = markupOf(createElement(FlowTable, { edges, show: String }));
  expect(markup.match(/<tr/g)).toHaveLength(21);
  expect(markup).toContain('Show more');
});

test('earnings in ETH come first, and of very many assets and tokens a screen or two', () => {
  const of = (asset: Address, claimable: bigint, tokenId = 1n) => ({
    ...someToken,
    tokenId,
    asset,
    claimable,
    earned: claimable,
    claimed: 0n,
  });
  const totals = many.map((asset) => ({ asset, claimable: 1n, claimableCount: 1, claimed: 0n, owed: 0n }));
  // As the indexer orders them.
  const tokens = [of(zeroAddress, 5n * 10n ** 18n, 2n), ...many.toReversed().map((asset) => of(asset, 1n))];
  const text = words(shown({ totals, tokens }));
  expect(text.match(/You can claim/g)).toHaveLength(3);
  expect(text).toMatch(/You can claim &lt;0\.000000001 ETH/);
  expect(text.match(/Why\?/g)).toHaveLength(20);
  expect(text).toMatch(/By token .*? Earned 5 ETH/);
  expect(text.match(/Show more/g)).toHaveLength(2);
});

test('what is claimed together goes into a block: of very many tokens those with the most', () => {
  const tokens = Array.from({ length: 200 }, (_, at) => ({ tokenId: BigInt(at), claimable: BigInt(at % 100) }));
  const { tokenIds, amount, others } = claimedTogether(tokens, 500);
  expect(tokenIds).toHaveLength(mostTogether);
  expect(others).toBe(500 - mostTogether);
  expect(tokenIds.slice(0, 4)).toEqual([99n, 199n, 98n, 198n]);
  expect(amount).toBe(Array.from({ length: 32 }, (_, at) => BigInt(99 - at) * 2n).reduce((sum, each) => sum + each));
  expect(claimedTogether(tokens.slice(0, 3), 2).tokenIds).toEqual([2n, 1n]);
});

test('payments to a contributor are listed, wherever they were paid to', () => {
  const contribution = {
    tokenId: 1n,
    classId: 7n,
    className: 'Tides',
    asset: zeroAddress,
    paid: 10n ** 18n,
    payments: 3,
  };
  const text = words(shown({}, [contribution]));
  expect(text).not.toContain('Nothing earned yet');
  expect(text).toMatch(/As a contributor .*Tides .*1 ETH in 3 payments/);
  expect(text).not.toContain('Show more');
  expect(words(shown({}, [contribution], '20'))).toMatch(/in 3 payments Show more/);
  expect(words(shown({}))).toContain('Nothing earned yet');
});

test('of an account with more tokens than a page, each asset is claimed of those with the most in it', () => {
  const asset = many[0]!;
  const total = { asset, claimable: 9_000n, claimableCount: 3_000, claimed: 0n, owed: 0n };
  const tokens = [1n, 2n].map((tokenId) => ({ ...someToken, tokenId, asset, claimable: 5n, earned: 5n, claimed: 0n }));
  const { queryKey } = indexedQuery(() => undefined!, 'earnings', { address: account, asset, limit: mostTogether });
  const element = createElement(AccountEarnings, {
    address: account,
    earnings: { ...none, totals: [total], tokens: [{ ...tokens[0]!, asset: zeroAddress }], next: '100' },
    more: () => undefined,
    isAsked: false,
    error: null,
  });
  expect(words(markupOf(element, [[queryKey, { ...none, tokens }]]))).toContain('Claim of 2 tokens');
});
