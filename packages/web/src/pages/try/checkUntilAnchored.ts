import { BaseError, type ReceiptCheck } from '@kedge/core';

/** What is known of a receipt: its checks, and why it could not be checked when that was last tried. */
export type ReceiptNews = { readonly checks?: readonly ReceiptCheck[]; readonly error: BaseError | undefined };

const shortestPause = 1_000;
const longestPause = 60_000;
const growth = 1.25;

/**
 * Checks a receipt until its batch is anchored, less and less often: a chain may take minutes, and what is needed be away for longer.
 *
 * @param sleep waits before it is checked again
 */
export async function checkUntilAnchored(
  check: () => Promise<readonly ReceiptCheck[]>,
  onNews: (news: ReceiptNews) => void,
  sleep: (milliseconds: number) => Promise<void> = (milliseconds) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds)),
): Promise<void> {
  for (let pause = shortestPause; ; pause = Math.min(pause * growth, longestPause)) {
    try {
      const checks = await check();
      onNews({ checks, error: undefined });
      if (checks.some(({ name }) => name === 'anchor')) return;
    } catch (cause) {
      onNews({ error: unchecked(cause) });
    }
    await sleep(pause);
  }
}

function unchecked(cause: unknown): BaseError {
  return new BaseError('The receipt cannot be checked now.', {
    code: 'receipt_unchecked',
    kind: 'transient',
    hints: [
      `${cause instanceof Error ? cause.message : String(cause)}: the chain or the content store does not say what is needed.`,
      'kedge verify checks the whole receipt at any time.',
    ],
    cause,
  });
}
