import type { Clause } from '../clause.js';
import { ClauseFailed, NotApplicable, type Evidence } from '../outcome.js';
import { metric, recordCall, tooMany, valueToken } from '../lab/fixtures.js';
import { emitted } from '../lab/events.js';
import { prepare, read, refuse, same, shared, succeed, type Lab } from '../lab/lab.js';
import { approvedOperator, recorded, recorder } from './approvals.js';
import { exposes } from './interface.js';

/** Whether usage takes value. */
function quota(lab: Lab): Promise<{ readonly kind: 'hard' | 'soft' | bigint; readonly evidence: Evidence }> {
  return shared(lab, 'quota', async () => {
    const tokenId = await valueToken(lab);
    const { evidence } = await recorded(lab, tokenId, 300n);
    const left = await read<bigint>(lab, { name: 'valueOf', args: [tokenId] });
    if (left === 700n) return { kind: 'hard', evidence };
    return { kind: left === 1_000n ? 'soft' : left, evidence };
  });
}

/** Section 6.5: metering. */
export const usageClauses: readonly Clause[] = [
  exposes('recordUsage', {
    section: '6.5',
    words: 'function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external;',
    note: 'As the owner of the token, whom the preconditions name first; as its operator it is D6.5.operator.',
    check: async (lab) => {
      const tokenId = await valueToken(lab);
      await succeed(lab, lab.actors.alice, recordCall(tokenId, 1n));
    },
  }),
  {
    id: 'D6.5.operator',
    section: '6.5',
    level: 'MUST',
    words: 'Caller is `ownerOf(tokenId)` or an approved Class operator',
    note: 'That anyone else is refused is D11.unauthorized.',
    check: async (lab) => {
      await approvedOperator(lab);
      const tokenId = await valueToken(lab);
      await succeed(lab, lab.actors.operator, recordCall(tokenId, 1n));
    },
  },
  {
    id: 'D6.5.actor',
    section: '6.5',
    level: 'MUST',
    words: 'Emit `UsageRecorded(tokenId, metricType, amount, msg.sender)`',
    check: async (lab) => {
      await approvedOperator(lab);
      const { operator } = lab.actors;
      const tokenId = await valueToken(lab);
      const done = await prepare('the operator could not record', () =>
        succeed(lab, operator, recordCall(tokenId, 1n)),
      );
      emitted(lab, done, 'UsageRecorded', { tokenId, metricType: metric, amount: 1n, actor: operator.address });
    },
  },
  {
    id: 'D6.5.zero',
    section: '6.5',
    level: 'MUST',
    words: 'if `amount > 0`, decrement `value(tokenId)`',
    note: 'No precondition speaks of the amount: recording zero emits the event and takes nothing.',
    check: async (lab) => {
      const tokenId = await valueToken(lab);
      const done = await succeed(lab, await recorder(lab), recordCall(tokenId, 0n));
      same(await read(lab, { name: 'valueOf', args: [tokenId] }), 1_000n, 'value after recording zero', done.evidence);
    },
  },
  {
    id: 'D6.5.hard',
    section: '6.5',
    level: 'SHOULD',
    words: '**Hard-quota (RECOMMENDED):** if `amount > 0`, decrement `value(tokenId)`; revert on underflow',
    note: 'Whoever records: the owner, and its operator.',
    check: async (lab) => {
      const { kind, evidence } = await quota(lab);
      if (kind === 'soft') throw new ClauseFailed('usage takes no value: this is the optional soft quota', evidence);
      if (kind !== 'hard') throw new ClauseFailed(`recording 300 of 1,000 units left ${kind}`, evidence);
      await approvedOperator(lab);
      const { alice, operator } = lab.actors;
      const by = await recorder(lab);
      const tokenId = await valueToken(lab);
      for (const actor of [alice, operator])
        for (const amount of tooMany)
          await refuse(lab, actor, recordCall(tokenId, amount), `the token had 1,000 units, ${amount} were recorded`);
      const done = await prepare('the operator could not record', () =>
        succeed(lab, operator, recordCall(tokenId, 300n)),
      );
      const left = await read(lab, { name: 'valueOf', args: [tokenId] });
      same(left, 700n, 'value after the operator recorded 300 of 1,000 units', done.evidence);
      const last = await succeed(lab, by, recordCall(tokenId, 700n));
      same(await read(lab, { name: 'valueOf', args: [tokenId] }), 0n, 'value after all was recorded', last.evidence);
    },
  },
  {
    id: 'D6.5.soft',
    section: '6.5',
    level: 'MAY',
    words: '**Soft-quota (OPTIONAL profile):** no on-chain decrement; rely on events for off-chain reconciliation',
    check: async (lab) => {
      const { kind } = await quota(lab);
      if (kind !== 'soft') throw new NotApplicable('usage takes value');
      return 'usage takes no value';
    },
  },
];
