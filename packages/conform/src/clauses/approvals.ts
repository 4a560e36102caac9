import type { Clause } from '../clause.js';
import type { Actor } from '../lab/accounts.js';
import {
  commonClass,
  firstAllowed,
  metric,
  newClass,
  newToken,
  recordCall,
  valueToken,
  type DoneBy,
} from '../lab/fixtures.js';
import { attempt, prepare, refuse, shared, shows, succeed, type Call, type Lab } from '../lab/lab.js';
import { exposes } from './interface.js';

/** Makes `operator` alice's operator in the common class, once. */
export function approvedOperator(lab: Lab): Promise<void> {
  return shared(lab, 'approved operator', async () => {
    const { classId } = await commonClass(lab);
    const { alice, operator } = lab.actors;
    const call = { name: 'approveForClass', args: [classId, operator.address, true] };
    await prepare('no operator could be approved', () => succeed(lab, alice, call));
  });
}

/** Who records usage of alice's tokens in the common class: she, or her operator where no holder may. Found by trying, once. */
export function recorder(lab: Lab): Promise<Actor> {
  return shared(lab, 'recorder', async () => {
    const { alice, operator } = lab.actors;
    const call = recordCall(await valueToken(lab), 1n);
    if (!(await attempt(lab, alice, call)).reverted) return alice;
    await approvedOperator(lab);
    const { by } = await prepare('usage could not be recorded', () => firstAllowed(lab, [alice, operator], call));
    return by;
  });
}

/** Who records usage of alice's tokens in a class. */
export async function recorderIn(lab: Lab, classId: bigint): Promise<Actor> {
  const by = await recorder(lab);
  const { alice, operator } = lab.actors;
  if (by === alice) return by;
  const call = { name: 'approveForClass', args: [classId, operator.address, true] };
  await prepare('no operator could be approved', () => succeed(lab, alice, call));
  return by;
}

/** Records usage of a token of alice's in the common class, as whoever may. */
export async function recorded(lab: Lab, tokenId: bigint, amount: bigint): Promise<DoneBy> {
  const by = await recorder(lab);
  const done = await prepare('usage could not be recorded', () => succeed(lab, by, recordCall(tokenId, amount)));
  return { ...done, by };
}

/**
 * A class of its own, and everybody in it who is neither alice nor her operator: a stranger, who made the class, another
 * holder, and the operator of that holder alone.
 */
export function outsiders(lab: Lab) {
  return shared(lab, 'outsiders', async () => {
    const { classId, by } = await newClass(lab);
    const { bob, operator, stranger } = lab.actors;
    const others = await newToken(lab, { classId, value: 10n, share: 1n, to: bob.address });
    const call = { name: 'approveForClass', args: [classId, operator.address, true] };
    await prepare('no operator could be approved', () => succeed(lab, bob, call));
    return { classId, others, actors: [stranger, by, bob, operator] };
  });
}

/** Section 6.3: class operators. */
export const approvalClauses: readonly Clause[] = [
  exposes('approveForClass', {
    section: '6.3',
    words: 'function approveForClass(uint256 classId, address operator, bool approved) external;',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      const { bob, operator } = lab.actors;
      const approve = { name: 'approveForClass', args: [classId, operator.address, true] };
      await succeed(lab, bob, approve);
      await succeed(lab, bob, { ...approve, args: [classId, operator.address, false] });
    },
  }),
  exposes('isApprovedForClass', {
    section: '6.3',
    words:
      'function isApprovedForClass(address owner, uint256 classId, address operator) external view returns (bool);',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      const { alice, bob, operator, stranger } = lab.actors;
      const approve = (approved: boolean) =>
        prepare('nobody could be approved', () =>
          succeed(lab, bob, { name: 'approveForClass', args: [classId, operator.address, approved] }),
        );
      const isApproved = (owner: Actor, approved: Actor): Call => ({
        name: 'isApprovedForClass',
        args: [owner.address, classId, approved.address],
      });
      await shows(lab, isApproved(bob, operator), false, 'isApprovedForClass before an approval');
      const { evidence } = await approve(true);
      await shows(lab, isApproved(bob, operator), true, 'isApprovedForClass after an approval', evidence);
      await shows(
        lab,
        isApproved(alice, operator),
        false,
        'isApprovedForClass for an owner who approved nobody',
        evidence,
      );
      await shows(
        lab,
        isApproved(bob, stranger),
        false,
        'isApprovedForClass for an operator whom nobody approved',
        evidence,
      );
      const revoked = await approve(false);
      await shows(lab, isApproved(bob, operator), false, 'isApprovedForClass after its end', revoked.evidence);
    },
  }),
  {
    id: 'D6.3.operators',
    section: '6.3',
    level: 'MAY',
    words: 'Approved **Class operators** MAY act for the owner in **usage** and **value** ops within that Class.',
    note: 'That they can is a precondition of sections 6.4 and 6.5 and tried there.',
    check: async (lab) => {
      await approvedOperator(lab);
      const { operator } = lab.actors;
      const [tokenId, other] = [await valueToken(lab), await valueToken(lab)];
      const use = await attempt(lab, operator, { name: 'recordUsage', args: [tokenId, metric, 1n] });
      const move = await attempt(lab, operator, { name: 'transferValue', args: [tokenId, other, 1n] });
      const can = (reverted: boolean): string => (reverted ? 'cannot' : 'can');
      return `an operator ${can(use.reverted)} record usage and ${can(move.reverted)} move value`;
    },
  },
  {
    id: 'D6.3.within',
    section: '6.3',
    level: 'MUST',
    words: 'within that Class',
    check: async (lab) => {
      await approvedOperator(lab);
      const { classId } = await newClass(lab);
      const { operator } = lab.actors;
      const [tokenId, other] = [
        await newToken(lab, { classId, value: 10n }),
        await newToken(lab, { classId, value: 10n }),
      ];
      const why = 'the approval was for another class';
      await refuse(lab, operator, { name: 'recordUsage', args: [tokenId, metric, 1n] }, why);
      await refuse(lab, operator, { name: 'transferValue', args: [tokenId, other, 1n] }, why);
    },
  },
  {
    id: 'D6.3.revoked',
    section: '6.3',
    level: 'MUST',
    words: 'Approved **Class operators**',
    note: 'An operator whose approval was taken back is no longer approved.',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      const { alice, operator } = lab.actors;
      const tokenId = await newToken(lab, { classId, value: 10n });
      const other = await newToken(lab, { classId });
      await prepare('approvals could not be given and taken', async () => {
        for (const approved of [true, false]) {
          await succeed(lab, alice, { name: 'approveForClass', args: [classId, operator.address, approved] });
        }
      });
      const why = 'the approval had been taken back';
      await refuse(lab, operator, { name: 'recordUsage', args: [tokenId, metric, 1n] }, why);
      await refuse(lab, operator, { name: 'transferValue', args: [tokenId, other, 1n] }, why);
    },
  },
];
