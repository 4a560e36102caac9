import {
  channelDepositsAbi,
  contributorRootsAbi,
  operatorBondAbi,
  valuePlansAbi,
  zeroAddress,
  type Address,
  type ClassDetail,
  type TokenDetail,
} from '@kedge/core';
import type { IndexerClient } from '@kedge/sdk';
import type { PublicClient } from 'viem';
import { expect } from 'vitest';
import type { IndexerContracts } from '../src/index.js';

/** The newest block, as views answer in it. */
export type At = { readonly blockNumber: bigint; readonly blockOverrides: { readonly time: bigint } };

const lower = (address: Address) => address.toLowerCase() as Address;

/** Holds what plans say of a class's lots against the contract. */
export async function comparePlans(
  chain: PublicClient,
  { ValuePlans }: IndexerContracts,
  at: At,
  { classId, lots }: ClassDetail,
): Promise<void> {
  if (ValuePlans === undefined) return;
  const plans = { address: ValuePlans, abi: valuePlansAbi, ...at } as const;
  const none = { supply: 0n, minUnits: 0n, exact: false, duration: 0, expireAt: 0, lotBefore: null };
  for (const { lot, plan } of lots) {
    const [terms, lotBefore] = await chain.readContract({ ...plans, functionName: 'planOf', args: [classId, lot] });
    const { lotBefore: before, ...found } = plan ?? none;
    expect(found, `plan of lot ${lot} of class ${classId}`).toEqual(terms);
    if (plan !== null) expect(before ?? 0, `step before lot ${lot} of class ${classId}`).toBe(lotBefore);
  }
}

/** Holds a token's contributors, epoch by epoch and asset by asset, against the contract. */
export async function compareContributors(
  chain: PublicClient,
  { ContributorRoots }: IndexerContracts,
  at: At,
  { tokenId, contributors }: TokenDetail,
  assets: readonly Address[],
): Promise<void> {
  if (ContributorRoots === undefined) return expect(contributors).toBeNull();
  const roots = { address: ContributorRoots, abi: contributorRootsAbi, ...at } as const;
  const about = `contributors of token ${tokenId}`;
  const commitment = await chain.readContract({ ...roots, functionName: 'commitmentOf', args: [tokenId] });
  expect(
    {
      vault: contributors?.vault ?? zeroAddress,
      controller: contributors?.controller ?? zeroAddress,
      pendingController: contributors?.pendingController ?? zeroAddress,
      epoch: contributors?.epochs.length ?? 0,
    },
    about,
  ).toEqual({
    vault: lower(commitment.vault),
    controller: lower(commitment.controller),
    pendingController: lower(commitment.pendingController),
    epoch: commitment.epoch,
  });
  for (const { epoch, root, totalWeight, books } of contributors?.epochs ?? []) {
    const found = await chain.readContract({ ...roots, functionName: 'rootOf', args: [tokenId, epoch] });
    expect([root, totalWeight], `${about}, epoch ${epoch}`).toEqual(found);
    for (const asset of assets) {
      const accrued = await chain.readContract({ ...roots, functionName: 'accruedOf', args: [tokenId, epoch, asset] });
      const book = books.find((each) => each.asset === asset);
      expect([book?.accrued ?? 0n, book?.claimed ?? 0n], `${about}, epoch ${epoch} in ${asset}`).toEqual(accrued);
    }
  }
}

/** Holds what became of deposits, the newest first, against the contract's own log. */
export async function compareDeposits(
  chain: PublicClient,
  { ChannelDeposits }: IndexerContracts,
  { blockNumber }: At,
  indexer: IndexerClient,
): Promise<void> {
  if (ChannelDeposits === undefined) return;
  const logs = await chain.getContractEvents({
    address: ChannelDeposits,
    abi: channelDepositsAbi,
    strict: true,
    fromBlock: 0n,
    toBlock: blockNumber,
  });
  const said = logs.toReversed().map((log) => {
    const about = { deposit: lower(log.args.deposit), transactionHash: log.transactionHash };
    if (log.eventName === 'DepositRefunded') {
      const { asset, amount, to } = log.args;
      return { ...about, kind: 'refund', amount, asset: lower(asset), to: lower(to), channelId: null };
    }
    const { channel, channelId, spent, operator } = log.args;
    return {
      ...about,
      kind: 'sweep',
      amount: spent,
      operator: lower(operator),
      units: channel.cap,
      channelId,
      to: null,
    };
  });
  const { items } = await indexer.deposits({ limit: 500 });
  expect(items.length, 'moves of deposits').toBe(said.length);
  expect(items, 'moves of deposits').toMatchObject(said);
  for (const { channelId, deposit, operator, units } of items) {
    if (channelId === null) continue;
    const opened = await indexer.channel({ channelId });
    expect([opened.holder, opened.operator, opened.cap], `channel ${channelId}`).toEqual([deposit, operator, units]);
  }
}

/** Holds an operator's bonds, its slashes and proven frauds against the contract. */
export async function compareBonds(
  chain: PublicClient,
  { OperatorBond }: IndexerContracts,
  at: At,
  indexer: IndexerClient,
  operator: Address,
  assets: readonly Address[],
): Promise<void> {
  if (OperatorBond === undefined) return;
  const contract = { address: OperatorBond, abi: operatorBondAbi, ...at } as const;
  const { bonds } = await indexer.operator({ address: operator });
  for (const asset of assets) {
    const about = `bond of ${operator} in ${asset}`;
    const bond = bonds.find((each) => each.asset === asset);
    const found = await chain.readContract({ ...contract, functionName: 'bondOf', args: [operator, asset] });
    const { amount = 0n, coveredUntil = 0n, releaseAt = 0n } = bond ?? {};
    expect({ amount, coveredUntil, releaseAt }, about).toEqual(found);
    const count = await chain.readContract({ ...contract, functionName: 'windowCount', args: [operator, asset] });
    expect(bond?.slashes.length ?? 0, about).toBe(count);
    for (const { window, burned, ...slash } of bond?.slashes ?? []) {
      const args = [operator, asset, window] as const;
      // What a window spared is the contract's own business: half at most.
      const { spared, ...said } = await chain.readContract({ ...contract, functionName: 'windowOf', args });
      expect(spared, `${about}, window ${window}`).toBeLessThanOrEqual(said.pot);
      expect({ ...slash, burned: burned !== null }, `${about}, window ${window}`).toEqual(said);
    }
    for (const { channelId, window, holder, reporter, backing, paid } of bond?.frauds ?? []) {
      const proof = await chain.readContract({ ...contract, functionName: 'proofOf', args: [asset, channelId] });
      const { claimed, ...said } = { ...proof, operator: lower(proof.operator), holder: lower(proof.holder) };
      expect(backing, `${about}, ${channelId}`).toBeLessThanOrEqual(claimed);
      expect({ operator, window, paid: paid !== null, holder, reporter, backing }, `${about}, ${channelId}`).toEqual({
        ...said,
        reporter: lower(proof.reporter),
      });
    }
  }
}
