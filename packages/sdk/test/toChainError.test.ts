import { expect, test } from 'vitest';
import { toChainError } from '../src/index.js';
import { addressOf } from './fixture.js';

test('who cannot pay is named where it is known, and else nothing is said of it', () => {
  const cause = new Error('insufficient funds for gas * price + value');
  const account = addressOf('consumer');
  expect(toChainError(cause, 'buy value', account)).toMatchObject({ code: 'insufficient_funds', values: { account } });
  const { code, values, message } = toChainError(cause, 'read the chain');
  expect([code, values]).toEqual(['insufficient_funds', {}]);
  expect(message).not.toContain('undefined');
});
