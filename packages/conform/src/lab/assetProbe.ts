import type { Address } from '@kedge/core';
import { encodeDeployData, zeroAddress, type Abi } from 'viem';
import { assetProbeAbi } from '../draftAbi.js';
import { assetProbeBytecode } from '../probes.gen.js';
import { lacksState } from './chainCall.js';
import { makers } from './fixtures.js';
import { deploy, read, succeed, type Done, type Lab } from './lab.js';

/** Ways in which an ERC-20 probe behaves. */
export const assetModes = { plain: 0, fee: 1, noReturn: 2, falseReturn: 3, reentrant: 4, blocking: 5 } as const;

/** What each of them has of an asset at first. */
export const plenty = 10n ** 30n;

/** An ERC-20 of which whoever may settle has plenty, and which the target may take from them. */
export async function deployAsset(lab: Lab, mode: keyof typeof assetModes = 'plain'): Promise<Address> {
  const holders = [lab.actors.alice, ...makers(lab)].map(({ address }) => address);
  const args = [assetModes[mode], holders, lab.target] as const;
  return deploy(lab, encodeDeployData({ abi: assetProbeAbi, bytecode: assetProbeBytecode, args }));
}

/** Sends to a probe as the creator. */
export async function asProbe(lab: Lab, to: Address, name: string, args: readonly unknown[], abi: Abi = assetProbeAbi) {
  return succeed(lab, lab.actors.creator, { name, args, to, abi });
}

/**
 * How much more of an asset an account holds than before a transaction. ETH is asked for around its block, where the node
 * still has the state: others may have sent some since it was looked before.
 */
export async function gainedBy(
  lab: Lab,
  { receipt: { blockNumber } }: Done,
  asset: Address,
  account: Address,
  before: bigint,
): Promise<bigint> {
  const at = (block: bigint) => lab.client.getBalance({ address: account, blockNumber: block });
  try {
    if (asset === zeroAddress) return (await at(blockNumber)) - (await at(blockNumber - 1n));
  } catch (error) {
    if (!lacksState(error)) throw error;
  }
  return (await holdings(lab, asset, account)) - before;
}

/** How much of an asset an account holds; the zero address stands for ETH. */
export async function holdings(lab: Lab, asset: Address, account: Address): Promise<bigint> {
  if (asset === zeroAddress) return lab.client.getBalance({ address: account });
  return read<bigint>(lab, { name: 'balanceOf', args: [account], to: asset, abi: assetProbeAbi });
}
