import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type CreateLotParameters = {
  readonly classId: bigint;
  /** What buyers pay with; zero address (default): ETH. */
  readonly asset?: Address;
  /** Smallest units of the asset for `denominator` base units of value. */
  readonly price: { readonly numerator: bigint; readonly denominator: bigint };
  /** Basis points of released backing for the channel's operator (R3). */
  readonly operatorBps: number;
  /** Whether holders may return unspent value before expiry. Default true. */
  readonly refundable?: boolean;
  /** What expires unspent becomes revenue of the class, instead of refundable. Default false (P33). */
  readonly expiredToClass?: boolean;
  /** Who may mint from the lot. Default: the deployment's market. */
  readonly seller?: Address;
};

/**
 * Creates a backed lot under the current policy of the wallet's own class.
 *
 * @throws BaseError `DATNotIssuer`, `DATPolicyWithoutHash`, `DATInvalidLotTerms`.
 *
 * @example
 * const { lot } = await createLot(client, { classId, price: { numerator: 10n ** 12n, denominator: 1n }, operatorBps: 2_000 });
 */
export async function createLot(
  client: WriteClient,
  parameters: CreateLotParameters,
): Promise<Sent & { readonly lot: number; readonly policyVersion: number }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'create the lot', {
    ...token,
    functionName: 'createLot',
    args: [
      parameters.classId,
      {
        asset: parameters.asset ?? zeroAddress,
        priceNumerator: parameters.price.numerator,
        priceDenominator: parameters.price.denominator,
        operatorBps: parameters.operatorBps,
        refundable: parameters.refundable ?? true,
        expiredToClass: parameters.expiredToClass ?? false,
        seller: parameters.seller ?? client.deployment.contracts.ValueMarket,
      },
    ],
  });
  const { lot, policyVersion } = eventArgs(token, receipt, 'LotCreated');
  return { ...sentOf(receipt), lot, policyVersion };
}
