import type { Address, Hex } from '@kedge/core';
import type { WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';
import { signTypedData } from '../signTypedData.js';
import { scopeOf, type UsageAllowance } from './approveUsage.js';

/** What `permitUsage` takes: anyone may send it. */
export type SignedUsagePermit = UsageAllowance & {
  readonly owner: Address;
  readonly deadline: bigint;
  readonly signature: Hex;
};

export type SignUsagePermitParameters = UsageAllowance & {
  /** Last second at which it works, Unix time. */
  readonly deadline: bigint;
};

const permitTypes = {
  UsagePermit: [
    { name: 'owner', type: 'address' },
    { name: 'scope', type: 'uint256' },
    { name: 'operator', type: 'address' },
    { name: 'units', type: 'uint64' },
    { name: 'expireAt', type: 'uint64' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

/**
 * Signs an allowance for use (P13) over the wallet's next nonce, so that somebody else pays for its transaction:
 * {@link permitUsage}. The next permit of the account that is sent voids it.
 *
 * @example
 * const signedPermit = await signUsagePermit(client, { tokenId, operator, units: 1_000n, deadline });
 */
export async function signUsagePermit(
  client: WriteClient,
  parameters: SignUsagePermitParameters,
): Promise<SignedUsagePermit> {
  const { operator, units, deadline, expireAt = 0n } = parameters;
  const { account } = client.walletClient;
  const token = tokenOf(client.deployment);
  const nonce = await reading(client, 'read the nonce of permits', (chain) =>
    chain.readContract({ ...token, functionName: 'nonces', args: [account.address] }),
  );
  const signature = await signTypedData(client, 'sign the permit', {
    domain: {
      name: 'Kedge DataAnchoringToken',
      version: '1',
      chainId: client.deployment.chainId,
      verifyingContract: token.address,
    },
    types: permitTypes,
    primaryType: 'UsagePermit',
    message: { owner: account.address, scope: scopeOf(parameters), operator, units, expireAt, nonce, deadline },
  });
  return { ...parameters, owner: account.address, signature };
}
