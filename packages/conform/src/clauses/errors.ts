import { ClauseFailed, NotApplicable, type Clause } from '../clause.js';
import { commonClass, expiredPair, metric, newClass, newToken, settleCall, valueToken } from '../lab/fixtures.js';
import { isDescriptive, revertReason } from '../lab/chainCall.js';
import { deployAsset, refuseListed, type Lab } from '../lab/lab.js';
import { approvedOperator } from './approvals.js';

const must = (id: string, words: string, check: (lab: Lab) => Promise<void>, note?: string): Clause => ({
  id: `D11.${id}`,
  section: '11',
  level: 'MUST',
  words,
  ...(note === undefined ? {} : { note }),
  check,
});

const valueWords = 'Value underflow / class mismatch in `transferValue`';

/** Section 11: what must revert. */
export const errorClauses: readonly Clause[] = [
  must('underflow', valueWords, async (lab) => {
    const [from, to] = [await valueToken(lab), await valueToken(lab)];
    const call = { name: 'transferValue', args: [from, to, 1_001n] };
    await refuseListed(lab, lab.actors.alice, call, 'the source had 1,000 units, 1,001 were moved');
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
    'Unauthorized calls (neither owner nor approved Class operator)',
    async (lab) => {
      const { classId } = await commonClass(lab);
      const { bob, stranger } = lab.actors;
      const [tokenId, other] = [await valueToken(lab), await newToken(lab, { classId, value: 10n, to: bob.address })];
      const why = 'neither owner nor approved operator of the token';
      for (const actor of [stranger, bob]) {
        await refuseListed(lab, actor, { name: 'recordUsage', args: [tokenId, metric, 1n] }, why);
        await refuseListed(lab, actor, { name: 'transferValue', args: [tokenId, other, 1n] }, why);
        await refuseListed(lab, actor, { name: 'transferToken', args: [tokenId, actor.address] }, why);
      }
    },
    'Tried on recordUsage, transferValue and transferToken. The text says nowhere who may claim: see P11. A mint by a stranger is not counted, for section 6.2 restricts nobody: see P16.',
  ),
  must(
    'no-share',
    'Settlement when `totalShare == 0`',
    async (lab) => {
      const { classId } = await newClass(lab);
      await newToken(lab, { classId, value: 10n });
      const { alice } = lab.actors;
      await refuseListed(lab, alice, settleCall(classId, 1_000n), 'the class has no share (ETH)');
      const asset = await deployAsset(lab);
      await refuseListed(lab, alice, settleCall(classId, 1_000n, asset), 'the class has no share (ERC-20)');
    },
    'Section 6.7 says "increases iff totalShare > 0", which would let it pass in silence; section 11 decides.',
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
