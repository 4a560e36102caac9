import {
  zeroAddress,
  type AccrualPart,
  type Address,
  type ChannelSummary,
  type ClassDetail,
  type ClassSummary,
  type Hex,
  type TokenSummary,
} from '@kedge/core';
import { createElement, type ReactElement } from 'react';
import { expect, test } from 'vitest';
import { ChannelOpened } from '../src/actions/forms/channelForms.js';
import { buyForm } from '../src/actions/forms/buyForm.js';
import { BarChart } from '../src/charts/BarChart.js';
import { usageSeries } from '../src/charts/usageSeries.js';
import { indexedPages, indexedQuery } from '../src/data/indexedQueries.js';
import { mainOf, mainRevenueOf, othersOf, othersText } from '../src/data/mainOf.js';
import { ClassCharts } from '../src/pages/class/ClassCharts.js';
import { ClassCard } from '../src/pages/explore/ClassCard.js';
import { edgeText } from '../src/pages/class/edgeText.js';
import { ExplainTree, Parts } from '../src/pages/earnings/ExplainTree.js';
import { TokenEarningsRow } from '../src/pages/earnings/TokenEarningsRow.js';
import { OperatorChannels } from '../src/pages/operator/OperatorChannels.js';
import { TokenCard } from '../src/pages/tokens/TokenCard.js';
import { ChannelPanel } from '../src/pages/try/ChannelPanel.js';
import { showDay, showMoment } from '../src/ui/format.js';
import { OtherAmounts } from '../src/ui/OtherAmounts.js';
import { markupOf } from './markupOf.js';
import { someClass } from './someClass.js';
import { someToken } from './someToken.js';

const coin: Address = `0x${'1'.repeat(40)}`;
const other: Address = `0x${'2'.repeat(40)}`;
const account: Address = `0x${'a'.repeat(40)}`;
const channelId: Hex = `0x${'d'.repeat(64)}`;

const channel: ChannelSummary = {
  channelId,
  classId: 4n,
  className: 'Six decimals',
  unitDecimals: 6,
  tokenId: 1n,
  holder: account,
  operator: account,
  channelKey: account,
  mode: 'strict',
  cap: 70_000_000_000n,
  rate: 0n,
  burst: 0n,
  deadline: 1_800_000_000n,
  grace: 86_400,
  salt: channelId,
  open: true,
  capturedUnits: 3_276n,
  remainingUnits: 69_999_996_724n,
  returnedUnits: 0n,
  lastSeq: null,
  lastReceiptHash: null,
  openedAt: 0,
  closedAt: null,
};

const token: TokenSummary = { ...someToken, share: 7_919n };

const words = (markup: string): string => markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

test('of figures in several assets the one of the price stands first, then ETH, and the rest is told', () => {
  const figures = [coin, zeroAddress, other].map((asset) => ({ asset }));
  expect(mainOf(figures, other)).toBe(figures[2]);
  expect(mainOf(figures)).toBe(figures[1]);
  expect(mainOf(figures.slice(0, 1))).toBe(figures[0]);
  expect(mainOf([])).toBeUndefined();
  expect(othersText(othersOf(figures, figures[1]))).toBe('and in 2 other assets');
  expect(othersText(othersOf(figures.slice(0, 1), figures[0]))).toBeUndefined();
});

test('where nothing was earned yet, it is none of the asset that units are priced in', () => {
  const none = { received: 0n, claimed: 0n };
  expect(mainRevenueOf([], coin)).toEqual({ asset: coin, ...none });
  expect(mainRevenueOf([])).toBeUndefined();
  expect(mainRevenueOf([{ asset: zeroAddress, ...none }], coin)).toEqual({ asset: zeroAddress, ...none });
  const price = { asset: coin, numerator: 1n, denominator: 1n, supply: 1n, lot: 1 };
  const shown = (item: ClassSummary): string => words(markupOf(createElement(ClassCard, { item })));
  expect(shown({ ...someClass, price })).not.toContain('ETH');
  expect(shown(someClass)).toContain('Revenue None yet');
  const detail = { ...someClass, price, usageByDay: [], revenueByDay: [] } as unknown as ClassDetail;
  expect(words(markupOf(createElement(ClassCharts, { detail })))).not.toContain('ETH');
});

test('amounts beside the main one are written out up to two, for anyone may pay in assets of their own', () => {
  const told = (...amounts: string[]): string => words(markupOf(createElement(OtherAmounts, { amounts }))).trim();
  expect(told()).toBe('');
  expect(told('1 A', '2 B')).toBe('and 1 A and 2 B');
  expect(told('1 A', '2 B', '3 C')).toBe('and 1 A and 2 B and 1 more asset');
  // Until it is known how they are counted, they read alike; of two with one key React would leave one behind.
  const { props } = OtherAmounts({ amounts: ['…', '…'] }) as ReactElement<{ children: [ReactElement[], unknown] }>;
  expect(new Set(props.children[0].map(({ key }) => key)).size).toBe(2);
});

test('a chart of revenue begins with the asset of the price, then ETH, whatever anyone paid before', () => {
  const paid = (day: string, asset: Address) => ({ day, asset, received: 1n, royalties: 0n });
  const revenueByDay = [paid('2026-11-21', coin), paid('2026-11-22', zeroAddress), paid('2026-11-22', other)];
  const chosen = (price: ClassDetail['price']): string | undefined => {
    const detail = { ...someClass, price, usageByDay: [], revenueByDay } as unknown as ClassDetail;
    const markup = markupOf(createElement(ClassCharts, { detail }));
    return /aria-pressed="true">([^<]+)/.exec(markup)?.[1];
  };
  expect(chosen(null)).toBe('ETH');
  expect(chosen({ asset: other, numerator: 1n, denominator: 1n, lot: 1, supply: 1n })).toBe('0x2222…2222');
});

test('an edge of the lineage tells what flowed, not an asset in which nothing did', () => {
  const show = (asset: Address, amount: bigint): string => `${amount} of ${asset.slice(0, 3)}`;
  const none = { asset: zeroAddress, collected: 0n, due: 0n };
  const some = { asset: coin, collected: 4n, due: 3n };
  expect(edgeText(3_333, [none, some], show)).toBe('33.33 % · 7 of 0x1');
  expect(edgeText(3_333, [none, some, { ...some, asset: other }], show)).toBe('33.33 % · 7 of 0x1 and 1 more');
  expect(edgeText(3_333, [none], show)).toBe('33.33 % · 0 of 0x0');
  expect(edgeText(3_333, [], show)).toBe('33.33 %');
});

test('a chart of use has a series for every metric, or one for those that find no place', () => {
  const use = (metric: string) => ({
    day: '2026-11-22',
    metric,
    metricType: channelId,
    units: 1n,
    paidUnits: 0n,
    selfReportedUnits: 0n,
    records: 1,
  });
  const seven = ['input_tokens', 'b', 'c', 'd', 'e', 'f', 'g'].map(use);
  expect(usageSeries(seven.slice(0, 6)).names).toEqual(['input tokens', 'b', 'c', 'd', 'e', 'f']);
  const { names, nameOf } = usageSeries(seven);
  expect(names).toEqual(['input tokens', 'b', 'c', 'd', 'e', 'other metrics']);
  expect(seven.map(nameOf).slice(4)).toEqual(['e', 'other metrics', 'other metrics']);
});

test('a chart leaves room for the longest words beside its axis', () => {
  const chart = (show: (value: number) => string): string =>
    markupOf(
      createElement(BarChart, { title: 'A', bars: [{ key: '1', label: '1', values: [1] }], series: ['a'], show }),
    );
  expect(chart(() => '1')).toContain('translate(56,8)');
  expect(chart(() => '0.0000000025')).toContain('translate(92,8)');
});

test('an operator’s channels are listed in the units of their classes', () => {
  const { queryKey } = indexedPages(() => undefined!, 'channels', { operator: account, open: 'true', limit: 20 });
  const markup = markupOf(createElement(OperatorChannels, { operator: account }), [
    [queryKey, { pages: [{ items: [channel], next: null }], pageParams: [undefined] }],
  ]);
  expect(words(markup)).toContain('Class 4');
  expect(words(markup)).toContain('0.003276 69,999.996724');
  // With the time of day the table would be wider than its place on a large screen.
  expect(words(markup)).toContain(showDay(channel.deadline));
  expect(words(markup)).not.toContain(showMoment(channel.deadline));
  expect(markup).toContain(`title="${showMoment(channel.deadline)}"`);
});

test('a share that has ended is not offered to be split, and is told as ended wherever its weight stands', () => {
  const card = (change: object): string =>
    words(markupOf(createElement(TokenCard, { token: { ...token, ...change } })));
  expect(card({})).toMatch(/share never expires[\s\S]*Split/);
  expect(card({ shareState: 'ended' })).toContain('7,919 ended');
  expect(card({ shareState: 'ended' })).not.toMatch(/Split|share never expires/);
  const earnings = { tokenId: 1n, classId: 4n, className: null, asset: zeroAddress, earned: 1n, claimed: 1n };
  const row = (shareState: TokenSummary['shareState']): string => {
    const earning = { ...earnings, claimable: 0n, share: 7_919n, shareState };
    return words(markupOf(createElement(TokenEarningsRow, { token: earning, account })));
  };
  expect(row('ended')).toContain('share 7,919, ended');
  expect(row('active')).toMatch(/share 7,919 [^,]/);
});

test('a revocation that is announced is told to the holder, with the reason, as long as it can be objected to', () => {
  const { queryKey } = indexedQuery(() => undefined!, 'token', { tokenId: token.tokenId });
  const later = Math.floor(Date.now() / 1000) + 86_400;
  const card = (change: object): string => {
    const revocation = { effectiveAt: later, reason: 'leaked the data', statement: null, revokedAt: null, ...change };
    const detail = { ...token, lotTerms: null, backing: null, channels: [], revocation };
    return words(markupOf(createElement(TokenCard, { token }), [[queryKey, detail]]));
  };
  expect(card({})).toMatch(/may revoke this token from .* on: leaked the data/);
  expect(card({})).toContain(`kedge token appeal ${token.tokenId}`);
  expect(card({ statement: 'not me' })).toMatch(/leaked the data[\s\S]*objected: not me/);
  for (const over of [{ effectiveAt: later - 86_401 }, { revokedAt: 1 }])
    expect(card(over)).not.toContain('leaked the data');
});

test('an amount is not shown before it is known how its asset is counted', () => {
  const earnings = { ...token, asset: coin, earned: 1_500_000n, claimed: 0n, claimable: 1_500_000n };
  const row = createElement(TokenEarningsRow, { token: earnings, account });
  expect(words(markupOf(row))).toContain('Earned … Claimed … Claimable …');
  const known = markupOf(row, [[['asset', coin], { address: coin, symbol: 'COIN', decimals: 6 }]]);
  expect(words(known)).toContain('Earned 1.5 COIN 0x1111…1111 Claimed 0 COIN');
});

test('why something is claimable is told to the smallest unit, also of an asset of 24 decimals', () => {
  const amount = 10n ** 24n + 1n;
  const answer = {
    blockNumber: 7,
    share: 1n,
    owner: account,
    claimable: amount,
    parts: [],
    earlier: { count: 2, amount },
  };
  const { queryKey } = indexedQuery(() => undefined!, 'explainClaim', { tokenId: 1n, asset: coin });
  const markup = markupOf(createElement(ExplainTree, { tokenId: 1n, asset: coin, account }), [
    [queryKey, answer],
    [['asset', coin], { address: coin, symbol: 'COIN', decimals: 24 }],
  ]);
  expect(words(markup).match(/1\.000000000000000000000001 COIN/g)).toHaveLength(2);
});

test('payments of one transaction that are alike are drawn as two when more come before them', () => {
  const cause = { type: 'settlement', payer: account } as const;
  const part = { amount: 1n, classId: 4n, transactionHash: channelId, received: 1n, cause } as unknown as AccrualPart;
  const keys = (...parts: AccrualPart[]): (string | null)[] => {
    const { props } = Parts({ parts, earlier: { amount: 0n, count: 0 }, show: String }) as ReactElement<{
      children: [ReactElement[], unknown];
    }>;
    return props.children[0].map(({ key }) => key);
  };
  const before = keys(part, part);
  expect(new Set(before).size).toBe(2);
  expect(keys({ ...part, amount: 2n }, part, part).slice(1)).toEqual(before);
});

test('a channel that was opened here says how it gets a key', () => {
  const opened = (mode: 'capped' | 'strict'): string =>
    words(markupOf(createElement(ChannelOpened, { channelId, mode })));
  expect(opened('capped')).toContain(`kedge key create --channel ${channelId}`);
  expect(opened('strict')).toContain('kedge channel open --mode strict');
});

test('what is shown of a channel says when the chain does not answer any more, and which cut it is', () => {
  const terms = { ...channel, grace: 86_400 };
  const numbers = {
    channel: terms,
    open: true,
    capturedUnits: 0n,
    unitDecimals: 6,
    classId: 4n,
    operator: { owed: 5n * 10n ** 17n },
    asset: zeroAddress,
    earners: [],
  };
  const key = ['channel-numbers', channelId];
  const panel = createElement(ChannelPanel, { channelId, turns: [] });
  expect(words(markupOf(panel, [[key, numbers]]))).toContain('Operator’s cut not withdrawn 0.5 ETH');
  expect(words(markupOf(panel, [[key, numbers]]))).not.toContain('does not answer');
  expect(words(markupOf(panel, [[key, numbers]], [key]))).toContain('The chain does not answer now');
});

test('a price in an asset whose decimals are not known yet is not shown in its smallest units', () => {
  const price = { asset: coin, numerator: 5_000_000n, denominator: 1n };
  const Form = buyForm({ classId: 1n, name: 'Class', lot: 1, price, supply: 1_000n, unitDecimals: 0 });
  // What the dialog draws of it, without the dialog.
  let shown: readonly unknown[] = [];
  const Effects = (): null => {
    const drawn = Form({ isLocked: false, children: ({ effects }) => void (shown = effects ?? []) });
    expect(drawn).toBeDefined();
    return null;
  };
  markupOf(createElement(Effects));
  expect(shown).toContainEqual({ label: 'Price of a unit', value: '…' });
});
