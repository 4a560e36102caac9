import { parsePolicy } from '@kedge/core';
import { expect, test } from 'vitest';
import { developmentAccount } from '../../src/accounts/developmentAccount.js';
import { boughtUnits, demoPolicy } from '../../src/up/demoTerms.js';

const policy = demoPolicy(developmentAccount('operator').address, ['kedge-docs']);

test('the policy is valid', () => {
  expect(parsePolicy(policy)).toEqual(policy);
});

test('what the consumer buys lasts for 300 calls of 100 tokens in and 1,000 out', () => {
  const { input_tokens, output_tokens } = policy.rates;
  expect(300n * (100n * BigInt(input_tokens!) + 1_000n * BigInt(output_tokens!))).toBeLessThanOrEqual(boughtUnits);
});
