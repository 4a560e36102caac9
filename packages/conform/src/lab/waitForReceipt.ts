import { BaseError, type Hex } from '@kedge/core';
import { TransactionReceiptNotFoundError, type PublicClient, type TransactionReceipt } from 'viem';

const firstPollMilliseconds = 4;
const longestPollMilliseconds = 1_000;
const patienceMilliseconds = 300_000;

/**
 * The receipt of a transaction, asked for until it is there. A chain that makes blocks only for transactions gives no
 * second block to be woken by, so waiting for blocks could wait for ever.
 *
 * @throws BaseError `no_block`.
 */
export async function waitForReceipt(client: PublicClient, hash: Hex): Promise<TransactionReceipt> {
  const deadline = Date.now() + patienceMilliseconds;
  for (let wait = firstPollMilliseconds; ; wait = Math.min(wait * 2, longestPollMilliseconds)) {
    try {
      return await client.getTransactionReceipt({ hash });
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
    }
    if (Date.now() > deadline) {
      throw new BaseError(
        `A transaction was sent ${patienceMilliseconds / 1_000} seconds ago, and is not in a block yet.`,
        {
          code: 'no_block',
          kind: 'transient',
          values: { transactionHash: hash },
          hints: [
            'See to it that the chain makes blocks, or wait until it is less busy, and run it again.',
            'What the throw-away accounts were sent the next run gives back.',
          ],
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
