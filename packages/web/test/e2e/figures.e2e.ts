import { readFileSync } from 'node:fs';
import { zeroAddress, type ChannelSummary, type LineageEdge, type TokenSummary } from '@kedge/core';
import { createElement, type ReactNode } from 'react';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { ChannelOpened } from '../../src/actions/forms/channelForms.js';
import { FlowTable } from '../../src/pages/class/FlowTable.js';
import { TokenEarningsRow } from '../../src/pages/earnings/TokenEarningsRow.js';
import { ChannelTable } from '../../src/pages/tokens/ChannelTable.js';
import { TokenCard } from '../../src/pages/tokens/TokenCard.js';
import { Chat } from '../../src/pages/try/Chat.js';
import { Stat } from '../../src/ui/Stat.js';
import { markupOf } from '../markupOf.js';
import { someToken } from '../someToken.js';
import { newPage, stopBrowser } from './browser.js';

afterAll(stopBrowser);

const styles = ['tokens', 'base', 'layout', 'controls', 'parts'].map((name) => `styles/${name}.css`);
const account = `0x${'a'.repeat(40)}` as const;

const token: TokenSummary = { ...someToken, value: 28_977_857_126n, lockedUnits: 70_999_992_221n };
const earned = 72_559_739_802_000_000_000_000n;
const earning = { ...token, asset: zeroAddress, earned, claimed: earned, claimable: 0n };

/** A page with an element in a frame, under the styles of the dashboard. */
async function pageWith(width: number, element: ReactNode, frame: (inside: string) => string, ...sheets: string[]) {
  const { page, context } = await newPage({ viewport: { width, height: 860 } });
  onTestFinished(() => context.close());
  const css = [...styles, ...sheets].map((file) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8'));
  await page.setContent(`<!doctype html><style>${css.join('\n')}</style>${frame(markupOf(element))}`);
  return page;
}

/** The numbers that stand in several lines. */
async function brokenNumbers(
  width: number,
  element: ReactNode,
  sheet: string,
  numbers: string,
  inner: (inside: string) => string = (inside) => `<section class="card">${inside}</section>`,
): Promise<string[]> {
  const frame = (inside: string): string => `<main class="main"><div class="page">${inner(inside)}</div></main>`;
  const page = await pageWith(width, element, frame, sheet);
  return page.locator(numbers).evaluateAll((cells) => {
    const linesOf = (cell: Element, word: string): number => {
      const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode()!;
      const range = document.createRange();
      range.setStart(text, 0);
      range.setEnd(text, word.length);
      return new Set([...range.getClientRects()].map(({ top }) => top)).size;
    };
    const words = cells.map((cell) => [cell, cell.textContent!.split(' ')[0]!] as const);
    return words.flatMap(([cell, word]) => (linesOf(cell, word) > 1 ? [word] : []));
  });
}

test.each([1280, 380])('numbers of usual length stay in one line on a screen of %s pixels', async (width) => {
  const card = createElement(TokenCard, { token });
  expect(await brokenNumbers(width, card, 'pages/tokens/tokens.css', '.token-numbers dd')).toEqual([]);
  const row = createElement('ul', {}, createElement(TokenEarningsRow, { token: earning, account }));
  expect(await brokenNumbers(width, row, 'pages/earnings/earnings.css', '.earning-numbers dd')).toEqual([]);
  const figures = ['104,729.000116 USDC', '28,977.857126 units'].map((figure) =>
    createElement(Stat, { key: figure, label: 'Revenue', children: figure }),
  );
  const stats = (inside: string): string => `<dl class="stats">${inside}</dl>`;
  expect(await brokenNumbers(width, figures, 'pages/class/class.css', '.stat dd', stats)).toEqual([]);
});

test('what a dialog says when a channel is open is no wider than the dialog', async () => {
  const opened = createElement(ChannelOpened, { channelId: `0x${'d'.repeat(64)}`, mode: 'capped' });
  const frame = (inside: string): string => `<div class="dialog"><div class="callout good">${inside}</div></div>`;
  const page = await pageWith(380, opened, frame);
  const [inside, outside] = await page
    .locator('.dialog')
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  expect(inside).toBe(outside);
});

test.each([
  ['suggestions', []],
  [
    'a question of one long word',
    [{ id: 0, question: 'a'.repeat(300), answer: '', error: undefined, call: undefined, checks: undefined }],
  ],
])('the chat is no wider than a screen of 380 pixels: %s', async (_, turns) => {
  const chat = { turns, isBusy: false, ask: async () => undefined, stop: () => undefined };
  const element = createElement(Chat, { chat: chat as never, model: 'kedge-docs', isReady: true });
  const page = await pageWith(380, element, (inside) => `<main class="main">${inside}</main>`, 'pages/try/try.css');
  const [inside, outside] = await page
    .locator('.chat-log')
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  expect(inside).toBe(outside);
});

test('what several pages use is in the styles of all: lines that are not broken, and rows in the middle', async () => {
  const cell = createElement('span', { className: 'nobreak' }, '3 to 8 of epoch 994357');
  const frame = (inside: string): string => `<p style="width: 50px">${inside}</p>`;
  const page = await pageWith(380, cell, frame, 'pages/operator/operator.css');
  expect(await page.locator('span').evaluate((span) => span.getClientRects().length)).toBe(1);
  const row = createElement('div', { className: 'row center' }, '1');
  const other = await pageWith(380, row, (inside) => inside, 'pages/tokens/tokens.css');
  expect(await other.locator('.row').evaluate((found) => getComputedStyle(found).justifyContent)).toBe('center');
});

test('the role of an account goes below its address where an explanation has no room beside it', async () => {
  const account = createElement(
    'span',
    { className: 'row nowrap' },
    createElement('span', { className: 'copyable' }, '0x3c44…93bc'.repeat(2)),
    createElement('span', { className: 'pill' }, 'operator'),
  );
  const fact = [createElement('dt', { key: 1 }, 'Operator’s cut'), createElement('dd', { key: 2 }, account)];
  const facts = createElement('dl', { className: 'facts' }, fact);
  const explanation = createElement('div', { className: 'explain' }, createElement('ul', { className: 'tree' }, facts));
  const page = await pageWith(300, explanation, (inside) => inside, 'pages/earnings/earnings.css');
  const [inner, outer] = await Promise.all(['.pill', '.explain'].map((name) => page.locator(name).boundingBox()));
  expect(inner!.x + inner!.width).toBeLessThanOrEqual(outer!.x + outer!.width);
});

test.each([1280, 380])('of the channels of a token nothing is cut on a screen of %s pixels', async (width) => {
  const id = `0x${'d'.repeat(64)}` as const;
  const channel: ChannelSummary = {
    channelId: id,
    classId: 4n,
    className: null,
    unitDecimals: 6,
    tokenId: 1n,
    mode: 'strict',
    open: true,
    holder: account,
    operator: account,
    channelKey: `0x${'b'.repeat(40)}`,
    salt: id,
    openedAt: 0,
    closedAt: null,
    cap: 70_000_000_000n,
    rate: 0n,
    burst: 0n,
    deadline: 1_800_000_000n,
    grace: 86_400,
    capturedUnits: 28_977_857_126n,
    remainingUnits: 70_999_992_221n,
    returnedUnits: 0n,
    lastSeq: null,
    lastReceiptHash: null,
  };
  const element = createElement(ChannelTable, { channels: [channel, { ...channel, open: false }], unitDecimals: 6 });
  const frame = (inside: string): string =>
    `<main class="main"><div class="page"><article class="card stack">${inside}</article></div></main>`;
  const page = await pageWith(width, element, frame, 'pages/tokens/tokens.css');
  const [inside, outside] = await page
    .locator('.table-scroll')
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  expect(inside).toBe(outside);
});

test.each([1280, 380])('of what flows along a lineage nothing is cut on a screen of %s pixels', async (width) => {
  const edge: LineageEdge = {
    childId: 2n,
    childName: 'name'.repeat(30),
    childKind: 'agent',
    parentId: 1n,
    parentIndex: 0,
    parentName: 'A name of many words, '.repeat(8),
    parentKind: 'dataset',
    royaltyBps: 9_999,
    accepted: true,
    flows: [{ asset: zeroAddress, collected: earned, due: earned }],
  };
  const others = ['1', '2', '3'].map((digit) => ({ asset: `0x${digit.repeat(40)}` as const, collected: 1n, due: 1n }));
  const many: LineageEdge = { ...edge, parentIndex: 2, flows: [...edge.flows, ...others] };
  const show = (asset: string): string =>
    asset === zeroAddress ? '72,559.739802 ETH' : '72,559.739802 SIXTEENLETTERSXX';
  const element = createElement(FlowTable, { edges: [edge, { ...edge, parentIndex: 1 }, many], show });
  const frame = (inside: string): string =>
    `<main class="main"><div class="page"><section class="card">${inside}</section></div></main>`;
  const page = await pageWith(width, element, frame, 'pages/class/lineage.css');
  const [inside, outside] = await page
    .locator('.table-scroll')
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  expect(inside).toBe(outside);
  for (const word of await page.getByText('72,559.739802 ETH', { exact: true }).all())
    expect((await word.boundingBox())!.height).toBeLessThan(30);
});
