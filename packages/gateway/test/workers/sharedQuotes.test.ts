import { expect, test } from 'vitest';
import { createSharedQuotes } from '../../src/workers/createSharedQuotes.js';
import { testPolicy } from '../support/createTestSetup.js';
import { oracleTerms, signQuote } from '../support/rateOracle.js';

const policy = testPolicy(oracleTerms);

test('a worker that begins learns of a number that was signed twice, however many workers found the first quote', async () => {
  const shared = createSharedQuotes();
  const first = await signQuote(policy);
  const { input_tokens: input = '', output_tokens: output = '' } = first.quote.rates;
  const again = { ...first, quote: { ...first.quote, rates: { output_tokens: output, input_tokens: input } } };
  const other = await signQuote(policy, { observedAt: first.quote.observedAt - 1n });
  for (const quote of [first, again, other, other]) shared.add(quote);
  expect(shared.newest()).toEqual([first, other]);
  const next = await signQuote(policy, { sequence: 2n });
  for (const quote of [next, first]) shared.add(quote);
  expect(shared.newest()).toEqual([next]);
});
