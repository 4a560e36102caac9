import { zeroAddress } from '@kedge/core';
import { parseAbi, parseSignature } from 'viem';
import type { WriteClient } from '../client.js';
import { permitBuyerOf, tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { reading } from '../reading.js';
import { signTypedData } from '../signTypedData.js';
import { sentOf, writeContract } from '../writeContract.js';
import type { BuyValueParameters, BuyValueReturn } from './buyValue.js';
import { notErc20, requireSelling } from './signPurchase.js';

const assetAbi = parseAbi([
  'function name() view returns (string)',
  'function nonces(address owner) view returns (uint256)',
]);

const permitTypes = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

export type BuyValueByPermitParameters = BuyValueParameters & {
  /** Last second at which the permit works, Unix time. */
  readonly deadline: bigint;
  /** EIP-712 version of the asset, where it is not "1". */
  readonly assetVersion?: string;
};

/**
 * Buys value of a lot that is priced in an ERC-20 with ERC-2612: the wallet signs an allowance of exactly the price
 * instead of sending it, so that one transaction buys.
 *
 * @throws BaseError `PermitBuyerNotErc20` for a lot in ETH, `PermitBuyerTooExpensive`, those of `buyValue`, and
 * `ERC20InsufficientAllowance` where the asset refuses the permit.
 *
 * @example
 * const { tokenId } = await buyValueByPermit(client, { classId, lot, units: 1_000n, deadline });
 */
export async function buyValueByPermit(
  client: WriteClient,
  parameters: BuyValueByPermitParameters,
): Promise<BuyValueReturn> {
  const { classId, lot, units, deadline, assetVersion = '1' } = parameters;
  const { account } = client.walletClient;
  const { to = account.address } = parameters;
  const buyer = permitBuyerOf(client.deployment);
  const token = tokenOf(client.deployment);
  const { asset, seller, cost, name, nonce } = await reading(client, 'read the price of the lot', async (chain) => {
    const [[cost, asset], info] = await Promise.all([
      chain.readContract({ ...token, functionName: 'lotQuoteUp', args: [classId, lot, units] }),
      chain.readContract({ ...token, functionName: 'lotInfo', args: [classId, lot] }),
    ]);
    if (asset === zeroAddress) throw notErc20(classId, lot);
    await requireSelling(chain, { classId, lot, seller: info.terms.seller });
    const [name, nonce] = await Promise.all([
      chain.readContract({ address: asset, abi: assetAbi, functionName: 'name' }),
      chain.readContract({ address: asset, abi: assetAbi, functionName: 'nonces', args: [account.address] }),
    ]);
    return { asset, seller: info.terms.seller, cost, name, nonce };
  });
  const signature = await signTypedData(client, 'sign the permit', {
    domain: { name, version: assetVersion, chainId: client.deployment.chainId, verifyingContract: asset },
    types: permitTypes,
    primaryType: 'Permit',
    message: { owner: account.address, spender: buyer.address, value: cost, nonce, deadline },
  });
  const { r, s, yParity } = parseSignature(signature);
  const purchase = { market: seller, classId, lot, units, to, maxCost: parameters.maxCost ?? cost };
  const receipt = await writeContract(client, 'buy value by permit', {
    ...buyer,
    functionName: 'buyWithPermit',
    args: [purchase, { value: cost, deadline, v: 27 + yParity, r, s }],
  });
  const bought = eventArgs(buyer, receipt, 'BoughtByPermit');
  return { ...sentOf(receipt), tokenId: bought.tokenId, asset: bought.asset, cost: bought.cost };
}
