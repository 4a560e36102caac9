import { dataAnchoringTokenAbi, zeroAddress, zeroHash } from '@kedge/core';
import { getAbiItem, keccak256, toHex } from 'viem';
import type { Clause } from '../../clause.js';
import {
  createdClass,
  expire,
  metric,
  mintCall,
  newClass,
  newTerms,
  newToken,
  pending,
  pendingCall,
  settle,
  settleCall,
  soon,
  tryMint,
  type MadeClass,
} from '../../lab/fixtures.js';
import { read, refuse, same, see, shows, succeed, type Call, type Lab } from '../../lab/lab.js';
import { extensionClause, kedge } from './extension.js';

const [, { components }] = getAbiItem({ abi: dataAnchoringTokenAbi, name: 'createClassWithOptions' }).inputs;

/** Options that bind a class to nothing. */
const unbound = Object.fromEntries(components.map(({ name, type }) => [name, type === 'bool' ? false : 0n]));

type Option = (typeof components)[number]['name'];

/** A class that bound itself at its creation. */
export async function boundClass(
  lab: Lab,
  options: { readonly [option in Option]?: bigint | boolean },
): Promise<MadeClass> {
  const terms = newTerms(lab);
  const none = { policyHash: zeroHash, kind: 0, beneficiary: zeroAddress, parents: [] };
  const call = kedge(lab, 'createClassWithOptions', { ...terms, ...none }, { ...unbound, ...options });
  return createdClass(lab, terms, call);
}

const p17 = 'Opt-in per class: share cap, frozen shares, activation delay';
const policyURI = 'ipfs://policy/2';
const policyHash = keccak256(toHex('policy'));

/** What a class binds itself to, where options are announced. */
export const optionClauses: readonly Clause[] = [
  extensionClause('P17.cap', p17, ['IDATOptions'], async (lab) => {
    const { classId, by } = await boundClass(lab, { shareCap: 100n });
    await newToken(lab, { classId, share: 60n });
    await refuse(lab, by, mintCall(lab, { classId, share: 41n }), 'shares of 60 were out, and the cap is 100');
    await tryMint(lab, { classId, share: 40n });
    await refuse(lab, by, mintCall(lab, { classId, share: 1n }), 'all shares of the cap were out');
    await tryMint(lab, { classId, value: 1n });
  }),
  extensionClause('P17.frozen', p17, ['IDATOptions'], async (lab) => {
    const sharesFrozenFrom = await soon(lab);
    const { classId: bound, by } = await boundClass(lab, { sharesFrozenFrom });
    const { classId } = await newClass(lab);
    await tryMint(lab, { classId: bound, share: 1n });
    const mint = mintCall(lab, { classId, share: 1n });
    await refuse(lab, lab.actors.stranger, kedge(lab, 'freezeShares', classId), 'only the issuer freezes');
    await tryMint(lab, { classId, share: 1n });
    await succeed(lab, by, kedge(lab, 'freezeShares', classId));
    await refuse(lab, by, mint, 'the issuer had frozen the shares');
    await tryMint(lab, { classId, value: 1n });
    await expire(lab, sharesFrozenFrom);
    await refuse(lab, by, mintCall(lab, { classId: bound, share: 1n }), 'shares were frozen from a time on');
  }),
  extensionClause(
    'P17.delay',
    p17,
    ['IDATOptions'],
    async (lab) => {
      const { classId } = await boundClass(lab, { activationDelay: 1n });
      const { alice, bob } = lab.actors;
      const first = await newToken(lab, { classId, share: 1n });
      await refuse(lab, alice, settleCall(classId, 1_000n), 'the only share was still waiting');
      if (!lab.clock.canTravel) return 'a share waits until the end of a day: its activation is not waited for';
      await lab.clock.pass((await read<bigint>(lab, kedge(lab, 'activateAtOf', first))) + 1n);
      const second = await newToken(lab, { classId, share: 9n, to: bob.address });
      const { evidence } = await succeed(lab, alice, settleCall(classId, 1_000n));
      same(await pending(lab, first), 1_000n, 'pending of the share that had waited', evidence);
      same(await pending(lab, second), 0n, 'pending of the share that was still waiting', evidence);
      await lab.clock.pass((await read<bigint>(lab, kedge(lab, 'activateAtOf', second))) + 1n);
      const later = await settle(lab, classId, 1_000n);
      await shows(lab, pendingCall(second), 900n, 'pending of nine of ten shares once they had waited', later.evidence);
      return undefined;
    },
    'Moves the clock of a development chain by two days.',
  ),
  extensionClause(
    'P18.hashed',
    'Policies are versioned and content-hashed',
    ['IDATClasses', 'IDATLots'],
    async (lab) => {
      const { classId, by } = await newClass(lab);
      const publish = kedge(lab, 'publishPolicy', classId, policyURI, policyHash);
      await refuse(lab, lab.actors.stranger, publish, 'only the issuer publishes');
      const { result: version, evidence } = await succeed(lab, by, publish);
      const { value: stored } = await see<readonly [string, string]>(lab, kedge(lab, 'policyOf', classId, version));
      same(stored[0], policyURI, 'URI of the published policy', evidence);
      same(stored[1], policyHash, 'hash of the published policy', evidence);
      const tokenId = await newToken(lab, { classId, value: 1n });
      await succeed(lab, by, kedge(lab, 'publishPolicy', classId, 'ipfs://policy/3', zeroHash));
      const kept = await see<readonly [number, string]>(lab, kedge(lab, 'policyOfToken', tokenId));
      same(kept.value[0], version, "version of a token's policy after another was published", kept.evidence);
      same(kept.value[1], policyHash, "hash of a token's policy after another was published", kept.evidence);
    },
  ),
  extensionClause('P18.notice', 'after an opt-in notice period', ['IDATOptions', 'IDATPolicies'], async (lab) => {
    const { classId, by, terms } = await boundClass(lab, { policyNotice: lab.clock.lead });
    const { stranger } = lab.actors;
    const announced = await succeed(lab, by, kedge(lab, 'publishPolicy', classId, policyURI, policyHash));
    const currentPolicy = async (): Promise<unknown> =>
      (await read<readonly unknown[]>(lab, { name: 'getClassMeta', args: [classId] }))[3];
    same(await currentPolicy(), terms.policyURI, 'the policy during the notice period', announced.evidence);
    const activate = kedge(lab, 'activatePolicy', classId);
    await refuse(lab, stranger, activate, 'the notice period was running');
    const { timestamp } = await lab.client.getBlock({ blockNumber: announced.receipt.blockNumber });
    await expire(lab, timestamp + lab.clock.lead);
    const { evidence } = await succeed(lab, stranger, activate);
    same(await currentPolicy(), policyURI, 'the policy after its notice period', evidence);
  }),
  extensionClause(
    'P21.outlive',
    'unless the class opts into shares that outlive expiry',
    ['IDATOptions'],
    async (lab) => {
      const { classId } = await boundClass(lab, { sharesOutliveExpiry: true });
      const { alice, bob } = lab.actors;
      const expireAt = await soon(lab);
      const expired = await newToken(lab, { classId, value: 10n, share: 1n, expireAt });
      const live = await newToken(lab, { classId, share: 1n, to: bob.address });
      await settle(lab, classId, 2_000n);
      await expire(lab, expireAt);
      await refuse(lab, alice, { name: 'recordUsage', args: [expired, metric, 1n] }, 'the token had expired');
      const { evidence } = await settle(lab, classId, 8_000n);
      same(await pending(lab, expired), 5_000n, 'pending of a share that outlives its token', evidence);
      same(await pending(lab, live), 5_000n, 'pending of an equal share', evidence);
    },
  ),
  extensionClause(
    'P22',
    'Opt-in per class: the destination may not expire later than the source',
    ['IDATOptions', 'IDATLifecycle'],
    async (lab) => {
      const { alice } = lab.actors;
      const expireAt = (await soon(lab)) + 1_000_000n;
      const tokensOf = async (classId: bigint) => {
        const made: bigint[] = [];
        for (const at of [expireAt, expireAt, expireAt - 1n, expireAt + 1n, 0n]) {
          made.push(await newToken(lab, { classId, value: 10n, expireAt: at }));
        }
        return made as [bigint, bigint, bigint, bigint, bigint];
      };
      const move = (from: bigint, to: bigint): Call => ({ name: 'transferValue', args: [from, to, 1n] });
      const { classId } = await boundClass(lab, { valueKeepsExpiry: true });
      const [source, equal, earlier, later, lasting] = await tokensOf(classId);
      for (const to of [later, lasting]) {
        await refuse(lab, alice, move(source, to), 'the units would have lived longer');
        await refuse(lab, alice, kedge(lab, 'merge', [source], to), 'the units would have lived longer');
      }
      for (const to of [equal, earlier]) await succeed(lab, alice, move(source, to));
      await succeed(lab, alice, move(lasting, source));
      const free = await tokensOf((await newClass(lab)).classId);
      await succeed(lab, alice, move(free[0], free[4]));
    },
    'In a class that did not opt in, units may move to a token that lasts.',
  ),
];
