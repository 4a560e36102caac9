import type { Clause } from '../clause.js';
import { ClauseFailed } from '../outcome.js';
import { expiredPair, newClass, newToken, soon, valueToken } from '../lab/fixtures.js';
import { attempt, prepare, read, refuse, same, send, shows, succeed, type Lab } from '../lab/lab.js';
import { approvedOperator } from './approvals.js';
import { exposes } from './interface.js';

const valueOf = (lab: Lab, tokenId: bigint): Promise<bigint> => read(lab, { name: 'valueOf', args: [tokenId] });

const move = (from: bigint, to: bigint, value: bigint) => ({ name: 'transferValue', args: [from, to, value] });

const refusal = (id: string, words: string, check: (lab: Lab) => Promise<void>): Clause => ({
  id: `D6.4.${id}`,
  section: '6.4',
  level: 'MUST',
  words,
  check,
});

const expiredWords = 'Both tokens non-expired (`expireAt == 0 || now <= expireAt`)';

/** Section 6.4: moving value. */
export const valueClauses: readonly Clause[] = [
  exposes('transferValue', {
    section: '6.4',
    words: 'function transferValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) external;',
    check: async (lab) => {
      const [from, to] = [await valueToken(lab), await valueToken(lab)];
      await succeed(lab, lab.actors.alice, move(from, to, 1n));
    },
  }),
  {
    id: 'D6.4.effects',
    section: '6.4',
    level: 'MUST',
    words: 'Decrement `value(fromTokenId)`, increment `value(toTokenId)`',
    check: async (lab) => {
      const { alice, bob } = lab.actors;
      const [from, to] = [await valueToken(lab), await valueToken(lab, { to: bob.address })];
      for (const [value, left] of [
        [400n, 600n],
        [600n, 0n],
      ] as const) {
        const { evidence } = await succeed(lab, alice, move(from, to, value));
        same(await valueOf(lab, from), left, 'value of the source', evidence);
        same(await valueOf(lab, to), 2_000n - left, 'value of the destination', evidence);
      }
    },
  },
  {
    id: 'D6.4.only-value',
    section: '6.4',
    level: 'MUST',
    words: 'Decrement `value(fromTokenId)`, increment `value(toTokenId)`, emit `ValueTransferred`.',
    note: 'Nothing else of the two tokens changes.',
    check: async (lab) => {
      const { alice, bob } = lab.actors;
      const { classId } = await newClass(lab);
      const expireAt = (await soon(lab)) + 10_000_000n;
      const from = await newToken(lab, { classId, value: 9n, share: 6n });
      const to = await newToken(lab, { classId, value: 9n, share: 2n, expireAt, to: bob.address });
      const { evidence } = await prepare('value could not be transferred', () =>
        succeed(lab, alice, move(from, to, 5n)),
      );
      for (const [name, ofSource, ofDestination] of [
        ['ownerOf', alice.address, bob.address],
        ['shareRatioOf', 6n, 2n],
        ['expireAtOf', 0n, expireAt],
      ] as const) {
        await shows(lab, { name, args: [from] }, ofSource, `${name} of the source`, evidence);
        await shows(lab, { name, args: [to] }, ofDestination, `${name} of the destination`, evidence);
      }
    },
  },
  {
    id: 'D6.4.self',
    section: '6.4',
    level: 'MUST',
    words: 'Decrement `value(fromTokenId)`, increment `value(toTokenId)`',
    note: 'With one token as source and destination the two cancel out: a revert and an unchanged value both conform.',
    check: async (lab) => {
      const tokenId = await valueToken(lab);
      const { alice } = lab.actors;
      if ((await attempt(lab, alice, move(tokenId, tokenId, 400n))).reverted) return 'reverts';
      const { transactionHash: hash } = await send(lab, alice, move(tokenId, tokenId, 400n));
      const after = await valueOf(lab, tokenId);
      if (after === 1_000n) return 'leaves the value as it is';
      throw new ClauseFailed(`moving 400 of 1,000 units from a token to itself leaves ${after}`, {
        kind: 'transaction',
        hash,
      });
    },
  },
  {
    id: 'D6.4.operator',
    section: '6.4',
    level: 'MUST',
    words: 'Caller is `ownerOf(fromTokenId)` or an approved Class operator',
    note: 'That anyone else is refused is D11.unauthorized. The owner of the destination is not asked.',
    check: async (lab) => {
      await approvedOperator(lab);
      const [from, to] = [await valueToken(lab), await valueToken(lab)];
      const { evidence } = await succeed(lab, lab.actors.operator, move(from, to, 1n));
      same(await valueOf(lab, from), 999n, 'value of the source', evidence);
    },
  },
  refusal('positive', '`value > 0` and `valueOf(fromTokenId) >= value`', async (lab) => {
    const [from, to] = [await valueToken(lab), await valueToken(lab)];
    await refuse(lab, lab.actors.alice, move(from, to, 0n), 'the value moved is zero');
  }),
  refusal('expired-source', expiredWords, async (lab) => {
    const { expired, live } = await expiredPair(lab);
    await refuse(lab, lab.actors.alice, move(expired, live, 1n), 'the source has expired');
  }),
  refusal('expired-destination', expiredWords, async (lab) => {
    const { expired, live } = await expiredPair(lab);
    await refuse(lab, lab.actors.alice, move(live, expired, 1n), 'the destination has expired');
  }),
];
