import { BaseError, type Address } from '@kedge/core';
import { isDevelopmentAddress } from './developmentAccount.js';
import { developmentChainId } from './roles.js';

/**
 * Refuses to name a development account as an operator on any other chain: everybody has its key, and could take what
 * channels lock to it.
 *
 * @throws BaseError `development_key`
 */
export function requireOwnOperators(chainId: number, operators: readonly Address[]): void {
  if (chainId === developmentChainId) return;
  const known = operators.find(isDevelopmentAddress);
  if (known === undefined) return;
  throw new BaseError(`Operator ${known} is a development account, whose key is public; this is chain ${chainId}.`, {
    code: 'development_key',
    hints: [
      'Anyone could take what channels lock to it: name the address that the gateway signs with.',
      'See yours: kedge account list',
    ],
  });
}
