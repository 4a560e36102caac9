import { dataAnchoringTokenAbi, type Address } from '@kedge/core';
import { toChainError, type TokenView } from '@kedge/sdk';
import type { Connection } from './connect.js';
import type { Asset } from './readAsset.js';
import { assetsIn, readClassAssets } from './readAssets.js';

/** What a class was ever paid in, by whether it can be paid out now. */
type EarnedAssets = { readonly payable: readonly Asset[]; readonly stuck: readonly Asset[] };

/** The most gas that is spent on moving assets which somebody else chose: their code takes as much as it is given. */
export function gasOfPayments(transfers: number, tokens = transfers): bigint {
  return 500_000n * BigInt(transfers) + 60_000n * BigInt(tokens);
}

/** The same where something is done with a token after its holder was paid. */
export const gasAfterPayments = (transfers: number): bigint => gasOfPayments(transfers + 1);

/** What was left, in the result of a command. */
export const stuckInJson = (stuck: readonly Asset[]) => stuck.map(({ address }) => ({ asset: address }));

/** In which assets the holder of a token can be paid what it earned. */
export function claimableAssets(connection: Connection, token: TokenView): Promise<EarnedAssets> {
  const { tokenId, classId, holder } = token;
  return payableAssets(connection, classId, (asset) => ({
    address: connection.contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    functionName: 'claim',
    args: [tokenId, asset, holder],
    account: holder,
  }));
}

/**
 * Tries what pays out each asset that a class was ever paid in. Anyone can pay it in one that gives nothing out, or only for very
 * much gas: that must not keep a token where it is.
 *
 * @param paymentOf The call that pays an asset out.
 */
export async function payableAssets(
  connection: Connection,
  classId: bigint,
  paymentOf: (asset: Address) => object,
): Promise<EarnedAssets> {
  const assets = await assetsIn(connection, (await readClassAssets(connection, [classId])).values());
  const isPayable = await Promise.all(
    assets.map(async ({ address }) => {
      try {
        const gas = await connection.client.publicClient.estimateContractGas(paymentOf(address) as never);
        return gas <= gasOfPayments(1);
      } catch (thrown) {
        const error = toChainError(thrown, 'find out what can be paid');
        if (error.kind === 'transient') throw error;
        return false;
      }
    }),
  );
  return { payable: assets.filter((_, at) => isPayable[at]), stuck: assets.filter((_, at) => !isPayable[at]) };
}
