import { expect, test } from 'vitest';
import { channelPace } from '../src/index.js';

test('R9: a capped channel gives half at once and the rest within half an hour, a strict one has no limit', () => {
  expect(channelPace({ mode: 'capped', cap: 7_201n })).toEqual({ rate: 3n, burst: 3_601n });
  expect(channelPace({ mode: 'capped', cap: 1n })).toEqual({ rate: 1n, burst: 1n });
  expect(channelPace({ mode: 'strict', cap: 7_201n })).toEqual({ rate: 0n, burst: 0n });
  expect(channelPace({ mode: 'strict', cap: 7_201n, rate: 5n })).toEqual({ rate: 5n, burst: 3_601n });
  expect(channelPace({ mode: 'capped', cap: 2n ** 80n })).toEqual({ rate: 2n ** 64n - 1n, burst: 2n ** 64n - 1n });
});
