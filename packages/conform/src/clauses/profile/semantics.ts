import { dataAnchoringTokenAbi, metricLabels, metricTypeOf } from '@kedge/core';
import { encodeEventTopics, keccak256, toHex, type Abi } from 'viem';
import type { Clause } from '../../clause.js';
import { ClauseFailed } from '../../outcome.js';
import {
  claimCall,
  eth,
  expire,
  newClass,
  newToken,
  pending,
  recordCall,
  settle,
  shareClass,
  soon,
  tryMint,
  valueToken,
} from '../../lab/fixtures.js';
import { holdings } from '../../lab/assetProbe.js';
import { emitted } from '../../lab/events.js';
import { ampleGas, prepare, read, refuse, same, sendAt, shows, succeed, type Done, type Lab } from '../../lab/lab.js';
import { approvedOperator, recorder, recorderIn } from '../approvals.js';
import { updatePolicy } from '../classes.js';
import { supports } from '../optional.js';
import { clause, extensionClause, kedge } from './extension.js';

const valueOf = (lab: Lab, tokenId: bigint): Promise<bigint> => read(lab, { name: 'valueOf', args: [tokenId] });

function companion(lab: Lab, { receipt, evidence }: Done, eventName: string): void {
  const [topic] = encodeEventTopics({ abi: dataAnchoringTokenAbi as Abi, eventName });
  if (receipt.logs.some(({ topics }) => topics[0] === topic)) return;
  throw new ClauseFailed(`the companion event ${eventName} was not emitted`, evidence);
}

const p33 = 'Per class: refundable to the holder (default) or revenue of the class';

/** A token of alice's of 11 units, sold for 5,506 wei at 1,001 for two, that expires soon. */
async function soldToken(lab: Lab, lotTerms: { readonly operatorBps: number; readonly expiredToClass: boolean }) {
  const { classId, by } = await newClass(lab);
  const price = { asset: eth, priceNumerator: 1_001n, priceDenominator: 2n };
  const terms = { ...price, refundable: false, seller: by.address, ...lotTerms };
  const expireAt = await soon(lab);
  await succeed(lab, by, kedge(lab, 'publishPolicy', classId, 'ipfs://policy/2', keccak256(toHex('policy'))));
  const { result: lot } = await succeed(lab, by, kedge(lab, 'createLot', classId, terms));
  const buy = { ...kedge(lab, 'mintFromLot', classId, lot, lab.actors.alice.address, 11n, expireAt), value: 5_506n };
  const { result } = await succeed(lab, by, buy);
  return { classId, by, tokenId: result as bigint, expireAt };
}

/** P19 to P33: what things mean. */
export const semanticsClauses: readonly Clause[] = [
  clause('P19', '`value` is prepaid quota; `shareRatio` is revenue weight', async (lab) => {
    const { classId, tokens } = await shareClass(lab, [{ share: 1n, value: 5n }, { value: 1_000_000n }, 1n]);
    const [share, value] = tokens as [bigint, bigint];
    await succeed(lab, await recorderIn(lab, classId), recordCall(share, 5n));
    const { evidence } = await settle(lab, classId, 1_000n);
    same(await pending(lab, share), 500n, 'pending of one of two shares, all of whose value is spent', evidence);
    same(await pending(lab, value), 0n, 'pending of a token with value and no share', evidence);
  }),
  clause(
    'P20',
    'Valid at equality, as the text says',
    async (lab) => {
      lab.clock.requireTravel();
      const expireAt = await soon(lab);
      const tokenId = await valueToken(lab, { expireAt });
      const by = await recorder(lab);
      const call = recordCall(tokenId, 1n);
      const gas = await ampleGas(lab, by, call);
      await lab.clock.pass(expireAt - 1n);
      const { receipt, evidence } = await sendAt(lab, by, call, { timestamp: expireAt, gas });
      same(receipt.status, 'success', 'usage in the second of expireAt', evidence);
    },
    { note: 'Needs a chain whose time can be set.' },
  ),
  clause('P21', 'revenue already earned stays claimable for ever; no new revenue', async (lab) => {
    const { alice, stranger } = lab.actors;
    const expireAt = await soon(lab);
    const { classId, tokens } = await shareClass(lab, [{ share: 1n, expireAt }, 1n]);
    await settle(lab, classId, 2_000n);
    await expire(lab, expireAt);
    await settle(lab, classId, 500n);
    const before = await holdings(lab, eth, stranger.address);
    const { evidence } = await succeed(lab, alice, claimCall(tokens[0]!, stranger.address));
    same((await holdings(lab, eth, stranger.address)) - before, 1_000n, 'what the expired share paid', evidence);
  }),
  clause('P24', 'Per class, with a view', async (lab) => {
    const tokenId = await valueToken(lab);
    await refuse(lab, await recorder(lab), recordCall(tokenId, 1_001n), 'more than the value of a hard-quota token');
  }),
  clause(
    'P24.view',
    'Per class, with a view',
    async (lab) => {
      const { classId } = await newClass(lab);
      const what = 'quotaModeOf of a class whose use takes value (0 is hard)';
      await shows(lab, kedge(lab, 'quotaModeOf', classId), 0, what);
    },
    { level: 'SHOULD', note: 'An implementation may name the view otherwise.' },
  ),
  clause('P25', '`recordUsage` decrements exactly `amount`', async (lab) => {
    const tokenId = await valueToken(lab);
    await approvedOperator(lab);
    const { operator } = lab.actors;
    const by = await recorder(lab);
    let left = 1_000n;
    for (const [label, amount, actor] of [
      ['input_tokens', 3n, by],
      ['output_tokens', 5n, by],
      ['no_such_metric', 7n, by],
      ['input_tokens', 11n, operator],
    ] as const) {
      const args = [tokenId, keccak256(toHex(label)), amount];
      const { evidence } = await succeed(lab, actor, { name: 'recordUsage', args });
      left -= amount;
      same(await valueOf(lab, tokenId), left, `value after ${amount} of ${label} by ${actor.name}`, evidence);
    }
  }),
  clause(
    'P26',
    '`keccak256(label)`; a registry of labels ships in `core`',
    async (lab) => {
      const tokenId = await valueToken(lab);
      const by = await recorder(lab);
      for (const label of metricLabels) {
        const metricType = metricTypeOf(label, (bytes) => keccak256(bytes, 'bytes'));
        const done = await succeed(lab, by, { name: 'recordUsage', args: [tokenId, metricType, 1n] });
        emitted(lab, done, 'UsageRecorded', { tokenId, metricType: keccak256(toHex(label)), amount: 1n });
      }
    },
    {
      level: 'SHOULD',
      note: 'Every label of the registry reaches the event as its hash. Who records decides the label.',
    },
  ),
  clause('P28', 'companion events carry the rest', async (lab) => {
    const { classId, done } = await newClass(lab);
    companion(lab, done, 'ClassConfigured');
    await newToken(lab, { classId, share: 1n });
    companion(lab, await settle(lab, classId, 1_000n), 'RevenueAccrued');
  }),
  clause(
    'P29',
    'All three',
    async (lab) => {
      for (const [id, expected] of [
        ['0x01ffc9a7', true],
        ['0x2c0b686c', true],
        ['0xffffffff', false],
      ] as const) {
        const { value, evidence } = await supports(lab, id);
        same(value, expected, `supportsInterface(${id})`, evidence);
      }
    },
    {
      note: 'Of permit, batch and ERC-165 the last. Batches are P29.batch, permits P13.permits.',
    },
  ),
  clause('P32', 'Only between tokens of one lot (R1)', async (lab) => {
    const { classId } = await newClass(lab);
    const [old, same_] = [await newToken(lab, { classId, value: 10n }), await newToken(lab, { classId, value: 10n })];
    await prepare('the policy could not be updated', () => updatePolicy(lab, classId));
    const { tokenId: later } = await prepare('no token could be minted', () => tryMint(lab, { classId, value: 10n }));
    const { alice } = lab.actors;
    const move = (to: bigint) => ({ name: 'transferValue', args: [old, to, 1n] });
    await refuse(lab, alice, move(later), 'the tokens hold different policy versions');
    await succeed(lab, alice, move(same_));
  }),
  clause('P33', p33, async (lab) => {
    const { alice, stranger } = lab.actors;
    const { by, tokenId, expireAt } = await soldToken(lab, { operatorBps: 0, expiredToClass: false });
    const refund = (units: bigint) => kedge(lab, 'refund', tokenId, units, stranger.address);
    await refuse(lab, alice, refund(1n), 'the lot allows no refund before expiry');
    await expire(lab, expireAt);
    await refuse(lab, by, refund(1n), "the holder's payment");
    const before = await holdings(lab, eth, stranger.address);
    const { evidence } = await succeed(lab, alice, refund(11n));
    const paid = (await holdings(lab, eth, stranger.address)) - before;
    same(paid, 5_505n, 'refund of 11 expired units at 1,001 wei for two', evidence);
  }),
  extensionClause('P33.class', `${p33}; never stuck, never the operator's`, ['IDATLots'], async (lab) => {
    const { alice, stranger } = lab.actors;
    const terms = { operatorBps: 5_000, expiredToClass: true };
    const { classId, tokenId, expireAt } = await soldToken(lab, terms);
    const share = await newToken(lab, { classId, share: 1n });
    const sweep = kedge(lab, 'sweepExpired', tokenId);
    await refuse(lab, stranger, sweep, 'the token had not expired');
    await expire(lab, expireAt);
    const refund = kedge(lab, 'refund', tokenId, 1n, alice.address);
    await refuse(lab, alice, refund, "what expires is the class's by the terms of the lot");
    const { evidence } = await succeed(lab, stranger, sweep);
    same(await pending(lab, share), 5_506n, 'what the class earned of 5,506 wei behind units that expired', evidence);
  }),
];
