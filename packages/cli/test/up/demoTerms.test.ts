import { parsePolicy } from '@kedge/core';
import { expect, test } from 'vitest';
import { tokenizerPin } from '../../../gateway/src/tokens/tokenizerPin.js';
import { developmentAccount } from '../../src/accounts/developmentAccount.js';
import { boughtUnits, demoPolicy } from '../../src/up/demoTerms.js';

const policy = demoPolicy(developmentAccount('operator').address, ['kedge-docs']);

test('the policy is valid and pins the tokenizer that the gateway counts with', () => {
  expect(parsePolicy(policy).tokenizer).toEqual(tokenizerPin());
});

test('what the consumer buys lasts for 300 calls of 100 tokens in and 1,000 out', () => {
  const { input_tokens, output_tokens } = policy.rates;
  expect(300n * (100n * BigInt(input_tokens!) + 1_000n * BigInt(output_tokens!))).toBeLessThanOrEqual(boughtUnits);
});
