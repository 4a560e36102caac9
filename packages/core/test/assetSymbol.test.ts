import { expect, test } from 'vitest';
import { assetSymbol } from '@kedge/core';

test('an asset is called what its contract says, in one short line that steers nothing', () => {
  expect(assetSymbol('USDC')).toBe('USDC');
  expect(assetSymbol(' WETH\n')).toBe('WETH');
  expect(assetSymbol('a\u202eb\u001b[2J')).toBe('a\ufffdb\ufffd[2J');
  expect(assetSymbol('sixteen letters.')).toBe('sixteen letters.');
  expect(assetSymbol('seventeen letters')).toBe('seventeen lette…');
});

test('an asset whose contract says nothing that shows is not called so', () => {
  for (const said of ['', '  ', '\u200b', '\u00a0\u3000', '\u0000']) expect(assetSymbol(said)).toBeUndefined();
});

test('no contract is ETH, however it writes that', () => {
  for (const said of ['ETH', 'eth', ' Eth ', 'E\u200bTH', 'ＥＴＨ', 'E T H']) expect(assetSymbol(said)).toBeUndefined();
});
