import type { Address } from '@kedge/core';
import { encodeDeployData, zeroAddress, type Abi } from 'viem';
import { assetProbeAbi } from '../draftAbi.js';
import { assetProbeBytecode } from '../probes.gen.js';
import { deploy, read, succeed, type Lab } from './lab.js';

/** Ways in which an ERC-20 probe behaves. */
export const assetModes = { plain: 0, fee: 1, noReturn: 2, falseReturn: 3, reentrant: 4, blocking: 5 } as const;

/** An ERC-20 of which alice, who settles, has plenty, and which the target may take from her. */
export async function deployAsset(lab: Lab, mode: keyof typeof assetModes = 'plain'): Promise<Address> {
  const args = [assetModes[mode]] as const;
  const asset = await deploy(lab, encodeDeployData({ abi: assetProbeAbi, bytecode: assetProbeBytecode, args }));
  const { alice } = lab.actors;
  await asProbe(lab, asset, 'mint', [alice.address, 10n ** 30n]);
  await asProbe(lab, asset, 'allow', [alice.address, lab.target, 2n ** 256n - 1n]);
  return asset;
}

/** Sends to a probe as the creator. */
export async function asProbe(lab: Lab, to: Address, name: string, args: readonly unknown[], abi: Abi = assetProbeAbi) {
  return succeed(lab, lab.actors.creator, { name, args, to, abi });
}

/** How much of an asset an account holds; the zero address stands for ETH. */
export async function holdings(lab: Lab, asset: Address, account: Address): Promise<bigint> {
  if (asset === zeroAddress) return lab.client.getBalance({ address: account });
  return read<bigint>(lab, { name: 'balanceOf', args: [account], to: asset, abi: assetProbeAbi });
}
