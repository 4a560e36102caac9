import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Size = { readonly bytes: number; readonly gzip: number };

// `npm run check` holds this file equal to what the build gives, to the byte.
const { firstLoad, later } = JSON.parse(readFileSync(new URL('../bundleSize.gen.json', import.meta.url), 'utf8')) as {
  firstLoad: Size;
  later: Record<string, Size>;
};

test('the first load, with the first page, is below 250 kB', () => {
  expect(firstLoad.gzip).toBeLessThan(250_000);
  expect(firstLoad.gzip).toBeGreaterThan(100_000);
});

test.each([
  ['verification', 'pages/try/checkCall.ts'],
  ['charts', 'pages/class/ClassCharts.tsx'],
  ['the graph', 'pages/class/LineageTab.tsx'],
  ['the wallet menu', 'wallet/OpenWalletMenu.tsx'],
  ['transactions', 'actions/TransactionDialog.tsx'],
])('%s is loaded when it is needed', (_, part) => {
  expect(later[part]?.gzip).toBeGreaterThan(10_000);
});
