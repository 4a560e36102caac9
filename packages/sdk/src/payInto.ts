import { BaseError, zeroAddress, type Address } from '@kedge/core';
import {
  getAddress,
  parseAbi,
  type Abi,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type TransactionReceipt,
} from 'viem';
import type { ChainReader, Wallet, WriteClient } from './client.js';
import { reading } from './reading.js';
import { requireArguments } from './requireArguments.js';
import { revertTexts } from './revertTexts.js';
import { refusalOf, writeContract, type ContractCall } from './writeContract.js';

// Without return values: some assets return nothing from `approve`.
const assetAbi = parseAbi([
  'function allowance(address owner, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount)',
]);

/** What a call takes from the wallet's account, in smallest units of the asset. Zero address: ETH. */
type Payment = { readonly asset: Address; readonly amount: bigint };

/**
 * Sends a call that takes a payment. ETH goes along with it; of an ERC-20 asset, the contract is first allowed to take exactly the
 * amount, where it may not yet. What the call would be refused for in any case is found out before that.
 *
 * @param alike takes no asset, and is refused for what the call is refused for only once it has taken the asset
 */
export async function payInto<
  const abi extends Abi,
  name extends ContractFunctionName<abi, 'nonpayable' | 'payable'>,
  args extends ContractFunctionArgs<abi, 'nonpayable' | 'payable', name>,
>(
  client: WriteClient,
  doing: string,
  { asset, amount }: Payment,
  call: ContractCall<abi, name, args>,
  alike?: Parameters<typeof refusalOf>[2],
): Promise<TransactionReceipt> {
  if (asset === zeroAddress) return writeContract(client, doing, { ...call, value: amount } as typeof call);
  requireArguments(doing, call as never);
  return inTurn(client.walletClient, `${asset} ${call.address}`.toLowerCase(), async () => {
    const allowed = await allowanceOf(client, asset, call.address);
    if (allowed < amount) {
      const refusals = [await refusalOf(client, doing, call)];
      if (alike !== undefined) refusals.push(await refusalOf(client, doing, alike));
      for (const refusal of refusals) {
        if (refusal !== undefined && isOfKedge(refusal)) throw refusal;
      }
      // As some assets demand.
      if (allowed > 0n) await approve(client, asset, call.address, 0n);
      await approve(client, asset, call.address, amount);
    }
    return writeContract(client, doing, call);
  });
}

function allowanceOf(client: WriteClient, asset: Address, spender: Address): Promise<bigint> {
  const owner = client.walletClient.account.address;
  return reading(client, 'read the allowance', async (chain) => {
    await requireAsset(chain, asset);
    return chain.readContract({ address: asset, abi: assetAbi, functionName: 'allowance', args: [owner, spender] });
  });
}

/** @throws BaseError `asset_missing`; that of viem for what is no address. */
export async function requireAsset(chain: ChainReader, asset: Address): Promise<void> {
  // A node is not asked about any text.
  if ((await chain.getCode({ address: getAddress(asset) })) !== undefined) return;
  throw new BaseError('There is no asset at that address.', {
    code: 'asset_missing',
    values: { asset },
    hints: ['Give the address of an ERC-20 contract on this chain, or none for ETH.'],
  });
}

function approve(client: WriteClient, asset: Address, spender: Address, amount: bigint): Promise<TransactionReceipt> {
  return writeContract(client, 'allow the payment', {
    address: asset,
    abi: assetAbi,
    functionName: 'approve',
    args: [spender, amount],
  });
}

/** Not the asset's, which refuses as long as nothing is allowed. */
function isOfKedge({ code = '' }: BaseError): boolean {
  return Object.hasOwn(revertTexts, code) && !/^(Safe)?ERC20/.test(code);
}

const turns = new WeakMap<Wallet, Map<string, Promise<unknown>>>();

/** An allowance is one number, which each payment sets anew and uses up: payments to a contract in an asset go one by one. */
function inTurn<result>(wallet: Wallet, what: string, pay: () => Promise<result>): Promise<result> {
  const ofWallet = turns.get(wallet) ?? new Map<string, Promise<unknown>>();
  turns.set(wallet, ofWallet);
  const paid = (ofWallet.get(what) ?? Promise.resolve()).then(pay, pay);
  ofWallet.set(what, paid);
  return paid;
}
