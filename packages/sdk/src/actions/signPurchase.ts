import { BaseError, zeroAddress, type Address, type Hex } from '@kedge/core';
import type { ChainReader, WriteClient } from '../client.js';
import { permitBuyerOf, tokenOf } from '../contracts.js';
import { reading } from '../reading.js';
import { signTypedData } from '../signTypedData.js';
import type { BuyValueParameters } from './buyValue.js';

/** What `PermitBuyer.buyWithPermit2` takes: anyone may send it. */
export type SignedPurchase = {
  readonly purchase: {
    readonly market: Address;
    readonly classId: bigint;
    readonly lot: number;
    readonly units: bigint;
    readonly to: Address;
    readonly maxCost: bigint;
  };
  readonly payer: Address;
  readonly permit: {
    readonly permitted: { readonly token: Address; readonly amount: bigint };
    readonly nonce: bigint;
    readonly deadline: bigint;
  };
  readonly signature: Hex;
};

const purchaseTypes = {
  PermitWitnessTransferFrom: [
    { name: 'permitted', type: 'TokenPermissions' },
    { name: 'spender', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
    { name: 'witness', type: 'Purchase' },
  ],
  Purchase: [
    { name: 'market', type: 'address' },
    { name: 'classId', type: 'uint256' },
    { name: 'lot', type: 'uint32' },
    { name: 'units', type: 'uint64' },
    { name: 'to', type: 'address' },
    { name: 'maxCost', type: 'uint256' },
  ],
  TokenPermissions: [
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'uint256' },
  ],
} as const;

export type SignPurchaseParameters = BuyValueParameters & {
  /** Last second at which it works, Unix time. */
  readonly deadline: bigint;
  /** Permit2's unordered nonce: any number that the wallet never used there. */
  readonly nonce: bigint;
};

/**
 * Signs a purchase of value with Permit2: a transfer of at most the cost that counts for this purchase alone, which
 * anyone may send with {@link buyValueSigned}. The wallet must have approved the asset for Permit2 once.
 *
 * @throws BaseError `PermitBuyerNotErc20` for a lot in ETH, `ValueMarketNotSeller` for one that an account sells, `contract_missing` where the deployment is older.
 *
 * @example
 * const signedPurchase = await signPurchase(client, { classId, lot, units: 1_000n, deadline, nonce: 0n });
 */
export async function signPurchase(client: WriteClient, parameters: SignPurchaseParameters): Promise<SignedPurchase> {
  const { classId, lot, units, deadline, nonce } = parameters;
  const { account } = client.walletClient;
  const buyer = permitBuyerOf(client.deployment);
  const token = tokenOf(client.deployment);
  const [permit2, [cost, asset], info] = await reading(client, 'read the price of the lot', async (chain) => {
    const read = await Promise.all([
      chain.readContract({ ...buyer, functionName: 'permit2' }),
      chain.readContract({ ...token, functionName: 'lotQuoteUp', args: [classId, lot, units] }),
      chain.readContract({ ...token, functionName: 'lotInfo', args: [classId, lot] }),
    ]);
    if (read[1][1] === zeroAddress) throw notErc20(classId, lot);
    await requireSelling(chain, { classId, lot, seller: read[2].terms.seller });
    return read;
  });
  const { maxCost = cost, to = account.address } = parameters;
  const purchase = { market: info.terms.seller, classId, lot, units, to, maxCost };
  const permit = { permitted: { token: asset, amount: maxCost }, nonce, deadline };
  const signature = await signTypedData(client, 'sign the purchase', {
    domain: { name: 'Permit2', chainId: client.deployment.chainId, verifyingContract: permit2 },
    types: purchaseTypes,
    primaryType: 'PermitWitnessTransferFrom',
    message: { ...permit, spender: buyer.address, witness: purchase },
  });
  return { purchase, payer: account.address, permit, signature };
}

/** A lot, and who sells it. */
export type SoldLot = { readonly classId: bigint; readonly lot: number; readonly seller: Address };

/** Of a lot that neither the market nor a plan sells. */
export function otherSeller({ classId, lot, seller }: SoldLot): BaseError {
  return new BaseError('The lot is not sold by the market: its issuer named another seller.', {
    code: 'ValueMarketNotSeller',
    values: { classId, lot, seller },
    hints: ['Only the seller mints from the lot: ask it, or buy from another lot of the class.'],
  });
}

/** Whoever signs for an account without code signs for nothing: it has no `buy`. */
export async function requireSelling(chain: ChainReader, lot: SoldLot): Promise<void> {
  if ((await chain.getCode({ address: lot.seller })) === undefined) throw otherSeller(lot);
}

/** Of a lot that is priced in ETH. */
export function notErc20(classId: bigint, lot: number): BaseError {
  return new BaseError('The lot is priced in ETH, which needs no permit.', {
    code: 'PermitBuyerNotErc20',
    values: { classId, lot },
    hints: ['Buy it with buyValue.'],
  });
}
