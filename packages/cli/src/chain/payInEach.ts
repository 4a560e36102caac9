import { BaseError } from '@kedge/core';
import type { Context } from '../context.js';
import { exitCodes } from '../output.js';
import { toBaseError } from '../toBaseError.js';
import type { Asset } from './readAsset.js';

/** An asset in which not all could be paid, and why. */
export type Unpaid = { readonly asset: Asset; readonly error: BaseError };

/**
 * Pays in one asset after the other. Anyone can settle in an asset of their own, which refuses what it likes: that keeps nobody
 * from the others, nor from hearing what was paid. Only a chain that does not answer ends it early.
 *
 * @param payIn yields each payment once it is made
 */
export async function payInEach<payment>(
  assets: readonly Asset[],
  payIn: (asset: Asset) => AsyncIterable<payment>,
): Promise<{ readonly paid: readonly payment[]; readonly unpaid: readonly Unpaid[] }> {
  const paid: payment[] = [];
  const unpaid: Unpaid[] = [];
  for (const asset of assets) {
    try {
      for await (const payment of payIn(asset)) paid.push(payment);
    } catch (thrown) {
      const error = toBaseError(thrown);
      if (!(error instanceof BaseError)) throw thrown;
      unpaid.push({ asset, error });
      if (error.kind === 'transient') break;
    }
  }
  return { paid, unpaid };
}

/** Says in which assets not all was paid, after what was; the exit code of the command. */
export function sayUnpaid({ output }: Pick<Context, 'output'>, unpaid: readonly Unpaid[]): number {
  const codes = unpaid.map(({ asset, error }) =>
    output.error(
      error.with({
        message: `Not all is paid in ${asset.symbol}. ${error.shortMessage}`,
        values: { asset: asset.address },
        hints: [...error.hints, 'What is paid in other assets stands. Run it again for the rest.'],
      }),
    ),
  );
  return codes[0] ?? exitCodes.ok;
}
