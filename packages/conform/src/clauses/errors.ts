import type { Clause } from '../clause.js';
import { ClauseFailed, NotApplicable } from '../outcome.js';
import {
  claimCall,
  expiredPair,
  metric,
  newClass,
  newToken,
  payers,
  settle,
  settleCall,
  shareClass,
  tooMany,
  valueToken,
} from '../lab/fixtures.js';
import { isDescriptive, revertReason } from '../lab/chainCall.js';
import { deployAsset } from '../lab/assetProbe.js';
import { prepare, refuseListed, succeed, type Lab } from '../lab/lab.js';
import { approvedOperator, outsiders } from './approvals.js';

const must = (id: string, words: string, check: (lab: Lab) => Promise<void>, note?: string): Clause => ({
  id: `D11.${id}`,
  section: '11',
  level: 'MUST',
  words,
  ...(note === undefined ? {} : { note }),
  check,
});

const unauthorizedWords = 'Unauthorized calls (neither owner nor approved Class operator)';
const unauthorized = 'neither owner nor approved operator of the token';

const valueWords = 'Value underflow / class mismatch in `transferValue`';

/** Section 11: what must revert. */
export const errorClauses: readonly Clause[] = [
  must('underflow', valueWords, async (lab) => {
    const [from, to] = [await valueToken(lab), await valueToken(lab)];
    for (const value of tooMany) {
      const call = { name: 'transferValue', args: [from, to, value] };
      await refuseListed(lab, lab.actors.alice, call, `the source had 1,000 units, ${value} were moved`);
    }
  }),
  must('class-mismatch', valueWords, async (lab) => {
    const { classId } = await newClass(lab);
    const [from, to] = [await valueToken(lab), await newToken(lab, { classId })];
    const call = { name: 'transferValue', args: [from, to, 1n] };
    await refuseListed(lab, lab.actors.alice, call, 'the tokens are of different classes');
  }),
  must('expired', 'Expired token usage', async (lab) => {
    await approvedOperator(lab);
    const { expired } = await expiredPair(lab);
    const { alice, operator } = lab.actors;
    for (const actor of [alice, operator]) {
      const call = { name: 'recordUsage', args: [expired, metric, 1n] };
      await refuseListed(lab, actor, call, 'the token had expired');
    }
  }),
  must(
    'unauthorized',
    unauthorizedWords,
    async (lab) => {
      const { classId, others, actors } = await outsiders(lab);
      const tokenId = await newToken(lab, { classId, value: 10n });
      for (const actor of actors) {
        await refuseListed(lab, actor, { name: 'recordUsage', args: [tokenId, metric, 1n] }, unauthorized);
        await refuseListed(lab, actor, { name: 'transferValue', args: [tokenId, others, 1n] }, unauthorized);
        await refuseListed(lab, actor, { name: 'transferToken', args: [tokenId, actor.address] }, unauthorized);
      }
    },
    "Tried on recordUsage, transferValue and transferToken, by a stranger, the class's creator, another holder, and an operator whom only that holder approved. A mint by a stranger is not counted, for section 6.2 restricts nobody: see P16.",
  ),
  must(
    'former-owner',
    unauthorizedWords,
    async (lab) => {
      const { alice, bob, operator } = lab.actors;
      const { classId, tokens } = await shareClass(lab, [{ share: 1n, value: 10n }]);
      const [tokenId] = tokens as [bigint];
      const own = await newToken(lab, { classId });
      await settle(lab, classId, 2_000n);
      await prepare('the token could not be transferred', async () => {
        await succeed(lab, alice, { name: 'approveForClass', args: [classId, operator.address, true] });
        await succeed(lab, alice, { name: 'transferToken', args: [tokenId, bob.address] });
      });
      for (const actor of [alice, operator]) {
        for (const call of [
          { name: 'recordUsage', args: [tokenId, metric, 1n] },
          { name: 'transferValue', args: [tokenId, own, 1n] },
          { name: 'transferToken', args: [tokenId, actor.address] },
          claimCall(tokenId, actor.address),
        ]) {
          await refuseListed(lab, actor, call, 'the token belongs to another now');
        }
      }
    },
    'Whoever had the token before, and the operator that it approved.',
  ),
  must(
    'claim',
    unauthorizedWords,
    async (lab) => {
      const { classId, actors } = await outsiders(lab);
      const tokenId = await newToken(lab, { classId, share: 1n });
      await settle(lab, classId, 2_000n);
      for (const actor of actors) await refuseListed(lab, actor, claimCall(tokenId, actor.address), unauthorized);
    },
    'The same callers, each claiming to itself. Whether anyone may trigger a payment to the owner is left open: see P11.',
  ),
  must(
    'no-share',
    'Settlement when `totalShare == 0`',
    async (lab) => {
      const { classId } = await newClass(lab);
      await newToken(lab, { classId, value: 10n });
      const asset = await deployAsset(lab);
      const { classId: known } = await shareClass(lab, [1n]);
      const refused = async (id: bigint, why: string): Promise<void> => {
        for (const payer of payers(lab, id)) {
          await refuseListed(lab, payer, settleCall(id, 1_000n), `${why} (ETH)`);
          await refuseListed(lab, payer, settleCall(id, 1_000n, asset), `${why} (ERC-20)`);
        }
      };
      await refused(classId, 'the class has no share');
      // Whatever its id is, these are ids, too; to whoever looks at the lower half only, the second is of a class with a share.
      for (const unknown of [known ^ (2n ** 127n), known ^ (2n ** 128n)])
        await refused(unknown, 'there is no such class');
    },
    'A class that was never created has no share either. Section 6.7 says "increases iff totalShare > 0", which would let it pass in silence; section 11 decides.',
  ),
  {
    id: 'D11.strings',
    section: '11',
    level: 'SHOULD',
    words: 'SHOULD use descriptive revert strings.',
    note: 'A custom error says as much as a string and counts as one. Looked at: the reverts of the other clauses of section 11.',
    check: async (lab) => {
      const bare = [...lab.refusals].find(([, { data }]) => !isDescriptive(data));
      if (lab.refusals.size === 0) throw new NotApplicable('no revert was seen', { isUnchecked: true });
      if (bare === undefined) return `${lab.refusals.size} reverts are descriptive`;
      const [why, { data, evidence }] = bare;
      throw new ClauseFailed(`the revert because ${why} says ${revertReason(data)}`, evidence);
    },
  },
];
