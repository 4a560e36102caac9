import { BaseError } from '@kedge/core';
import type { KedgeClient, Wallet } from '@kedge/sdk';
import { UserRejectedRequestError } from 'viem';
import { expect, test } from 'vitest';
import { runTransaction } from '../src/actions/runTransaction.js';
import type { Progress } from '../src/actions/transaction.js';

const first = `0x${'1'.repeat(64)}` as const;

/** Sends as many transactions as there are answers of the wallet: a hash, or what it throws. */
async function run(...answers: readonly (`0x${string}` | Error)[]): Promise<Progress> {
  const left = [...answers];
  const wallet = {
    writeContract: async () => {
      const answer = left.shift();
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as Wallet;
  const reports: Progress[] = [];
  await runTransaction(
    {
      title: 'Top up',
      effects: [],
      run: async (client) => {
        for (const _ of answers) await client.walletClient.writeContract({} as never);
        return 'done';
      },
    },
    async (watch) => ({ walletClient: watch(wallet) }) as KedgeClient,
    (progress) => reports.push(progress),
  );
  return reports.at(-1)!;
}

const declined = (): BaseError =>
  new BaseError('Could not merge.', { cause: new UserRejectedRequestError(new Error('User rejected')) });

test('what is declined at once was not sent, and may be tried again', async () => {
  const { error, ...failed } = (await run(declined())) as Progress & { at: 'failed' };
  expect(failed).toEqual({ at: 'failed', step: 'signing', hash: undefined, mayTryAgain: true });
  expect((error as BaseError).hints).toEqual(['Nothing was sent, and nothing has changed.']);
});

test('what is declined after a first transaction says that this one stands, and is not tried again: it would be paid twice', async () => {
  const { error, ...failed } = (await run(first, declined())) as Progress & { at: 'failed' };
  expect(failed).toEqual({ at: 'failed', step: 'signing', hash: first, mayTryAgain: false });
  expect((error as BaseError).hints).toEqual([expect.stringContaining('was sent, and stands')]);
});

test('what a node may have taken is not tried again', async () => {
  const unsure = new BaseError('Could not buy value for sure.', { code: 'transaction_unsure' });
  expect(await run(unsure)).toEqual({
    at: 'failed',
    step: 'signing',
    error: unsure,
    hash: undefined,
    mayTryAgain: false,
  });
});
