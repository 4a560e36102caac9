import { dataAnchoringTokenAbi, shareRatioMax } from '@kedge/core';
import { encodeFunctionData, type Abi } from 'viem';
import type { Clause } from '../../clause.js';
import type { Actor } from '../../lab/accounts.js';
import { ClauseFailed } from '../../outcome.js';
import { draftAbi, holderProbeAbi } from '../../draftAbi.js';
import {
  claimCall,
  eth,
  expire,
  newClass,
  newToken,
  payers,
  pending,
  pendingCall,
  settle,
  settleCall,
  shareClass,
  soon,
  tryMint,
  trySettle,
  valueToken,
  witness,
} from '../../lab/fixtures.js';
import { asProbe, assetModes, deployAsset, holdings, plenty } from '../../lab/assetProbe.js';
import { emitted } from '../../lab/events.js';
import {
  ampleGas,
  attempt,
  prepare,
  read,
  refuse,
  same,
  see,
  send,
  shows,
  succeed,
  type Call,
  type Lab,
} from '../../lab/lab.js';
import { probeShare } from '../revenue.js';

const must = (id: string, words: string, check: (lab: Lab) => Promise<string | void>, note?: string): Clause => ({
  id,
  section: id.split('.')[0]!,
  level: 'MUST',
  words,
  ...(note === undefined ? {} : { note }),
  check,
});

const p1 = 'Snapshot at mint, for every asset, without a loop over assets';
const p3 = 'Settlement first removes every share that expired before now';
/**
 * A share that earned 1,000, expired, and saw 8,000 more settled without anybody observing it, beside one that lives and
 * one that expired a second later.
 */
async function unobserved(lab: Lab) {
  const { classId, tokens } = await shareClass(lab, [1n]);
  const expireAt = await soon(lab);
  const later = expireAt + 1n;
  const expired = await newToken(lab, { classId, share: 1n, expireAt });
  await newToken(lab, { classId, share: 2n, expireAt: later });
  await settle(lab, classId, 4_000n);
  await expire(lab, later);
  const done = await settle(lab, classId, 8_000n);
  return { classId, expired, live: tokens[0]!, evidence: done.evidence };
}

async function allowedPayer(lab: Lab, classId: bigint, call: Call): Promise<Actor | undefined> {
  for (const actor of payers(lab, classId)) if (!(await attempt(lab, actor, call)).reverted) return actor;
  return undefined;
}

/** P1 to P10: the contract never owes more than it holds. */
export const solvencyClauses: readonly Clause[] = [
  must('P1.eth', p1, async (lab) => {
    const { classId, tokens } = await shareClass(lab, [1n]);
    await settle(lab, classId, 1_000n);
    const { tokenId, done } = await prepare('no token could be minted', () => tryMint(lab, { classId, share: 1n }));
    same(await pending(lab, tokenId), 0n, 'pending of a token minted after the only settlement', done.evidence);
    same(await pending(lab, tokens[0]!), 1_000n, 'pending of the token that was there', done.evidence);
  }),
  must('P1.erc20', p1, async (lab) => {
    const asset = await deployAsset(lab);
    const { classId } = await shareClass(lab, [1n]);
    await settle(lab, classId, 1_000n, asset);
    const { tokenId, done } = await prepare('no token could be minted', () => tryMint(lab, { classId, share: 1n }));
    same(await pending(lab, tokenId, asset), 0n, 'pending of a token minted after the only settlement', done.evidence);
  }),
  must(
    'P2',
    'Freeze its index at its expiry, exactly, even if nobody poked it',
    async (lab) => {
      const { classId, expired, evidence } = await unobserved(lab);
      same(await pending(lab, expired), 1_000n, 'pending of the expired share, which earned 1,000', evidence);
      const { alice } = lab.actors;
      await prepare('an expired token could not be claimed for', () =>
        succeed(lab, alice, claimCall(expired, alice.address)),
      );
      const later = await settle(lab, classId, 6_000n);
      same(
        await pending(lab, expired),
        0n,
        'pending of the expired share after a claim and more revenue',
        later.evidence,
      );
    },
    'Tried before and after the expiry was observed.',
  ),
  must('P3', p3, async (lab) => {
    const { live, evidence } = await unobserved(lab);
    same(await pending(lab, live), 9_000n, 'pending of the live share: a quarter of 4,000 and all of 8,000', evidence);
  }),
  must(
    'P4',
    'Index checkpoints per (class, asset); a token stores when it entered and what it has claimed',
    async (lab) => {
      const assets = [await deployAsset(lab), await deployAsset(lab), await deployAsset(lab)];
      const { classId, tokens } = await shareClass(lab, [1n]);
      for (const asset of assets) await settle(lab, classId, 100n, asset);
      const late = await newToken(lab, { classId, share: 3n });
      for (const asset of assets) await settle(lab, classId, 400n, asset);
      for (const asset of assets) {
        const [first, later] = [pendingCall(tokens[0]!, asset), pendingCall(late, asset)];
        await shows(lab, first, 200n, 'pending of the first share in one of three assets');
        await shows(lab, later, 300n, 'pending of the later share in one of three assets');
      }
    },
  ),
  must(
    'P5',
    'carry the remainder into the next settlement; nothing stranded beyond the carry',
    async (lab) => {
      const asset = await deployAsset(lab);
      const { classId, tokens } = await shareClass(lab, [1n, 1n, 1n]);
      for (let count = 0; count < 5; count++) await settle(lab, classId, 1n, asset);
      const { evidence } = await settle(lab, classId, 1n, asset);
      let sum = 0n;
      for (const tokenId of tokens) sum += await pending(lab, tokenId, asset);
      same(sum, 6n, 'what three equal shares may claim of six settlements of 1', evidence);
    },
    'Six times one smallest unit for three shares divides without a remainder, so all of it must be claimable.',
  ),
  must('P6', '`settleRevenue*` reverts', async (lab) => {
    const expireAt = await soon(lab);
    const { classId } = await shareClass(lab, [{ share: 1n, expireAt }]);
    await expire(lab, expireAt);
    for (const payer of payers(lab, classId))
      await refuse(lab, payer, settleCall(classId, 1_000n), 'the only share had expired, though nobody poked it');
  }),
  must('P7.fee', 'Credit the balance delta', async (lab) => {
    const asset = await deployAsset(lab, 'fee');
    const { classId, tokens } = await shareClass(lab, [1n]);
    const { evidence } = await trySettle(lab, classId, 1_000n, asset);
    same(await pending(lab, tokens[0]!, asset), 990n, 'pending after 1,000 of an asset that keeps 1 %', evidence);
  }),
  must('P7.no-return', 'SafeERC20', async (lab) => {
    const { alice } = lab.actors;
    const asset = await deployAsset(lab, 'noReturn');
    const { classId, tokens } = await shareClass(lab, [1n]);
    await trySettle(lab, classId, 1_000n, asset);
    const before = await holdings(lab, asset, alice.address);
    const { evidence } = await succeed(lab, alice, claimCall(tokens[0]!, alice.address, asset));
    same((await holdings(lab, asset, alice.address)) - before, 1_000n, 'what a claim paid', evidence);
  }),
  must('P7.zero-asset', 'reject `asset == 0` on the ERC-20 path', async (lab) => {
    const { classId } = await shareClass(lab, [1n]);
    const zero = { name: 'settleRevenueERC20', args: [classId, eth, 1_000n] };
    await refuse(lab, lab.actors.alice, zero, 'the zero address is ETH, and none was sent');
    const codeless = { name: 'settleRevenueERC20', args: [classId, lab.actors.bob.address, 1_000n] };
    await refuse(lab, lab.actors.alice, codeless, 'the asset has no code');
  }),
  must('P7.reentrant', 'reentrancy guard', async (lab) => {
    const asset = await deployAsset(lab, 'reentrant');
    const { classId, tokens } = await shareClass(lab, [1n]);
    const args = [classId, asset, 1_000n] as const;
    const inner = encodeFunctionData({ abi: draftAbi, functionName: 'settleRevenueERC20', args });
    await prepare('the probe failed', async () => {
      await asProbe(lab, asset, 'mint', [asset, 1_000n]);
      await asProbe(lab, asset, 'allow', [asset, lab.target, 1_000n]);
      await asProbe(lab, asset, 'arm', [lab.target, inner]);
    });
    const call = settleCall(classId, 1_000n, asset);
    const by = await allowedPayer(lab, classId, call);
    if (by === undefined) return 'reverts';
    const receipt = await send(lab, by, call, await ampleGas(lab, by, call));
    const evidence = { kind: 'transaction', hash: receipt.transactionHash } as const;
    const paid = plenty - (await holdings(lab, asset, by.address)) + 1_000n - (await holdings(lab, asset, asset));
    const owed = await pending(lab, tokens[0]!, asset);
    if (owed > paid)
      throw new ClauseFailed(`an asset that settles again while pulled: ${owed} owed, ${paid} paid`, evidence);
    return undefined;
  }),
  must('P7.blocks-nobody', 'one bad claimant blocks nobody', async (lab) => {
    const { alice, creator, bob } = lab.actors;
    const { probe, classId, own, held } = await probeShare(lab);
    const asset = await deployAsset(lab, 'blocking');
    await settle(lab, classId, 2_000n);
    await settle(lab, classId, 2_000n, asset);
    await prepare('the probes failed', async () => {
      await asProbe(lab, probe, 'setRejects', [true], holderProbeAbi);
      await asProbe(lab, asset, 'setBlocked', [probe, true]);
    });
    const data = encodeFunctionData({ abi: draftAbi, functionName: 'claim', args: [held, asset, probe] });
    const act = { name: 'act', args: [lab.target, data], to: probe, abi: holderProbeAbi };
    await attempt(lab, creator, act);
    for (const paid of [eth, asset]) {
      const { result, evidence } = await succeed(lab, alice, claimCall(own, bob.address, paid));
      same(result, 1_000n, 'what another holder can claim beside one that cannot be paid', evidence);
    }
  }),
  must('P8.apart', 'Liabilities per (class, asset)', async (lab) => {
    const asset = await deployAsset(lab);
    const [rich, poor] = [await shareClass(lab, [1n]), await shareClass(lab, [1n])];
    await settle(lab, rich.classId, 5_000n, asset);
    await prepare('the probe failed', () => asProbe(lab, asset, 'setMode', [assetModes.fee]));
    const by = await allowedPayer(lab, poor.classId, settleCall(poor.classId, 1_000n, asset));
    if (by === undefined) return 'what an asset keeps a part of is refused';
    const { evidence } = await succeed(lab, by, settleCall(poor.classId, 1_000n, asset));
    await asProbe(lab, asset, 'setMode', [assetModes.plain]);
    const owed = (await pending(lab, rich.tokens[0]!, asset)) + (await pending(lab, poor.tokens[0]!, asset));
    const arrived = 5_990n;
    if (owed <= arrived) return undefined;
    throw new ClauseFailed(`two classes may claim ${owed} together, of which ${arrived} arrived`, evidence);
  }),
  must('P8.view', 'a public solvency view', async (lab) => {
    const { classId } = await shareClass(lab, [1n]);
    await settle(lab, classId, 1_234n);
    const call = { name: 'solvency', args: [eth, classId, classId], to: lab.target, abi: dataAnchoringTokenAbi as Abi };
    // Asked by a contract of ours, which looks at the balance in the same breath.
    const { value, evidence, held: actual } = await see<readonly [bigint, bigint]>(lab, call, await witness(lab));
    const [owed, held] = value;
    if (owed < 1_234n) throw new ClauseFailed(`the view shows ${owed} owed after a settlement of 1,234`, evidence);
    same(held, actual, 'what the view says is held', evidence);
  }),
  must('P9', 'Revert', async (lab) => {
    const tokenId = await valueToken(lab);
    const call = { name: 'transferValue', args: [tokenId, tokenId, 1n] };
    await refuse(lab, lab.actors.alice, call, 'source and destination are one token');
  }),
  must('P10', 'uint32 weight, saturate at its maximum, emit the stored weight', async (lab) => {
    const { classId } = await newClass(lab);
    const made = await prepare('no token could be minted', () => tryMint(lab, { classId, share: 2n ** 40n }));
    const stored = await read(lab, { name: 'shareRatioOf', args: [made.tokenId] });
    same(stored, shareRatioMax, 'the stored weight', made.done.evidence);
    emitted(lab, made.done, 'Minted', { shareRatio: shareRatioMax });
    const { tokenId } = await prepare('no token could be minted', () =>
      tryMint(lab, { classId, share: shareRatioMax }),
    );
    await shows(lab, { name: 'shareRatioOf', args: [tokenId] }, shareRatioMax, 'the largest weight as stored');
  }),
];
