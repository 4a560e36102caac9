import { zeroAddress, type Address } from '@kedge/core';
import { expect, test } from 'vitest';
import type { Overview } from '../src/chain/readOverview.js';
import { briefAmount, briefText, humanDate, humanDuration, humanMoment } from '../src/human.js';
import { statusText } from '../src/statusText.js';

const holder: Address = `0x${'a1'.repeat(20)}`;
const operator: Address = `0x${'b2'.repeat(20)}`;
const coin: Address = `0x${'c3'.repeat(20)}`;
const wei = 123_456_789_012_345_678n;
const tokenId = (7n << 64n) | (0x80000001n << 32n) | 1n;
const shareId = (7n << 64n) | (1n << 32n) | 1n;
const revenue = { classId: 7n, received: wei, royaltiesReserved: 0n, royaltiesPaid: wei, claimed: wei, orphan: wei };
const terms = { classId: 7n, lot: 0x80000001, policyVersion: 1, operatorBps: 0, expiredToClass: false };
const token = { classId: 7n, serial: 1, holder, nonTransferable: false, policy: { version: 1, hash: '0x' } } as const;

/** Everything as wide as it comes on a chain that is not the local one. */
const wide: Overview = {
  assets: [
    { address: zeroAddress, symbol: 'ETH', name: 'ETH', decimals: 18 },
    { address: coin, symbol: 'a symbol of 19 long', name: '', decimals: 18 },
  ],
  classes: [
    {
      classId: 7n,
      kind: 'dataset',
      name: 'A name that is much longer than anybody would choose it',
      issuer: holder,
      unitDecimals: 6,
      totalShare: 12_345_678n,
      shareCap: 0n,
      sharesFrozenFrom: 0n,
      dilutable: true,
      sharesOutliveExpiry: false,
      policyVersion: 1,
      parents: [1n, 2n, 3n].map((classId) => ({ classId, royaltyBps: 1_250, accepted: true })),
      revenue: [zeroAddress, coin].map((asset) => ({
        ...revenue,
        asset,
        backing: wei,
        royaltiesDue: [{ parentId: 1n, amount: 5n }],
      })),
      lots: [
        {
          ...terms,
          asset: coin,
          price: { numerator: wei, denominator: 1n },
          refundable: true,
          seller: holder,
          outstanding: 0n,
          spent: 99_999_999_123_456n,
          escrow: wei,
          listing: { open: true, supply: 99_999_999_123_456n, expireAt: 0n },
          plan: {
            open: true,
            supply: 99_999_999_123_456n,
            minUnits: 99_999_999_000_000n,
            exact: true,
            duration: 365 * 86_400,
            expireAt: 2_000_000_000n,
            lotBefore: 0x80000001,
            currentLot: 0x80000001,
            currentOpen: true,
          },
        },
      ],
    },
  ],
  tokens: [
    {
      ...token,
      tokenId,
      lot: 0x80000001,
      value: 99_999_999_123_456n,
      shareRatio: 0n,
      expireAt: 2_000_000_000n,
      shareExpireAt: 2_000_000_000n,
      pendingRevenue: 0n,
      lockedUnits: 99_999_999_123_456n,
      usedUnits: 99_999_999_123_456n,
      claimable: [],
    },
    {
      ...token,
      tokenId: shareId,
      lot: 1,
      value: 0n,
      shareRatio: 12_345_678n,
      expireAt: 2_000_000_000n,
      shareExpireAt: 2_000_000_000n,
      pendingRevenue: wei,
      lockedUnits: 0n,
      usedUnits: 0n,
      claimable: [
        { asset: zeroAddress, amount: wei },
        { asset: coin, amount: wei },
      ],
    },
  ],
  channels: [true, false].map((open) => ({
    channelId: `0x${'d4'.repeat(32)}` as const,
    tokenId,
    holder,
    operator,
    mode: 'capped' as const,
    open,
    cap: wei,
    capturedUnits: 99_999_999_123_456n,
    remainingUnits: 99_999_999_123_456n,
    channelKey: operator,
    rate: 1n,
    burst: 1n,
    deadline: 2_000_000_000n,
    grace: 86_400,
    salt: `0x${'00'.repeat(32)}` as const,
  })),
  revocations: [
    { tokenId, holder, effectiveAt: 2_000_000_000n, appealed: true, reason: 'a reason that is told at great length' },
  ],
  owed: [{ account: operator, asset: coin, amount: wei }],
};

test('kedge status fits 100 columns on any chain, and says what it leaves out', () => {
  const lines = statusText(1, wide);
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
  const text = lines.join('\n');
  for (const shown of [
    '0.123456789…',
    '99,999,999.…',
    '12,345,678',
    '1 (12.5 %)',
    '3 (12.5 %)',
    '0xa1a1…a1a1',
    '2033-05-18',
    'closed',
    'dilutable',
    '99,999,999 exactly  365d       2033-05-18  now',
    '2033-05-18T03:33:20Z  appealed   a reason that is told a…',
  ])
    expect(text).toContain(shown);
  expect(text).toContain(String(tokenId));
});

test('an asset is told from another of its name by its address, whole below the tables', () => {
  const lines = statusText(1, wide);
  expect(lines.filter((line) => line.includes('a symbol'))).toEqual([`  0xc3c3…c3c3  a symbol of 19 …  ${coin}`]);
  expect(lines.find((line) => line.includes('a unit'))).toContain('0xc3c3…c3c3 a unit');
  const unnamed = wide.assets.map((asset) => ({ ...asset, symbol: '0xc3c3c3c3…c3c3' }));
  expect(statusText(1, { ...wide, assets: unnamed })).toContain(`  0xc3c3…c3c3  -       ${coin}`);
  const fewer = statusText(1, { ...wide, assets: wide.assets.slice(0, 1) });
  expect(fewer).not.toContain('ASSETS');
});

test('a price below the smallest unit of its asset is not shown as none', () => {
  const [sold] = wide.classes;
  const [lot] = sold!.lots;
  const cheap = { ...lot!, price: { numerator: 1n, denominator: 2_000n } };
  const lines = statusText(1, { ...wide, classes: [{ ...sold!, unitDecimals: 0, lots: [cheap] }] });
  expect(lines.find((line) => line.includes('a unit'))).toContain(' 0.0000000000000000000005 ');
});

test('a token is among the tokens, the shares or both, by what it has', () => {
  const [, share] = wide.tokens;
  const idsBelow = (heading: string, overview: Overview): string[] => {
    const lines = statusText(1, overview);
    const rows = lines.slice(lines.indexOf(heading) + 2);
    return lines.includes(heading) ? rows.slice(0, rows.indexOf('')).map((row) => row.trim().split(' ')[0]!) : [];
  };
  const only = (change: object): Overview => ({ ...wide, tokens: [{ ...share!, claimable: [], ...change }] });
  const id = String(shareId);
  for (const [change, inTokens, inShares] of [
    [{}, [], [id]],
    [{ value: 1n }, [id], [id]],
    [{ shareRatio: 0n }, [id], []],
    [{ shareRatio: 0n, claimable: [{ asset: coin, amount: 1n }] }, [id], [id]],
  ] as const) {
    expect(idsBelow('TOKENS', only(change))).toEqual(inTokens);
    expect(idsBelow('SHARES', only(change))).toEqual(inShares);
  }
});

test('an amount keeps its whole part, and shows that digits are missing', () => {
  expect(briefAmount(1_234_567_890_123n, 0)).toBe('1,234,567,890,123');
  expect(briefAmount(1_000_000_500n, 3)).toBe('1,000,000.5');
  expect(briefAmount(12_345_678_901n, 3)).toBe('12,345,678.…');
  expect(briefAmount(1_234_567_890_123_999n, 3)).toBe('1,234,567,890,123.…');
  expect(briefAmount(1n, 18)).toBe('0.000000000…');
});

test('a name of somebody else steers no terminal', () => {
  expect(briefText('\u001b[2Jclear\u202eabc', 20)).toBe('\ufffd[2Jclear\ufffdabc');
  expect(briefText('🙂'.repeat(9), 4)).toBe('🙂🙂🙂…');
});

test('a duration is shown as it is typed', () => {
  expect([30 * 86_400, 36 * 3_600, 90 * 60, 61].map(humanDuration)).toEqual(['30d', '36h', '90m', '61s']);
});

test('a moment that no calendar has is said in words', () => {
  expect([0n, 1_800_000_000n, 8_640_000_000_000n, 8_640_000_000_001n, 2n ** 64n - 1n].map(humanMoment)).toEqual([
    'never',
    '2027-01-15T08:00:00Z',
    '+275760-09-13T00:00:00Z',
    'beyond all dates',
    'beyond all dates',
  ]);
  expect(humanDate(2n ** 64n - 1n)).toBe('beyond all dates');
});
