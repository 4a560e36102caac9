import { expect, test } from 'vitest';
import { expiryOf } from '../src/pages/tokens/expiryOf.js';
import { showMoment } from '../src/ui/format.js';

const expireAt = 1_800_000_000;
const [before, after] = [expireAt, expireAt + 1];
const value = { expireAt, share: 0n, shareState: 'none', shareExpireAt: 0 } as const;
const share = { expireAt, share: 5n, shareState: 'active', shareExpireAt: expireAt } as const;

test('a token without an expiry, and one that ends with all that is on it', () => {
  expect(expiryOf({ ...value, expireAt: 0 }, after)).toEqual({ text: 'never expires', isOver: false });
  for (const token of [value, share]) {
    expect(expiryOf(token, before)).toEqual({ text: `expires ${showMoment(expireAt)}`, isOver: false });
    expect(expiryOf(token, after)).toEqual({ text: `expired ${showMoment(expireAt)}`, isOver: true });
  }
});

test('P21: of a token whose share outlives it the use ends, and nothing is over, until the share is retired', () => {
  const outliving = { ...share, shareExpireAt: 0 };
  expect(expiryOf(outliving, before)).toEqual({
    text: `use ends ${showMoment(expireAt)}, the share stays`,
    isOver: false,
  });
  expect(expiryOf(outliving, after)).toEqual({
    text: `use ended ${showMoment(expireAt)}, the share stays`,
    isOver: false,
  });
  expect(expiryOf({ ...outliving, shareState: 'ended' }, after).isOver).toBe(true);
});
