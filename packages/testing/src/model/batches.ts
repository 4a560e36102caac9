import { zeroAddress, type Address, type Hex } from '@kedge/core';
import { recordAllowed } from './approvals.js';
import { inside, type Call, type Handlers } from './call.js';
import { requireIssuer } from './classes.js';
import { releaseSpent } from './lots.js';
import { claimFor, pay } from './revenue.js';
import { refuse } from './revert.js';
import { isUser, mintUnbacked, requireToken, requireUnexpired, takeValue } from './tokens.js';
import type { TokenRecord, World } from './world.js';

export type MintItem = {
  readonly to: Address;
  readonly value: bigint;
  readonly shareRatio: bigint;
  readonly expireAt: bigint;
};

/** Uses of the tokens of one lot, as they are packed. */
export type UsageRun = {
  readonly classId: bigint;
  readonly lot: number;
  readonly uses: readonly { readonly serial: number; readonly amount: bigint }[];
};

/** @param cut Bytes that are missing at the end. @param length Of the packed runs, without them. */
export type UsageRuns = { readonly runs: readonly UsageRun[]; readonly cut: number; readonly length: number };

export function batchHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  return {
    mintBatch({ sender }: Call, classId: bigint, items: readonly MintItem[]) {
      requireIssuer(world, classId, sender);
      return items.map(({ to, value, shareRatio, expireAt }) =>
        mintUnbacked(world, classId, to, value, shareRatio, expireAt),
      );
    },
    claimBatch({ sender }: Call, tokenIds: readonly bigint[], asset: Address, to: Address) {
      return inside(world, self, () => {
        const amounts = tokenIds.map((tokenId) => claimFor(world, sender, tokenId, asset, to));
        const amount = amounts.reduce((sum, one) => sum + one, 0n);
        pay(world, asset, to, amount);
        return amount;
      });
    },
    recordUsageBatch({ sender }: Call, metricType: Hex, { runs, cut, length }: UsageRuns) {
      for (const [i, run] of runs.entries()) {
        if (cut > 0 && i === runs.length - 1) refuse('DATMalformedItems', BigInt(length));
        recordRun(world, sender, metricType, run);
      }
    },
  };
}

/** Neighbours of one owner and one expiry release their backing together. */
function recordRun(world: World, sender: Address, metricType: Hex, { classId, lot, uses }: UsageRun): void {
  let group: { readonly token: TokenRecord; readonly units: bigint } | undefined;
  const releaseGroup = () => {
    if (group !== undefined) releaseSpent(world, group.token, group.units, zeroAddress);
    group = undefined;
  };
  for (const { serial, amount } of uses) {
    const tokenId = classId * 2n ** 64n + BigInt(lot) * 2n ** 32n + BigInt(serial);
    const known = world.tokens.get(tokenId);
    const fits = known?.owner === group?.token.owner && known?.expireAt === group?.token.expireAt;
    if (!fits || known === undefined || known.value < amount) releaseGroup();
    const token = requireToken(world, tokenId);
    if (!isUser(world, token, sender)) {
      recordAllowed(world, sender, token, metricType, amount);
      continue;
    }
    requireUnexpired(world, token);
    takeValue(world, tokenId, amount);
    world.emit(world.addresses.token, 'UsageRecorded', tokenId, metricType, amount, sender);
    if (sender === token.owner) world.emit(world.addresses.token, 'UsageSelfReported', tokenId);
    group = { token, units: amount + (group?.units ?? 0n) };
  }
  releaseGroup();
}
