import { expect, test } from 'vitest';
import * as z from 'zod';
import { indexerPath, indexerRoutes, readIndexerAnswer, zeroAddress } from '../src/index.js';

test('the path of a request holds its parameters, escaped, and the rest as query', () => {
  expect(indexerPath('explainClaim', { tokenId: 1n << 64n, asset: zeroAddress, limit: 5 })).toBe(
    `/explain/claim/18446744073709551616/${zeroAddress}?limit=5`,
  );
  expect(indexerPath('classes', { text: 'a b&c', format: 'csv' })).toBe('/classes?text=a%20b%26c&format=csv');
  expect(indexerPath('status', {})).toBe('/progress');
});

test('an answer is read with its integers as bigints, exact beyond 2^53', () => {
  const wire = {
    account: zeroAddress,
    totals: [{ asset: zeroAddress, claimable: '9007199254740993', claimableCount: 1, claimed: '0', owed: '1' }],
    tokens: [],
    next: null,
    fieldOfLaterVersion: true,
  };
  expect(readIndexerAnswer('earnings', wire).totals[0]?.claimable).toBe(9007199254740993n);
});

test('an answer that lacks a field is refused, and the error names the field', () => {
  expect(() =>
    readIndexerAnswer('earnings', { account: zeroAddress, totals: [{ asset: zeroAddress }], tokens: [] }),
  ).toThrowError(/totals\.0\.claimable/);
});

test('every route has a JSON schema, and every parameter of its path a field', () => {
  for (const [name, route] of Object.entries(indexerRoutes)) {
    const answer = z.toJSONSchema(route.answer, { io: 'input', unrepresentable: 'any' });
    expect(answer, name).toHaveProperty('type', 'object');
    const named = [...route.path.matchAll(/:(\w+)/g)].map(([, field]) => field);
    expect('params' in route ? Object.keys(route.params.shape) : [], name).toEqual(named);
  }
});
