import { parseEventLogs } from 'viem';
import { dataAnchoringTokenAbi } from '@kedge/core';
import type { Clause } from '../../clause.js';
import {
  commonClass,
  expire,
  expiredPair,
  metric,
  newClass,
  newToken,
  pending,
  settle,
  shareClass,
  soon,
} from '../../lab/fixtures.js';
import { read, refuse, same, shows, succeed, type Done, type Lab } from '../../lab/lab.js';
import { extensionClause, kedge } from './extension.js';
import { boundClass } from './options.js';

const words = 'Extensions, each with its own ERC-165 id';
const day = 86_400n;

const value = (tokenId: bigint) => ({ name: 'valueOf', args: [tokenId] });

/** The tokens that a transaction minted. */
function mintedIn({ receipt: { logs } }: Done): bigint[] {
  return parseEventLogs({ abi: dataAnchoringTokenAbi, logs, eventName: 'Minted' }).map(({ args }) => args.tokenId);
}

/** A class with a share of alice's and an equal one of bob's, each with 100 units, and 1,000 pending. */
async function twoShares(lab: Lab, expireAt = 0n) {
  const { classId, tokens, by } = await shareClass(lab, [
    { share: 10n, value: 100n, expireAt },
    { share: 10n, value: 100n },
  ]);
  await settle(lab, classId, 2_000n);
  const [own, others] = tokens as [bigint, bigint];
  return { classId, own, others, by };
}

/** P27 where its extensions are announced. */
export const lifecycleClauses: readonly Clause[] = [
  extensionClause('P27.top-up', words, ['IDATLifecycle'], async (lab) => {
    const { classId, by } = await newClass(lab);
    const tokenId = await newToken(lab, { classId, value: 10n });
    await refuse(lab, lab.actors.stranger, kedge(lab, 'topUp', tokenId, 5n), 'it may not mint');
    const { evidence } = await succeed(lab, by, kedge(lab, 'topUp', tokenId, 5n));
    await shows(lab, value(tokenId), 15n, 'value of 10 after a top-up of 5', evidence);
    const { expired } = await expiredPair(lab);
    const common = await commonClass(lab);
    await refuse(lab, common.by, kedge(lab, 'topUp', expired, 5n), 'the token had expired');
  }),
  extensionClause('P27.burn', words, ['IDATLifecycle'], async (lab) => {
    const { classId, by } = await newClass(lab);
    const tokenId = await newToken(lab, { classId, value: 10n });
    for (const actor of [by, lab.actors.stranger]) {
      await refuse(lab, actor, kedge(lab, 'burnValue', tokenId, 1n), "another's units");
    }
    const { evidence } = await succeed(lab, lab.actors.alice, kedge(lab, 'burnValue', tokenId, 4n));
    await shows(lab, value(tokenId), 6n, 'value of 10 after 4 were burned', evidence);
    await refuse(lab, lab.actors.alice, kedge(lab, 'burnValue', tokenId, 7n), 'the token had 6 units');
  }),
  extensionClause('P27.retire', words, ['IDATLifecycle'], async (lab) => {
    const { classId, own, others, by } = await twoShares(lab);
    const retire = kedge(lab, 'retireShare', own);
    for (const actor of [by, lab.actors.bob]) await refuse(lab, actor, retire, "another's share");
    await succeed(lab, lab.actors.alice, retire);
    const { evidence } = await settle(lab, classId, 500n);
    same(await pending(lab, own), 1_000n, 'pending of a share that was retired before the last 500', evidence);
    same(await pending(lab, others), 1_500n, 'pending of the only share that is left', evidence);
  }),
  extensionClause('P27.split', words, ['IDATLifecycle'], async (lab) => {
    const { classId, own, others } = await twoShares(lab);
    const { alice, bob } = lab.actors;
    const split = (share: number) =>
      kedge(lab, 'split', own, [
        { to: alice.address, units: 40n, share },
        { to: bob.address, units: 10n, share: 6 },
      ]);
    await refuse(lab, bob, split(4), "another's token");
    await refuse(lab, alice, split(5), 'the parts of a share of 10 were 5 and 6');
    const done = await succeed(lab, alice, split(4));
    const { evidence } = await settle(lab, classId, 2_000n);
    const parts = mintedIn(done);
    same(parts.length, 2, 'how many tokens a split into two parts mints', done.evidence);
    for (const [tokenId, units, earned] of [
      [own, 50n, 1_000n],
      [parts[0]!, 40n, 400n],
      [parts[1]!, 10n, 600n],
      [others, 100n, 2_000n],
    ] as const) {
      await shows(lab, value(tokenId), units, `value of token ${tokenId} after the split`, done.evidence);
      same(await pending(lab, tokenId), earned, `pending of token ${tokenId} after the split and 2,000 more`, evidence);
    }
  }),
  extensionClause('P27.merge', words, ['IDATLifecycle'], async (lab) => {
    const { classId } = await newClass(lab);
    const { alice, bob } = lab.actors;
    const [one, two, target] = [
      await newToken(lab, { classId, value: 10n }),
      await newToken(lab, { classId, value: 20n }),
      await newToken(lab, { classId, value: 5n }),
    ];
    const others = await newToken(lab, { classId, value: 7n, to: bob.address });
    await refuse(lab, bob, kedge(lab, 'merge', [one], others), "another's units");
    await refuse(lab, alice, kedge(lab, 'merge', [one, others], target), "another's units were among them");
    const { evidence } = await succeed(lab, alice, kedge(lab, 'merge', [one, two], target));
    await shows(lab, value(target), 35n, 'value of 5 after 10 and 20 were merged into it', evidence);
    await shows(lab, value(one), 0n, 'value of a token that was merged into another', evidence);
  }),
  extensionClause('P27.renew', 'renew before expiry only', ['IDATRenewals'], async (lab) => {
    const { classId, by } = await newClass(lab);
    const { alice, stranger } = lab.actors;
    const { expired } = await expiredPair(lab);
    const common = await commonClass(lab);
    const expireAt = await soon(lab);
    const tokenId = await newToken(lab, { classId, value: 10n, expireAt });
    const later = expireAt + day;
    await refuse(lab, common.by, kedge(lab, 'renew', expired, later), 'the token had expired');
    for (const actor of [alice, stranger]) {
      await refuse(lab, actor, kedge(lab, 'renew', tokenId, later), 'it may not mint');
    }
    const { evidence } = await succeed(lab, by, kedge(lab, 'renew', tokenId, later));
    await shows(lab, { name: 'expireAtOf', args: [tokenId] }, later, 'expiry after the renewal', evidence);
    await expire(lab, expireAt);
    await succeed(lab, alice, { name: 'recordUsage', args: [tokenId, metric, 1n] });
  }),
  extensionClause('P27.renew-share', 'renew before expiry only; shares by R22', ['IDATRenewals'], async (lab) => {
    const expireAt = await soon(lab);
    const { classId, own, others, by } = await twoShares(lab, expireAt);
    const { alice, bob } = lab.actors;
    const later = expireAt + day;
    await refuse(lab, alice, kedge(lab, 'renewShare', own, later), 'the issuer had offered nothing');
    await refuse(lab, alice, kedge(lab, 'offerShareRenewal', own, later), 'only the issuer offers');
    await succeed(lab, by, kedge(lab, 'offerShareRenewal', own, later));
    await refuse(lab, bob, kedge(lab, 'renewShare', own, later), "another's share");
    await refuse(lab, alice, kedge(lab, 'renewShare', own, later + 1n), 'an earlier expiry was offered');
    const done = await succeed(lab, alice, kedge(lab, 'renewShare', own, later));
    const [renewed] = mintedIn(done);
    await expire(lab, expireAt);
    const { evidence } = await settle(lab, classId, 2_000n);
    same(await pending(lab, own), 1_000n, 'pending of the share that ended', evidence);
    same(
      await pending(lab, renewed ?? 0n),
      1_000n,
      'pending of the share that was renewed, past its old expiry',
      evidence,
    );
    same(await pending(lab, others), 2_000n, 'pending of the other share', evidence);
  }),
  extensionClause(
    'P27.revoke',
    words,
    ['IDATRevocations', 'IDATOptions'],
    async (lab) => {
      const { alice, bob, stranger } = lab.actors;
      const { classId, by } = await boundClass(lab, { appealWindow: day });
      const tokenId = await newToken(lab, { classId, value: 10n, share: 1n });
      const others = await newToken(lab, { classId, share: 1n, to: bob.address });
      await settle(lab, classId, 2_000n);
      const announce = (of: bigint) => kedge(lab, 'announceRevocation', of, 'ipfs://reason');
      const unbound = await newClass(lab);
      const irrevocable = await newToken(lab, { classId: unbound.classId, value: 1n });
      await refuse(lab, unbound.by, announce(irrevocable), 'the class bound itself to no appeal window');
      await refuse(lab, stranger, announce(tokenId), 'only the issuer revokes');
      const revoke = kedge(lab, 'revoke', tokenId);
      await refuse(lab, by, revoke, 'no revocation had been announced');
      await succeed(lab, by, announce(tokenId));
      await refuse(lab, by, revoke, 'the window for an appeal was open');
      if (!lab.clock.canTravel) return 'a window lasts a day: its end is not waited for';
      const effectiveAt = async (): Promise<bigint> =>
        (await read<readonly [bigint, boolean]>(lab, kedge(lab, 'revocationOf', tokenId)))[0];
      await lab.clock.pass((await effectiveAt()) - 1_000n);
      await succeed(lab, alice, kedge(lab, 'appealRevocation', tokenId, 'ipfs://appeal'));
      await lab.clock.pass((await effectiveAt()) - 1_000n);
      await refuse(lab, by, revoke, 'the appeal had begun the window anew');
      await lab.clock.pass((await effectiveAt()) + 1n);
      const done = await succeed(lab, by, revoke);
      await shows(lab, value(tokenId), 0n, 'value after the revocation', done.evidence);
      const { evidence } = await settle(lab, classId, 1_000n);
      same(await pending(lab, tokenId), 1_000n, 'pending of the revoked share, which it had earned before', evidence);
      same(await pending(lab, others), 2_000n, 'pending of the share that is left', evidence);
      return undefined;
    },
    'Moves the clock of a development chain by two days.',
  ),
];
