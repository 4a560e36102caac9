import { BaseError } from '@kedge/core';
import type { WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';
import { classOptionsToAbi, classTermsToAbi, type CreateClassParameters } from './createClass.js';

/**
 * Asks the chain whether the wallet's account could create a class with these terms now, and pay for it. Sends nothing: for who
 * has long work to do before {@link createClass}.
 *
 * @throws BaseError `insufficient_funds`, and what {@link createClass} throws.
 *
 * @example
 * await checkClassTerms(client, { kind: 'dataset', metadataURI: '', integrityHash: zeroHash });
 */
export async function checkClassTerms(client: WriteClient, parameters: CreateClassParameters): Promise<void> {
  const { account } = client.walletClient;
  const call = {
    ...tokenOf(client.deployment),
    functionName: 'createClassWithOptions',
    args: [classTermsToAbi(parameters), classOptionsToAbi(parameters.options ?? {})],
    account,
  } as const;
  const [gas, price, balance] = await reading(client, 'create the class', (chain) =>
    Promise.all([
      chain.estimateContractGas(call as never),
      chain.getGasPrice(),
      chain.getBalance({ address: account.address }),
    ]),
  );
  if (balance >= gas * price) return;
  throw new BaseError('Could not create the class: the account cannot pay for it.', {
    code: 'insufficient_funds',
    values: { account: account.address, balance, needed: gas * price },
    hints: ['Send the account some of the chain’s own coin, or sign with another account.'],
  });
}
