import { BaseError, type ProtocolDomain } from '@kedge/core';
import type { Connection } from './chain/connect.js';
import type { Target } from './target.js';

/**
 * Signatures count for one chain and contract, so these must be known; the chain itself need not answer.
 *
 * @param what is signed, as the error names it: `A receipt`
 * @throws BaseError `no_contracts`
 */
export function signedDomain(
  { contracts, chainId }: Pick<Target, 'contracts' | 'chainId'>,
  connection: Pick<Connection, 'chainId'> | undefined,
  what: string,
): ProtocolDomain {
  const id = chainId ?? connection?.chainId;
  if (contracts !== undefined && id !== undefined) return { chainId: id, verifyingContract: contracts.ValueChannels };
  throw new BaseError(`${what} is signed for one chain and contract, and none is named.`, {
    code: 'no_contracts',
    hints: ['Run it in the folder of the local stack, or pass --contracts contracts.json (the chain need not answer).'],
  });
}
