import { BaseError, isSameAddress, zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { payInto } from '../payInto.js';
import { refusalOf, sentOf, writeContract } from '../writeContract.js';

export type PostBondParameters = {
  /** Smallest units of the asset. */
  readonly amount: bigint;
  /** Zero address (default): ETH. A holder is paid only from a bond in the asset that its value was bought with. */
  readonly asset?: Address;
  /** Whose bond it is. Default: the wallet's account. */
  readonly operator?: Address;
  /** Unix seconds. The bond stays until a week after: cover the deadlines and graces of the channels that you serve. */
  readonly coverUntil?: bigint;
};

/**
 * Posts money that an operator loses when it signs two receipts with one number (R26), and promises how long it stays.
 *
 * @throws BaseError `OperatorBondWrongPromise`, `promise_not_own` for a promise of another account, `insufficient_funds`, `contract_missing` where the deployment is older.
 *
 * @example
 * const { bonded } = await postBond(client, { amount: 10n ** 18n, coverUntil: deadline + 86_400n });
 */
export async function postBond(
  client: WriteClient,
  parameters: PostBondParameters,
): Promise<Sent & { readonly bonded: bigint }> {
  const { amount, asset = zeroAddress, operator = client.walletClient.account.address, coverUntil } = parameters;
  const bond = operatorBondOf(client.deployment);
  const promise = { ...bond, functionName: 'coverUntil', args: [asset, coverUntil ?? 0n] } as const;
  if (coverUntil !== undefined) {
    requireOwn(operator, client.walletClient.account.address);
    // Found out before anything is posted.
    const refusal = await refusalOf(client, promising, promise);
    if (refusal !== undefined) throw refusal;
  }
  const receipt = await payInto(
    client,
    'post the bond',
    { asset, amount },
    {
      ...bond,
      functionName: 'post',
      args: [operator, asset, amount],
    },
  );
  const { bonded } = eventArgs(bond, receipt, 'BondPosted');
  if (coverUntil !== undefined) {
    await writeContract(client, promising, promise).catch((error: unknown) => {
      if (!(error instanceof BaseError)) throw error;
      // Who only hears that the promise failed posts again.
      throw error.with({ message: `The bond is posted. ${error.shortMessage}`, values: { bonded } });
    });
  }
  return { ...sentOf(receipt), bonded };
}

const promising = 'promise how long the bond stays';

/** A promise is of the wallet's own bond, whoever's bond it posts. */
function requireOwn(operator: Address, account: Address): void {
  if (isSameAddress(operator, account)) return;
  throw new BaseError('Only an operator itself promises how long its bond stays.', {
    code: 'promise_not_own',
    values: { operator, account },
    hints: ['Post without coverUntil, or with the wallet of the operator.'],
  });
}
