import type { Address, Hex } from '@kedge/core';
import { encodePacked, keccak256, toHex, zeroAddress } from 'viem';
import { ClauseFailed, NotApplicable } from '../outcome.js';
import { holderProbeBytecode } from '../probes.gen.js';
import type { Actor } from './accounts.js';
import { revertReason, type Answer } from './chainCall.js';
import { eventsOf } from './events.js';
import {
  attempt,
  deploy,
  prepare,
  read,
  refusalText,
  sendTried,
  shared,
  succeed,
  triedBefore,
  type Call,
  type Done,
  type Lab,
} from './lab.js';

export const eth = zeroAddress;
export const metric = keccak256(toHex('inference_calls'));
/** More units than a token of 1,000 has; the lower bits of all but the first are less. */
export const tooMany = [1_001n, 2n ** 32n + 1n, 2n ** 64n + 1n, 2n ** 128n + 1n, 2n ** 255n + 1n] as const;

/** What a class is created with. */
export type ClassTerms = {
  readonly metadataURI: string;
  readonly integrityHash: Hex;
  readonly unitDecimals: number;
  readonly policyURI: string;
};

/** Of a document that was never anchored: a contract may take none twice. */
export function newTerms(lab: Lab): ClassTerms {
  const number = BigInt(lab.made.count++);
  return {
    metadataURI: 'ipfs://conformance/metadata',
    integrityHash: keccak256(encodePacked(['address', 'uint256'], [lab.actors.creator.address, number])),
    unitDecimals: 3,
    policyURI: 'ipfs://conformance/policy',
  };
}

export const createClassCall = ({ metadataURI, integrityHash, unitDecimals, policyURI }: ClassTerms): Call => ({
  name: 'createClass',
  args: [metadataURI, integrityHash, unitDecimals, policyURI],
});

/** What went through, and for whom. */
export type DoneBy = Done & { readonly by: Actor };

/**
 * The id that an event names, else what the call returned. Where the two differ, it counts what the call returned on the
 * state before its block.
 */
async function withId(
  lab: Lab,
  call: Call,
  done: DoneBy,
  [eventName, field]: readonly [event: string, field: string],
): Promise<{ readonly id: bigint; readonly by: Actor; readonly done: Done }> {
  const [event] = eventsOf(lab, done, eventName);
  const id = (event?.[field] ?? done.result) as bigint;
  if (id === done.result) return { id, by: done.by, done };
  return { id, by: done.by, done: { ...done, result: await triedBefore(lab, done.by, call, done) } };
}

/** These, and the owner whose key was given. */
const orOwner = (lab: Lab, ...actors: readonly Actor[]): readonly Actor[] => [
  ...new Set([...actors, ...(lab.owner === undefined ? [] : [lab.owner])]),
];

const makerOf = (lab: Lab, classId: bigint): Actor => lab.makers.get(classId) ?? lab.actors.creator;

/** Who may create a class, if anybody at hand. */
export const makers = (lab: Lab): readonly Actor[] => orOwner(lab, lab.actors.creator);

/** Who may change a class. */
export const editors = (lab: Lab, classId: bigint): readonly Actor[] => orOwner(lab, makerOf(lab, classId));

/** Who may mint in a class. */
export const minters = (lab: Lab, classId: bigint): readonly Actor[] =>
  orOwner(lab, makerOf(lab, classId), lab.actors.creator);

/** Who may settle: the draft names nobody. Alice stands for everybody, and has a token of most classes. */
export const payers = (lab: Lab, classId: bigint): readonly Actor[] =>
  orOwner(lab, lab.actors.alice, makerOf(lab, classId));

/** The first of these for whom a call goes through, and what it answered; fails the clause where it does for none. */
export async function firstAllowed(lab: Lab, actors: readonly Actor[], call: Call) {
  const refused = new Map<string, { readonly actors: Actor[]; readonly answer: Answer }>();
  for (const actor of actors) {
    const answer = await attempt(lab, actor, call);
    if (!answer.reverted) return { by: actor, answer };
    const reason = revertReason(answer.data);
    refused.set(reason, { answer, actors: [...(refused.get(reason)?.actors ?? []), actor] });
  }
  const refusals = [...refused.values()];
  const texts = refusals.map(({ actors: to, answer }) => refusalText(lab, call, answer.data, to));
  const hint = lab.owner === undefined ? ' (no owner key was given)' : '';
  throw new ClauseFailed(texts.join('; ') + hint, refusals.at(-1)!.answer.evidence);
}

/** Sends as the first of these who may. */
export async function succeedAsFirst(lab: Lab, actors: readonly Actor[], call: Call): Promise<DoneBy> {
  const { by, answer } = await firstAllowed(lab, actors, call);
  return { ...(await sendTried(lab, by, call, answer)), by };
}

/**
 * A contract of ours that calls for us. It tells of each call, from within the transaction, what it answered and how it
 * changed the ETH of the target: there others can do nothing between.
 */
export function witness(lab: Lab): Promise<Actor> {
  return shared(lab, 'witness', async () => {
    const address = await deploy(lab, holderProbeBytecode);
    return { name: 'a contract of ours', address, account: lab.actors.creator.account };
  });
}

export type MadeClass = {
  readonly classId: bigint;
  readonly terms: ClassTerms;
  readonly done: Done;
  readonly by: Actor;
};

/** Creates a class, as the first of these who may; fails the clause when nobody can. */
export async function tryCreateClass(lab: Lab, by: readonly Actor[] = makers(lab)): Promise<MadeClass> {
  const terms = newTerms(lab);
  return createdClass(lab, terms, createClassCall(terms), by);
}

/** The class that a call creates, as the first of these who may. */
export async function createdClass(
  lab: Lab,
  terms: ClassTerms,
  call: Call,
  makersOfIt: readonly Actor[] = makers(lab),
): Promise<MadeClass> {
  const made = await succeedAsFirst(lab, makersOfIt, call);
  const { id: classId, by, done } = await withId(lab, call, made, ['ClassCreated', 'classId']);
  lab.makers.set(classId, by);
  return { classId, terms, done, by };
}

/** A class of its own. */
export function newClass(lab: Lab, by?: readonly Actor[]): Promise<MadeClass> {
  return prepare('no class could be created', () => tryCreateClass(lab, by));
}

/** One class for checks that leave no trace in each other: value and usage, no shares. */
export function commonClass(lab: Lab): Promise<MadeClass> {
  return shared(lab, 'common class', () => newClass(lab));
}

type TokenTerms = {
  readonly classId: bigint;
  readonly to?: Address;
  readonly value?: bigint;
  readonly share?: bigint;
  readonly expireAt?: bigint;
};

type MadeToken = { readonly tokenId: bigint; readonly done: Done; readonly by: Actor };

export function mintCall(lab: Lab, terms: TokenTerms): Call {
  // Nothing says that a token may be without value.
  const { classId, to = lab.actors.alice.address, value = 1n, share = 0n, expireAt = 0n } = terms;
  return { name: 'mint', args: [classId, to, value, share, expireAt] };
}

/** Mints; fails the clause when nobody at hand can. */
export async function tryMint(lab: Lab, terms: TokenTerms): Promise<MadeToken> {
  const call = mintCall(lab, terms);
  const made = await succeedAsFirst(lab, minters(lab, terms.classId), call);
  const { id: tokenId, by, done } = await withId(lab, call, made, ['Minted', 'tokenId']);
  return { tokenId, done, by };
}

/** The id of a new token. */
export async function newToken(lab: Lab, terms: TokenTerms): Promise<bigint> {
  const { tokenId } = await prepare('no token could be minted', () => tryMint(lab, terms));
  return tokenId;
}

/** A token of the common class, alice's, with 1,000 units and no share. */
export async function valueToken(lab: Lab, terms: Partial<TokenTerms> = {}): Promise<bigint> {
  const { classId } = await commonClass(lab);
  return newToken(lab, { classId, value: 1_000n, ...terms });
}

/** A class of its own with a token for each share: alice holds the first, bob the second, and so on in turn. */
export async function shareClass(
  lab: Lab,
  shares: readonly (bigint | Omit<TokenTerms, 'classId'>)[],
  creators?: readonly Actor[],
): Promise<{ readonly classId: bigint; readonly tokens: readonly bigint[]; readonly by: Actor }> {
  const { classId, by } = await newClass(lab, creators);
  const holders = [lab.actors.alice, lab.actors.bob];
  const tokens: bigint[] = [];
  for (const [index, terms] of shares.entries()) {
    const to = holders[index % holders.length]!.address;
    const given = typeof terms === 'bigint' ? { share: terms } : terms;
    tokens.push(await newToken(lab, { classId, to, ...given }));
  }
  return { classId, tokens, by };
}

export const recordCall = (tokenId: bigint, amount: bigint): Call => ({
  name: 'recordUsage',
  args: [tokenId, metric, amount],
});

export function settleCall(classId: bigint, amount: bigint, asset: Address = eth): Call {
  return asset === eth
    ? { name: 'settleRevenueETH', args: [classId], value: amount }
    : { name: 'settleRevenueERC20', args: [classId, asset, amount] };
}

/** Settles revenue, as the first who may; fails the clause when nobody can. */
export function trySettle(lab: Lab, classId: bigint, amount: bigint, asset: Address = eth): Promise<DoneBy> {
  return succeedAsFirst(lab, payers(lab, classId), settleCall(classId, amount, asset));
}

/** The same as a preparation. */
export function settle(lab: Lab, classId: bigint, amount: bigint, asset: Address = eth): Promise<DoneBy> {
  return prepare('revenue could not be settled', () => trySettle(lab, classId, amount, asset));
}

export const pendingCall = (tokenId: bigint, asset: Address = eth): Call => ({
  name: 'pendingRevenue',
  args: [tokenId, asset],
});

export function pending(lab: Lab, tokenId: bigint, asset: Address = eth): Promise<bigint> {
  return read<bigint>(lab, pendingCall(tokenId, asset));
}

export const claimCall = (tokenId: bigint, to: Address, asset: Address = eth): Call => ({
  name: 'claim',
  args: [tokenId, asset, to],
});

const transferCall = (tokenId: bigint, to: Address): Call => ({ name: 'transferToken', args: [tokenId, to] });

/** Brings the chain past the last valid second. */
export function expire(lab: Lab, expireAt: bigint): Promise<void> {
  return lab.clock.pass(expireAt + 1n);
}

/** A moment at which a token that is minted now will expire soon. */
export async function soon(lab: Lab): Promise<bigint> {
  return (await lab.clock.now()) + lab.clock.lead;
}

/** Two tokens of alice's in one class, each with 1,000 units: one has expired, one never does. */
export function expiredPair(lab: Lab): Promise<{ readonly expired: bigint; readonly live: bigint }> {
  return shared(lab, 'expired pair', async () => {
    const expireAt = await soon(lab);
    const expired = await valueToken(lab, { expireAt });
    const live = await valueToken(lab);
    await expire(lab, expireAt);
    return { expired, live };
  });
}

/** What a run saw of a class in which a share expired, was observed, and revenue came before and after. */
type ExpiryStory = {
  readonly classId: bigint;
  readonly expired: bigint;
  /** Expired at the same time, without a share. */
  readonly shareless: bigint;
  readonly live: bigint;
  /** The transactions that may count as the first observation, in order. */
  readonly observed: readonly Done[];
  /** How many of them, the last ones, are about the token without a share. */
  readonly sharelessActs: number;
  readonly livePendingBefore: bigint;
  readonly livePendingAfter: bigint;
  readonly settled: bigint;
  /** What the expired share had earned before it expired, and the claim for it afterwards. */
  readonly earned: bigint;
  readonly claimed: Done;
  /** The last settlement, between the two. */
  readonly last: Done;
};

/**
 * Alice's share of 300 expires beside bob's of 100, and with it a token of alice's without a share. Then a settlement of
 * 400,000, a claim of the expired token, and, where that is allowed, its transfer to bob and back: any of them may be the
 * draft's first observation. The same for the token without a share, where there may be nothing to claim. After them
 * 400,000 more are settled.
 */
export function expiryStory(lab: Lab): Promise<ExpiryStory> {
  return shared(lab, 'expiry story', async () => {
    const { alice, bob } = lab.actors;
    // Money of others, so that a contract that pays too much shows it instead of running dry.
    const reserve = await shareClass(lab, [1n]);
    await settle(lab, reserve.classId, 10_000_000n);
    const { classId } = await newClass(lab);
    const live = await newToken(lab, { classId, share: 100n, to: bob.address });
    // What has no expiry comes before: on a chain of slow blocks the time is short.
    const expireAt = await soon(lab);
    const expired = await newToken(lab, { classId, share: 300n, value: 10n, expireAt });
    const shareless = await newToken(lab, { classId, value: 10n, expireAt });
    const settled = 400_000n;
    await settle(lab, classId, settled);
    const earned = await pending(lab, expired);
    await expire(lab, expireAt);
    const observing = 'an expired token could not be observed';
    const first = await prepare(observing, () => trySettle(lab, classId, settled));
    const claimed = await prepare(observing, () => succeed(lab, alice, claimCall(expired, alice.address)));
    const observed = [first, claimed, ...(await prepare(observing, () => moveThereAndBack(lab, expired)))];
    const ofShareless = [
      ...(await unlessRefused(lab, alice, claimCall(shareless, alice.address))),
      ...(await unlessRefused(lab, alice, transferCall(shareless, bob.address))),
    ];
    const livePendingBefore = await pending(lab, live);
    const last = await settle(lab, classId, settled);
    const livePendingAfter = await pending(lab, live);
    const ofLive = { live, livePendingBefore, livePendingAfter };
    const story = { classId, expired, shareless, ...ofLive, settled, earned, claimed, last };
    return { ...story, observed: [...observed, ...ofShareless], sharelessActs: ofShareless.length };
  });
}

/** Sends what nothing says is allowed, as the transfer of a token which has expired, or a claim for one without a share. */
export async function unlessRefused(lab: Lab, actor: Actor, call: Call): Promise<readonly Done[]> {
  return (await attempt(lab, actor, call)).reverted ? [] : [await succeed(lab, actor, call)];
}

async function moveThereAndBack(lab: Lab, tokenId: bigint): Promise<readonly Done[]> {
  const { alice, bob } = lab.actors;
  const moved = await unlessRefused(lab, alice, transferCall(tokenId, bob.address));
  return moved.length === 0 ? [] : [...moved, await succeed(lab, bob, transferCall(tokenId, alice.address))];
}

/** For clauses about papers that no chain sees. */
export function offChain(what: string): never {
  throw new NotApplicable(`${what} is outside of what a chain shows`);
}
