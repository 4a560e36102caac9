import { BaseError } from '@kedge/core';
import { expect, test } from 'vitest';
import { afterDone } from '../src/chain/afterDone.js';

test('the error of a later step names what the earlier ones made, and how to go on', async () => {
  const reverted = new BaseError('It reverted.', {
    code: 'transaction_reverted',
    values: { lot: 1 },
    hints: ['Wait.'],
  });
  const failed = await afterDone(Promise.reject(reverted), { classId: 3n }, 'Go on with: kedge lot create 3 10').catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({
    shortMessage: 'It reverted.',
    code: 'transaction_reverted',
    values: { classId: 3n, lot: 1 },
    hints: ['Go on with: kedge lot create 3 10', 'Wait.'],
    cause: reverted,
  });
  expect(await afterDone(Promise.resolve(1), { classId: 3n }, '')).toBe(1);
});
