import type { Clause } from '../clause.js';
import type { Actor } from '../lab/accounts.js';
import { ClauseFailed, NotApplicable } from '../outcome.js';
import {
  claimCall,
  expire,
  expiredPair,
  expiryStory,
  newClass,
  newToken,
  payers,
  recordCall,
  settle,
  settleCall,
  soon,
  valueToken,
} from '../lab/fixtures.js';
import { eventsOf } from '../lab/events.js';
import { recorded, recorder } from './approvals.js';
import { ampleGas, prepare, refuse, same, sendAt, shared, shows, succeed, type Call, type Lab } from '../lab/lab.js';

const use = (tokenId: bigint): Call => recordCall(tokenId, 1n);

type Use = {
  /** Of a token that expires, and another one. */
  readonly call: (expiring: bigint, other: bigint) => Call;
  readonly by: Actor;
  readonly what: string;
};

/** One use in the last second of a token, and another in the one after. */
async function atEquality(lab: Lab, usable: Use, ended: Use): Promise<void> {
  const expireAt = await soon(lab);
  const [tokenId, other] = [await valueToken(lab, { expireAt }), await valueToken(lab)];
  const last = usable.call(tokenId, other);
  const tooLate = ended.call(tokenId, other);
  const lastGas = await ampleGas(lab, usable.by, last);
  const tooLateGas = await ampleGas(lab, ended.by, tooLate);
  await lab.clock.pass(expireAt - 1n);
  const at = await sendAt(lab, usable.by, last, { timestamp: expireAt, gas: lastGas });
  same(at.receipt.status, 'success', `${usable.what} in the second of expireAt`, at.evidence);
  const after = await sendAt(lab, ended.by, tooLate, { timestamp: expireAt + 1n, gas: tooLateGas });
  same(after.receipt.status, 'reverted', `${ended.what} one second after it`, after.evidence);
}

/**
 * The only share of a class expires, and is claimed for, which is an observation; the class has no active share then.
 */
export function shareless(lab: Lab): Promise<bigint> {
  return shared(lab, 'shareless', async () => {
    const { classId } = await newClass(lab);
    const expireAt = await soon(lab);
    const tokenId = await newToken(lab, { classId, share: 10n, expireAt });
    // A claim of nothing may be refused.
    await settle(lab, classId, 1_000n);
    const { alice } = lab.actors;
    await expire(lab, expireAt);
    const claim = claimCall(tokenId, alice.address);
    await prepare('an expired token could not be claimed for', () => succeed(lab, alice, claim));
    return classId;
  });
}

/** Sections 1 and 6.6: expiry. */
export const expiryClauses: readonly Clause[] = [
  {
    id: 'D1.expiry',
    section: '1',
    level: 'MUST',
    words: 'optional UNIX timestamp after which usage MUST be invalid',
    check: async (lab) => {
      const { expired, live } = await expiredPair(lab);
      await refuse(lab, await recorder(lab), use(expired), 'the token had expired');
      await recorded(lab, live, 1n);
    },
  },
  {
    id: 'D6.6.equality',
    section: '6.6',
    level: 'MUST',
    words: 'A token with `expireAt != 0 && now > expireAt` is **expired** for usage/value ops.',
    note: 'In the very second of expireAt it is still valid. Needs a chain whose time can be set.',
    check: async (lab) => {
      lab.clock.requireTravel();
      const usage = { call: use, by: await recorder(lab), what: 'usage' };
      const call = (from: bigint, to: bigint): Call => ({ name: 'transferValue', args: [from, to, 1n] });
      const move = { call, by: lab.actors.alice, what: 'a transfer of value' };
      await atEquality(lab, usage, move);
      await atEquality(lab, move, usage);
    },
  },
  {
    id: 'D6.6.once',
    section: '6.6',
    level: 'MUST',
    words: 'On first observation:',
    note: 'Expired is emitted once a token.',
    check: async (lab) => {
      const { observed, expired, shareless } = await expiryStory(lab);
      const events = observed.flatMap((done) =>
        eventsOf(lab, done, 'Expired').map(({ tokenId }) => ({ tokenId, done })),
      );
      for (const id of [expired, shareless]) {
        const own = events.filter(({ tokenId }) => tokenId === id);
        if (own.length > 1) throw new ClauseFailed(`Expired was emitted ${own.length} times`, own[1]!.done.evidence);
      }
      const other = events.find(({ tokenId }) => tokenId !== expired && tokenId !== shareless);
      if (other !== undefined)
        throw new ClauseFailed('Expired was emitted for a token that has not expired', other.done.evidence);
      return events.length === 0 ? 'never emitted: see D4.Expired' : 'once';
    },
  },
  {
    id: 'D6.6.shareless',
    section: '6.6',
    level: 'MUST',
    words: 'Emit `Expired(tokenId)`',
    note: 'A token without a share expires, too, and a claim for it or its transfer observes that, where either is allowed.',
    check: async (lab) => {
      const { observed, shareless, sharelessActs } = await expiryStory(lab);
      const events = observed.flatMap((done) => eventsOf(lab, done, 'Expired'));
      if (events.some(({ tokenId }) => tokenId === shareless)) return;
      if (sharelessActs === 0) throw new NotApplicable('neither a claim for such a token nor its transfer is allowed');
      throw new ClauseFailed('Expired was not emitted for a token without a share', observed.at(-1)!.evidence);
    },
  },
  {
    id: 'D6.6.total',
    section: '6.6',
    level: 'MUST',
    words: 'Set `countedInShare = false` and reduce Class `totalShare` by `shareRatio`',
    note: 'Seen from outside: once observed, an expired share takes no part of a settlement.',
    check: async (lab) => {
      const { settled, livePendingBefore, livePendingAfter, last } = await expiryStory(lab);
      const gained = livePendingAfter - livePendingBefore;
      const what = 'what the only unexpired share earned of 400,000 after the expiry of the other was observed';
      same(gained, settled, what, last.evidence);
    },
  },
  {
    id: 'D6.6.none-left',
    section: '6.6',
    level: 'MUST',
    words: 'reduce Class `totalShare` by `shareRatio`',
    note: 'With section 11: when the last share has expired and that was observed, a settlement reverts.',
    check: async (lab) => {
      const classId = await shareless(lab);
      for (const payer of [lab.actors.bob, ...payers(lab, classId)])
        await refuse(lab, payer, settleCall(classId, 1_000n), 'the only share had expired');
    },
  },
  {
    id: 'D6.6.keeps',
    section: '6.6',
    level: 'MUST',
    words: 'Expiry does **not** burn the token nor transfer ownership.',
    check: async (lab) => {
      const { expired } = await expiryStory(lab);
      const { alice } = lab.actors;
      await shows(lab, { name: 'ownerOf', args: [expired] }, alice.address, 'owner of an expired token');
      await shows(lab, { name: 'valueOf', args: [expired] }, 10n, 'value of an expired token');
    },
  },
];
