import type { Clause } from '../clause.js';
import { ClauseFailed } from '../outcome.js';
import {
  claimCall,
  expiredPair,
  metric,
  pending,
  payers,
  pendingCall,
  settle,
  settleCall,
  shareClass,
} from '../lab/fixtures.js';
import { asProbe, assetModes, deployAsset } from '../lab/assetProbe.js';
import { attempt, prepare, refuse, same, send, shows, succeed } from '../lab/lab.js';
import { approvedOperator } from './approvals.js';

const returnWords = '[ERC-20](./eip-20.md) transfers MUST check return values';
const section = 'Security';
const level = 'MUST';

/** Security considerations with a MUST. */
export const securityClauses: readonly Clause[] = [
  {
    id: 'DS.overflow',
    section,
    level,
    words: 'Settlement index arithmetic MUST guard against overflows',
    note: 'A settlement that is too large reverts, or is credited right.',
    check: async (lab) => {
      const asset = await deployAsset(lab);
      const { classId, tokens } = await shareClass(lab, [1_000n]);
      const { by } = await settle(lab, classId, 1_000n, asset);
      let credited = 1_000n;
      for (const bits of [64n, 96n, 112n, 128n, 200n, 250n, 255n]) {
        const amount = 2n ** bits;
        await asProbe(lab, asset, 'mint', [by.address, amount]);
        const call = settleCall(classId, amount, asset);
        if ((await attempt(lab, by, call)).reverted) continue;
        const { evidence } = await succeed(lab, by, call);
        credited += amount;
        const { data, reverted } = await attempt(lab, by, {
          name: 'pendingRevenue',
          args: [tokens[0]!, asset],
        });
        const shown = reverted ? 'nothing: the view reverts' : BigInt(data);
        if (typeof shown !== 'bigint' || shown > credited || credited - shown > 1_000n) {
          throw new ClauseFailed(`after a settlement of ${amount} the only share's pending is ${shown}`, evidence);
        }
      }
      await settle(lab, classId, 500n);
      await shows(lab, pendingCall(tokens[0]!), 500n, 'pending in ETH after that');
    },
  },
  {
    id: 'DS.returns-settle',
    section,
    level,
    words: returnWords,
    note: 'The asset moves nothing and returns false.',
    check: async (lab) => {
      const asset = await deployAsset(lab, 'falseReturn');
      const { classId } = await shareClass(lab, [1n]);
      for (const payer of payers(lab, classId))
        await refuse(lab, payer, settleCall(classId, 1_000n, asset), 'transferFrom returned false');
    },
  },
  {
    id: 'DS.returns-claim',
    section,
    level,
    words: returnWords,
    note: 'The asset paid in well and returns false when it is to be paid out: the claim reverts, or leaves it pending.',
    check: async (lab) => {
      const { alice } = lab.actors;
      const asset = await deployAsset(lab);
      const { classId, tokens } = await shareClass(lab, [1n]);
      const [tokenId] = tokens as [bigint];
      await settle(lab, classId, 1_000n, asset);
      await prepare('the probe failed', () => asProbe(lab, asset, 'setMode', [assetModes.falseReturn]));
      const claim = claimCall(tokenId, lab.actors.stranger.address, asset);
      if ((await attempt(lab, alice, claim)).reverted) return 'reverts';
      const { transactionHash: hash } = await send(lab, alice, claim);
      const evidence = { kind: 'transaction', hash } as const;
      same(await pending(lab, tokenId, asset), 1_000n, 'pending after a claim whose transfer returned false', evidence);
      return 'leaves it pending';
    },
  },
  {
    id: 'DS.expiry',
    section,
    level,
    words: 'All usage/value ops MUST validate expiry.',
    note: 'Tried as the operator; as the owner it is D1.expiry and D6.4.expired-source.',
    check: async (lab) => {
      await approvedOperator(lab);
      const { operator } = lab.actors;
      const { expired, live } = await expiredPair(lab);
      const why = 'the token had expired';
      await refuse(lab, operator, { name: 'recordUsage', args: [expired, metric, 0n] }, why);
      await refuse(lab, operator, { name: 'transferValue', args: [expired, live, 1n] }, why);
      await refuse(lab, operator, { name: 'transferValue', args: [live, expired, 1n] }, why);
    },
  },
  {
    id: 'DS.restrict',
    section,
    level: 'SHOULD',
    words: 'Restrict `recordUsage` to approved Class operators; rate-limit and log via events.',
    note: 'Advice without a keyword, which section 6.5 contradicts: the owner may record, too. So only a stranger must be refused.',
    check: async (lab) => {
      const { live } = await expiredPair(lab);
      const call = { name: 'recordUsage', args: [live, metric, 1n] };
      await refuse(lab, lab.actors.stranger, call, 'neither owner nor approved operator');
    },
  },
];
