import type { Clause } from '../clause.js';
import {
  eth,
  firstAllowed,
  makers,
  newClass,
  newToken,
  payers,
  pending,
  recordCall,
  settle,
  settleCall,
  shareClass,
  soon,
  tryMint,
  unlessRefused,
  witness,
} from '../lab/fixtures.js';
import { emitted } from '../lab/events.js';
import { ampleGas, despiteOthers, prepare, same, sendAt, shows, succeed } from '../lab/lab.js';
import { exposes } from './interface.js';

/** Section 6.2: minting and ownership. */
export const tokenClauses: readonly Clause[] = [
  exposes('mint', {
    section: '6.2',
    words:
      'function mint( uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt ) external returns (uint256 tokenId);',
    check: (lab) =>
      despiteOthers(async () => {
        const { classId } = await newClass(lab);
        const ours = await newClass(lab, [await witness(lab), ...makers(lab)]);
        const first = await tryMint(lab, { classId, value: 1n });
        const second = await tryMint(lab, { classId: ours.classId, value: 2n });
        same(first.tokenId === second.tokenId, false, 'that two mints make one id', second.done.evidence);
        same(second.done.result, second.tokenId, 'what mint returns', second.done.evidence);
        await shows(lab, { name: 'valueOf', args: [first.tokenId] }, 1n, 'value of the first token');
        await shows(lab, { name: 'valueOf', args: [second.tokenId] }, 2n, 'value of the second token');
        return `by ${first.by.name}`;
      }),
  }),
  exposes('transferToken', {
    section: '6.2',
    words: 'function transferToken(uint256 tokenId, address to) external;',
    check: async (lab) => {
      const { alice, bob } = lab.actors;
      const { classId } = await newClass(lab);
      const expireAt = (await soon(lab)) + 10_000_000n;
      const tokenId = await newToken(lab, { classId, value: 9n, share: 3n, expireAt });
      const { evidence } = await succeed(lab, alice, { name: 'transferToken', args: [tokenId, bob.address] });
      for (const [name, expected] of [
        ['ownerOf', bob.address],
        ['classOf', classId],
        ['valueOf', 9n],
        ['shareRatioOf', 3n],
        ['expireAtOf', expireAt],
      ] as const) {
        await shows(lab, { name, args: [tokenId] }, expected, `${name} after the transfer`, evidence);
      }
      await succeed(lab, bob, { name: 'transferToken', args: [tokenId, alice.address] });
    },
  }),
  {
    id: 'D6.2.emits',
    section: '6.2',
    level: 'MUST',
    words: 'MUST emit `Minted` and `TransferToken` when applicable.',
    note: '"When applicable" is read as: Minted at mints, TransferToken at transfers. Whether a mint is a transfer from zero is left open.',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      const { alice, bob } = lab.actors;
      const { tokenId, done } = await prepare('no token could be minted', () => tryMint(lab, { classId }));
      emitted(lab, done, 'Minted', { tokenId });
      const moved = await prepare('the token could not be transferred', () =>
        succeed(lab, alice, { name: 'transferToken', args: [tokenId, bob.address] }),
      );
      emitted(lab, moved, 'TransferToken', { tokenId });
    },
  },
  {
    id: 'D6.2.participates',
    section: '6.2',
    level: 'MUST',
    words: 'If `shareRatio > 0`, the token participates in `totalShare` until expiry.',
    note: 'Also once its value is used up, where it may be. What happens at expiry is D6.6.total.',
    check: async (lab) => {
      const { classId, tokens } = await shareClass(lab, [{ share: 1n, value: 5n }, 3n, 0n]);
      await unlessRefused(lab, lab.actors.alice, recordCall(tokens[0]!, 5n));
      const { evidence } = await settle(lab, classId, 4_000n);
      const expected = [1_000n, 3_000n, 0n];
      for (const [index, tokenId] of tokens.entries()) {
        const share = [1n, 3n, 0n][index];
        const what = `pending of the share ${share} of 4, after 4,000`;
        same(await pending(lab, tokenId, eth), expected[index], what, evidence);
      }
    },
  },
  {
    id: 'D6.2.until',
    section: '6.2',
    level: 'MUST',
    words: 'the token participates in `totalShare` until expiry.',
    note: 'With section 6.6: in the very second of expireAt it has not expired. Needs a chain whose time can be set.',
    check: async (lab) => {
      lab.clock.requireTravel();
      const expireAt = await soon(lab);
      const { classId, tokens } = await shareClass(lab, [{ share: 1n, expireAt }]);
      const call = settleCall(classId, 1_000n);
      const { by } = await prepare('revenue could not be settled', () => firstAllowed(lab, payers(lab, classId), call));
      const gas = await ampleGas(lab, by, call);
      await lab.clock.pass(expireAt - 1n);
      const at = await sendAt(lab, by, call, { timestamp: expireAt, gas });
      same(at.receipt.status, 'success', 'a settlement in the second in which the only share expires', at.evidence);
      same(await pending(lab, tokens[0]!), 1_000n, 'what that share earned', at.evidence);
    },
  },
];
