import { zeroAddress, type Address, type ClassDetail } from '@kedge/core';
import { Dialog } from '@base-ui/react/dialog';
import { createElement, Fragment, type ReactNode } from 'react';
import { expect, test } from 'vitest';
import { buyForm } from '../src/actions/forms/buyForm.js';
import { claimForm, withdrawForm } from '../src/actions/forms/claimForm.js';
import { Effects } from '../src/actions/Effects.js';
import type { TransactionForm } from '../src/actions/transaction.js';
import { ClassCharts } from '../src/pages/class/ClassCharts.js';
import { AssetTotal } from '../src/pages/earnings/AssetTotal.js';
import { TokenEarningsRow } from '../src/pages/earnings/TokenEarningsRow.js';
import { ClassCard } from '../src/pages/explore/ClassCard.js';
import { TokenCard } from '../src/pages/tokens/TokenCard.js';
import { markupOf } from './markupOf.js';
import { someClass } from './someClass.js';
import { someToken } from './someToken.js';

// The second is somebody's own, and calls itself by the name of the first.
const [real, fake] = ['a', 'b'].map((digit): Address => `0x${digit.repeat(40)}`) as [Address, Address];
const known = [real, fake].map((address) => [['asset', address], { address, symbol: 'USDC', decimals: 6 }] as const);
const account: Address = `0x${'c'.repeat(40)}`;
const one = 1_000_000n;

function dialogOf(form: TransactionForm): ReactNode {
  const children = ({ effects, note }: Parameters<Parameters<TransactionForm>[0]['children']>[0]): ReactNode =>
    createElement(Fragment, {}, effects !== undefined && createElement(Effects, { effects }), note);
  return createElement(Dialog.Root, { open: true }, createElement(form, { isLocked: false, children }));
}

const price = (asset: Address) => ({ asset, numerator: 1n, denominator: 1n, lot: 1, supply: 10n ** 9n });
const offer = (asset: Address) => ({
  classId: 7n,
  name: 'Tides',
  lot: 1,
  supply: 10n ** 9n,
  unitDecimals: 0,
  price: price(asset),
});
const flow = (asset: Address) => ({ asset, received: one, claimed: 0n }) as never;
const earned = (asset: Address) => ({ ...someToken, asset, earned: one, claimed: 0n, claimable: one });
const days = (asset: Address) =>
  ({
    ...someClass,
    price: null,
    usageByDay: [],
    revenueByDay: [{ day: '2026-11-22', asset, received: one, royalties: 0n }],
  }) as unknown as ClassDetail;
const total = (asset: Address) => ({ asset, claimable: one, claimableCount: 1, claimed: 0n, owed: 0n });

const shown: Readonly<Record<string, (asset: Address) => ReactNode>> = {
  'a class': (asset) =>
    createElement(ClassCard, { item: { ...someClass, price: price(asset), revenue: [flow(asset)] } }),
  'a chart': (asset) => createElement(ClassCharts, { detail: days(asset) }),
  'a token': (asset) => createElement(TokenCard, { token: { ...someToken, claimable: [{ asset, amount: one }] } }),
  'a total': (asset) => createElement(AssetTotal, { total: total(asset), account, tokens: [] }),
  earnings: (asset) => createElement(TokenEarningsRow, { token: earned(asset), account }),
  'a purchase': (asset) => dialogOf(buyForm(offer(asset))),
  'a claim': (asset) => dialogOf(claimForm([1n], asset, one)),
  'a withdrawal': (asset) => dialogOf(withdrawForm(asset, one)),
};

test.each(Object.entries(shown))('an asset by the name of another cannot pass for it in %s', (_, of) => {
  const [good, bad] = [real, fake].map((asset) => markupOf(of(asset), known).replaceAll(/<[^>]*>/g, ' ')) as [
    string,
    string,
  ];
  expect(good).toMatch(/USDC[^·]{0,30}0xaaaa…aaaa/);
  expect(bad).toMatch(/USDC[^·]{0,30}0xbbbb…bbbb/);
  // Wherever the symbol stands, its address does.
  for (const text of [good, bad]) {
    expect(text.match(/USDC/g)!.length).toBe(text.match(/USDC[\s(]*0x(aaaa|bbbb)/g)!.length);
  }
});

test.each(['a purchase', 'a claim', 'a withdrawal', 'a total'])('%s has the whole address, ETH none', (name) => {
  const text = (asset: Address): string => markupOf(shown[name]!(asset), known).replaceAll(/<[^>]*>/g, ' ');
  expect(text(fake)).toContain(fake);
  expect(text(zeroAddress)).toContain('ETH');
  expect(text(zeroAddress)).not.toContain('0x');
});
