import { BaseError } from '@kedge/core';
import type { KedgeClient, Wallet } from '@kedge/sdk';
import { UserRejectedRequestError, BaseError as ViemError } from 'viem';
import type { Progress, Transaction } from './transaction.js';

type Report = (progress: Progress) => void;

/** Carries a transaction out and reports each step. Resolves when it is over, whatever became of it. */
export async function runTransaction(
  { run }: Transaction,
  writer: (watch: (wallet: Wallet) => Wallet) => Promise<KedgeClient>,
  report: Report,
): Promise<void> {
  let step: 'checking' | 'signing' | 'mining' = 'checking';
  let hash: `0x${string}` | undefined;
  const watched = (wallet: Wallet): Wallet => ({
    ...wallet,
    writeContract: async (parameters) => {
      step = 'signing';
      report({ at: 'signing' });
      hash = await wallet.writeContract(parameters as never);
      step = 'mining';
      report({ at: 'mining', hash });
      return hash;
    },
  });
  report({ at: 'checking' });
  try {
    const message = await run(await writer(watched));
    report({ at: 'done', hash, message });
  } catch (error) {
    const told = isRejection(error) ? rejected(hash) : error;
    const mayTryAgain = hash === undefined && !(error instanceof BaseError && error.code === 'transaction_unsure');
    report({ at: 'failed', step, error: told, hash, mayTryAgain });
  }
}

function isRejection(error: unknown): boolean {
  const inner = error instanceof BaseError ? error.cause : error;
  return inner instanceof ViemError && inner.walk((cause) => cause instanceof UserRejectedRequestError) !== null;
}

/** `sent`: the transaction before it, where it was not the first. */
function rejected(sent: string | undefined): BaseError {
  const hint =
    sent === undefined
      ? 'Nothing was sent, and nothing has changed.'
      : 'What you signed before it was sent, and stands: see what came of it before you begin anew.';
  return new BaseError('You declined it in your wallet.', { code: 'rejected', hints: [hint] });
}
