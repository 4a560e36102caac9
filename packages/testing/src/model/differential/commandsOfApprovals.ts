import { type Address } from '@kedge/core';
import { hashTypedData, size } from 'viem';
import { nonceOf, type SignedPermit } from '../approvals.js';
import type { MintItem, UsageRun } from '../batches.js';
import { uint32Max, uint64Max } from '../tokens.js';
import { packUsages } from './abis.js';
import {
  aClass,
  aClassId,
  anActor,
  anAmount,
  anAsset,
  anExpiry,
  aRecipient,
  aToken,
  aTokenToUse,
  command,
  mostly,
  outsiderAccounts,
  tokenIdOr,
  type Scene,
  type Idea,
  type Ideas,
} from './scene.js';
import { signNow } from './signatures.js';

const metric = `0x${'6b'.repeat(32)}` as const;

/** A token or a class, and somebody who owns there. */
function aScope(scene: Scene): { readonly scope: bigint; readonly owner: Address } {
  const token = aToken(scene, ({ value }) => value > 0n);
  if (token === undefined) return { scope: aClassId(scene), owner: anActor(scene) };
  return { scope: scene.random.chance(50) ? token.tokenId : token.classId, owner: token.owner };
}

const approveUsage: Idea = (scene) => {
  const { random, world } = scene;
  const { scope, owner } = aScope(scene);
  const args = [scope, anActor(scene), random.upTo(uint64Max), random.chance(40) ? 0n : anExpiry(scene)];
  return command(mostly(scene, owner), world.addresses.token, 'approveUsage', args);
};

/** Somebody with an allowance uses some of it. */
const useAllowance: Idea = (scene) => {
  const { random, world } = scene;
  const allowances = world.usageAllowances.entries().filter(([, { units }]) => units > 0n);
  if (allowances.length === 0) return undefined;
  const [key, { units }] = random.pick(allowances);
  const [owner, scope, operator] = key.split('/') as [Address, string, Address];
  const covers = (id: bigint) => id.toString() === scope;
  const token = aToken(scene, (one) => one.owner === owner && (covers(one.tokenId) || covers(one.classId)));
  const amount = anAmount(scene, token && token.value < units ? token.value : units);
  return command(mostly(scene, operator), world.addresses.token, 'recordUsage', [
    tokenIdOr(scene, token),
    metric,
    amount,
  ]);
};

const cancelPermits: Idea = (scene) => command(anActor(scene), scene.world.addresses.token, 'cancelPermits', []);

const mintBatch: Idea = (scene) => {
  const { random, world } = scene;
  const found = aClass(scene);
  const items = Array.from({ length: random.below(4) }, (): MintItem => ({
    to: aRecipient(scene),
    value: random.upTo(10n ** 9n),
    shareRatio: random.chance(50) ? 0n : random.upTo(uint32Max + 10n),
    expireAt: random.chance(50) ? 0n : anExpiry(scene),
  }));
  const sender = found ? mostly(scene, found.issuer) : anActor(scene);
  return command(sender, world.addresses.token, 'mintBatch', [found?.classId ?? aClassId(scene), items]);
};

const claimBatch: Idea = (scene) => {
  const { random, world } = scene;
  const owner = aToken(scene, ({ share }) => share > 0n)?.owner ?? anActor(scene);
  const tokenIds = Array.from({ length: random.below(5) }, () =>
    tokenIdOr(
      scene,
      aToken(scene, (token) => token.owner === owner),
    ),
  );
  const args = [tokenIds, anAsset(scene), random.chance(60) ? owner : aRecipient(scene)];
  return command(mostly(scene, owner), world.addresses.token, 'claimBatch', args);
};

const recordUsageBatch: Idea = (scene) => {
  const { random, world } = scene;
  const lives = (expireAt: bigint) => expireAt === 0n || expireAt >= world.now();
  const first = aTokenToUse(scene, ({ value, expireAt }) => value > 0n && lives(expireAt));
  if (first === undefined) return undefined;
  const sender = mostly(scene, first.owner);
  const aRun = (): UsageRun => {
    const one = random.chance(70) ? first : aTokenToUse(scene, ({ value, owner }) => value > 0n && owner === sender)!;
    const { classId, lot } = one;
    const mates = world.tokens
      .values()
      .filter((token) => token.classId === classId && token.lot === lot && lives(token.expireAt));
    const own = mates.filter(({ owner }) => owner === sender);
    const uses = Array.from({ length: random.below(6) }, () => {
      const token = random.pick(random.chance(90) && own.length > 0 ? own : [one, ...mates]);
      const serial = random.chance(97) ? Number(token.tokenId & uint32Max) : random.below(1000);
      const amount = random.chance(90) ? random.upTo(token.value / 4n) : anAmount(scene, token.value);
      return { serial, amount };
    });
    return { classId, lot, uses };
  };
  const runs = Array.from({ length: random.pick([0, 1, 1, 2, 3]) }, aRun);
  const cut = runs.at(-1)?.uses.length && random.chance(6) ? 1 + random.below(12) : 0;
  const items = { runs, cut, length: size(packUsages({ runs, cut })) };
  return command(sender, world.addresses.token, 'recordUsageBatch', [metric, items]);
};

export const approvalIdeas: Ideas = [
  [25, approveUsage],
  [40, useAllowance],
  [5, cancelPermits],
  [20, mintBatch],
  [35, claimBatch],
  [40, recordUsageBatch],
];

const permitTypes = {
  ClassPermit: [
    { name: 'owner', type: 'address' },
    { name: 'classId', type: 'uint256' },
    { name: 'operator', type: 'address' },
    { name: 'approved', type: 'bool' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
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

/** A permit of an account that signs, or in the name of one that did not. */
export const permit: Idea = (scene) => {
  const { random, world } = scene;
  const { token } = world.addresses;
  const domain = { name: 'Kedge DataAnchoringToken', version: '1', chainId: 31337, verifyingContract: token };
  const account = random.pick(outsiderAccounts);
  const owner = random.chance(92) ? account.address : anActor(scene);
  const nonce = nonceOf(world, owner) + (random.chance(92) ? 0n : 1n);
  const deadline = random.chance(90) ? world.now() + random.upTo(1000n) : world.now() - 1n;
  const overTheseTerms = random.chance(94);
  const operator = anActor(scene);
  const terms = { owner, operator, nonce, deadline: overTheseTerms ? deadline : deadline + 1n };
  const signed = (signature: `0x${string}`): SignedPermit => ({
    signature,
    signer: account.address,
    nonce,
    overTheseTerms,
  });
  if (random.chance(50)) {
    const [classId, approved] = [aClassId(scene), random.chance(60)];
    const message = { ...terms, classId, approved };
    const types = { ClassPermit: permitTypes.ClassPermit };
    const signature = signNow(account, hashTypedData({ domain, types, primaryType: 'ClassPermit', message }));
    const args = [owner, classId, operator, approved, deadline, signed(signature)];
    return command(anActor(scene), token, 'permitForClass', args);
  }
  const { scope } = aScope(scene);
  const [units, expireAt] = [random.upTo(uint64Max), random.chance(70) ? 0n : anExpiry(scene)];
  const message = { ...terms, scope, units, expireAt };
  const types = { UsagePermit: permitTypes.UsagePermit };
  const signature = signNow(account, hashTypedData({ domain, types, primaryType: 'UsagePermit', message }));
  const args = [owner, scope, operator, units, expireAt, deadline, signed(signature)];
  return command(anActor(scene), token, 'permitUsage', args);
};
