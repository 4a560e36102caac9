import type { Address } from '@kedge/core';
import { encodeFunctionData } from 'viem';
import type { Clause } from '../clause.js';
import { ClauseFailed, NotApplicable, type Evidence } from '../outcome.js';
import { draftAbi, holderProbeAbi } from '../draftAbi.js';
import {
  claimCall,
  eth,
  expiryStory,
  makers,
  newClass,
  newToken,
  payers,
  pending,
  pendingCall,
  settle,
  settleCall,
  shareClass,
  succeedAsFirst,
  tryMint,
  trySettle,
  witness,
  type DoneBy,
} from '../lab/fixtures.js';
import type { Actor } from '../lab/accounts.js';
import { asProbe, deployAsset, gainedBy, holdings, plenty } from '../lab/assetProbe.js';
import {
  ampleGas,
  attempt,
  deploy,
  despiteOthers,
  prepare,
  read,
  same,
  send,
  shows,
  succeed,
  type Lab,
} from '../lab/lab.js';
import { holderProbeBytecode } from '../probes.gen.js';
import { exposes } from './interface.js';

/** A class with one share of alice's, and a contract that holds another, equal one. */
export async function probeShare(lab: Lab) {
  const probe = await deploy(lab, holderProbeBytecode);
  const { classId, tokens } = await shareClass(lab, [1n]);
  const held = await newToken(lab, { classId, share: 1n, to: probe });
  return { probe, classId, own: tokens[0]!, held };
}

const claimData = (tokenId: bigint, to: `0x${string}`, asset: `0x${string}` = eth) =>
  encodeFunctionData({ abi: draftAbi, functionName: 'claim', args: [tokenId, asset, to] });

const claimWords = '`claim` transfers `pending` to `to`, updates `rewardDebt`, emits `Claimed`';
const pendingWords = '`pending = shareRatio(tokenId) * accRevenuePerShare[asset] / 1e18 - rewardDebt[tokenId][asset]`';

const must = (id: string, words: string, check: (lab: Lab) => Promise<string | void>, note?: string): Clause => ({
  id: `D6.7.${id}`,
  section: '6.7',
  level: 'MUST',
  words,
  ...(note === undefined ? {} : { note }),
  check,
});

/** A contract of ours, which pays no gas: what it is paid shows in what it holds. Bob where no contract may call. */
async function sellerOf(lab: Lab, classId: bigint): Promise<Actor> {
  const ours = await witness(lab);
  const call = { name: 'approveForClass', args: [classId, lab.actors.operator.address, false] };
  return (await attempt(lab, ours, call)).reverted ? lab.actors.bob : ours;
}

/** A share that is claimed for, sold, earns again and is sold back: each settlement is paid once, to whoever has it then. */
async function tryTransferred(lab: Lab, asset: Address): Promise<void> {
  const { alice, bob } = lab.actors;
  const { classId, tokens } = await shareClass(lab, [1n, 1n]);
  const [tokenId] = tokens as [bigint];
  const seller = await sellerOf(lab, classId);
  const [looked, sign] = seller === bob ? [lab.target, -1n] : [seller.address, 1n];
  const move = (from: Actor, to: Actor) =>
    prepare('the token could not be transferred', () =>
      succeed(lab, from, { name: 'transferToken', args: [tokenId, to.address] }),
    );
  await settle(lab, classId, 2_000n, asset);
  await prepare('revenue could not be claimed', () => succeed(lab, alice, claimCall(tokenId, alice.address, asset)));
  const sold = await move(alice, seller);
  same(await pending(lab, tokenId, asset), 0n, 'pending of a share that was claimed for and sold', sold.evidence);
  await settle(lab, classId, 2_000n, asset);
  const before = await holdings(lab, asset, looked);
  const back = await move(seller, alice);
  const paid = sign * (await gainedBy(lab, back, asset, looked, before));
  const left = (await pending(lab, tokenId, asset)) + paid;
  same(left, 1_000n, 'what is pending of 1,000, or was paid, once the share was sold', back.evidence);
}

const kept =
  'The draft does not say where the money lies: the contract keeps all of it itself, or none. Nor who may settle: where not everybody may, whoever made the class does, or the owner.';

/**
 * Settles 1,000 wei for a share of a contract of ours. Where the contract keeps none of them, the claim takes none from it,
 * either: what is kept elsewhere is not paid from what others have there.
 */
async function trySettleEth(lab: Lab): Promise<void> {
  const ours = await witness(lab);
  const { classId } = await newClass(lab, [ours, ...makers(lab)]);
  const tokenId = await newToken(lab, { classId, share: 1n, to: ours.address });
  const before = await holdings(lab, eth, lab.target);
  const done = await succeedAsFirst(lab, [ours, ...payers(lab, classId)], settleCall(classId, 1_000n));
  const received = done.gained ?? (await gainedBy(lab, done, eth, lab.target, before));
  requireWhole(received, done.evidence);
  same(await pending(lab, tokenId), 1_000n, 'pending of the only share', done.evidence);
  if (received !== 0n) return;
  const claim = claimCall(tokenId, lab.actors.stranger.address);
  const { gained, evidence } = await prepare('revenue could not be claimed', () => succeed(lab, ours, claim));
  same(-gained!, 0n, 'what a claim took from the contract, to which its settlement had brought nothing,', evidence);
}

/**
 * Settles in an ERC-20 of ours. The draft calls that settlement optional, and does not say that every asset must be taken:
 * where the same accounts may settle in ETH, what is refused is the asset.
 */
async function settleOurs(lab: Lab, classId: bigint, asset: Address): Promise<DoneBy> {
  try {
    return await trySettle(lab, classId, 1_000n, asset);
  } catch (error) {
    if (!(error instanceof ClauseFailed)) throw error;
    const inEth = settleCall(classId, 1_000n);
    const answers = await Promise.all(payers(lab, classId).map((payer) => attempt(lab, payer, inEth)));
    if (answers.every(({ reverted }) => reverted)) throw error;
    throw new NotApplicable(
      `could not be reached: ${error.message}. It takes ETH, and not the ERC-20 of the kit, ${asset}. If it takes the assets of a ` +
        'list alone, try a copy of it that takes any',
      { isUnchecked: true },
    );
  }
}

function requireWhole(received: bigint, evidence: Evidence): void {
  if (received !== 0n) same(received, 1_000n, 'what the contract received', evidence);
}

/** Section 6.7: settlement and claims. */
export const revenueClauses: readonly Clause[] = [
  exposes('settleRevenueETH', {
    section: '6.7',
    words: 'function settleRevenueETH(uint256 classId) external payable;',
    note: kept,
    check: async (lab) => {
      await despiteOthers(() => trySettleEth(lab));
      const { classId } = await shareClass(lab, [1n]);
      const { reverted } = await attempt(lab, lab.actors.stranger, settleCall(classId, 1_000n));
      return `a stranger ${reverted ? 'may not' : 'may'} settle`;
    },
  }),
  exposes('settleRevenueERC20', {
    section: '6.7',
    words: 'function settleRevenueERC20(uint256 classId, address asset, uint256 amount) external;',
    note: kept,
    check: async (lab) => {
      const asset = await deployAsset(lab);
      const { classId, tokens } = await shareClass(lab, [1n]);
      const { by, evidence } = await settleOurs(lab, classId, asset);
      same(plenty - (await holdings(lab, asset, by.address)), 1_000n, 'what the payer paid', evidence);
      requireWhole(await holdings(lab, asset, lab.target), evidence);
      same(await pending(lab, tokens[0]!, asset), 1_000n, 'pending of the only share', evidence);
    },
  }),
  exposes('claim', {
    section: '6.7',
    words:
      'function claim(uint256 tokenId, address asset, address payable to) external returns (uint256 amountClaimed);',
    check: async (lab) => {
      const { alice } = lab.actors;
      const { classId, tokens } = await shareClass(lab, [1n]);
      await settle(lab, classId, 1_000n);
      const { result, evidence } = await succeed(lab, alice, claimCall(tokens[0]!, alice.address));
      same(result, 1_000n, 'what claim returns', evidence);
    },
  }),
  must('asset-zero', '`asset = address(0)` for ETH', async (lab) => {
    const asset = await deployAsset(lab);
    const { classId, tokens } = await shareClass(lab, [1n]);
    await settle(lab, classId, 1_000n);
    await settle(lab, classId, 7_700n, asset);
    await shows(lab, pendingCall(tokens[0]!), 1_000n, 'pending in ETH after 1,000 wei and 7,700 of an ERC-20');
    await shows(lab, pendingCall(tokens[0]!, asset), 7_700n, 'pending in the ERC-20');
  }),
  must(
    'formula',
    pendingWords,
    async (lab) => {
      const asset = await deployAsset(lab);
      const { classId, tokens } = await shareClass(lab, [700n, 200n, 100n]);
      for (const amount of [10_000n, 5_000n, 250_000n]) await settle(lab, classId, amount, asset);
      const expected = [185_500n, 53_000n, 26_500n];
      for (const [index, tokenId] of tokens.entries()) {
        const what = `pending of ${expected[index]! / 265n} of 1,000 shares`;
        await shows(lab, pendingCall(tokenId, asset), expected[index], what);
      }
    },
    'The scale of 1e18 does not show; amounts are chosen so that nothing is rounded, whatever the scale.',
  ),
  must('by-class', '`accRevenuePerShare[asset] (uint256)` — cumulative settlement index per asset', async (lab) => {
    const [one, other] = [await shareClass(lab, [1n]), await shareClass(lab, [1n])];
    await settle(lab, one.classId, 1_000n);
    await shows(lab, pendingCall(other.tokens[0]!), 0n, 'pending in a class that received nothing');
  }),
  must('by-asset', '`accRevenuePerShare[asset] (uint256)` — cumulative settlement index per asset', async (lab) => {
    const { alice } = lab.actors;
    const { classId, tokens } = await shareClass(lab, [1n]);
    const [tokenId] = tokens as [bigint];
    const amounts = [
      { asset: eth, amount: 1_000n, order: 'first' },
      { asset: await deployAsset(lab), amount: 2_000n, order: 'second' },
      { asset: await deployAsset(lab), amount: 3_000n, order: 'third' },
    ];
    for (const { asset, amount } of amounts) await settle(lab, classId, amount, asset);
    for (const { asset, amount, order } of amounts)
      await shows(lab, pendingCall(tokenId, asset), amount, `pending in the ${order} of three assets`);
    for (const { asset, amount, order } of amounts) {
      const claim = claimCall(tokenId, alice.address, asset);
      const { result, evidence } = await prepare('revenue could not be claimed', () => succeed(lab, alice, claim));
      same(result, amount, `what a claim pays in the ${order} of three assets`, evidence);
    }
  }),
  must(
    'rounding',
    pendingWords,
    async (lab) => {
      const { classId, tokens } = await shareClass(lab, [1n, 1n, 1n]);
      for (const settled of [1_000n, 2_000n]) {
        const { evidence } = await settle(lab, classId, 1_000n);
        let sum = 0n;
        for (const tokenId of tokens) sum += await pending(lab, tokenId);
        if (sum > settled) throw new ClauseFailed(`what three shares may claim of ${settled} sums to ${sum}`, evidence);
      }
    },
    'What does not divide is rounded down, as integers are in the draft: the sum is never more than was settled.',
  ),
  must('later-share', pendingWords, async (lab) => {
    const { classId, tokens } = await shareClass(lab, [1n]);
    const [tokenId] = tokens as [bigint];
    await settle(lab, classId, 1_000n);
    const later = await prepare('no token could be minted', () => tryMint(lab, { classId, share: 1n }));
    same(await pending(lab, tokenId), 1_000n, 'pending after a later mint of an equal share', later.done.evidence);
    const { evidence } = await settle(lab, classId, 1_000n);
    same(await pending(lab, tokenId), 1_500n, 'pending after 1,000 more, of which it earns half', evidence);
  }),
  must(
    'transferred',
    pendingWords,
    async (lab) => {
      for (const asset of [eth, await deployAsset(lab)]) await despiteOthers(() => tryTransferred(lab, asset));
    },
    'Nothing says that a transfer touches `rewardDebt`. One that pays what is pending to the seller conforms, too.',
  ),
  must(
    'expired',
    pendingWords,
    async (lab) => {
      const { earned, claimed } = await expiryStory(lab);
      const { result, evidence } = claimed;
      if ((result as bigint) < earned)
        throw new ClauseFailed(`an expired share that had earned ${earned} was paid ${String(result)}`, evidence);
    },
    'Expiry ends usage and the part in later settlements, and takes nothing of what was earned before it.',
  ),
  must('pays', claimWords, async (lab) => {
    const { alice, stranger } = lab.actors;
    const asset = await deployAsset(lab);
    const { classId, tokens } = await shareClass(lab, [1n]);
    const [tokenId] = tokens as [bigint];
    for (const [paid, amount] of [
      [eth, 1_000n],
      [asset, 9_000n],
    ] as const) {
      await settle(lab, classId, amount, paid);
      const before = await holdings(lab, paid, stranger.address);
      const { evidence } = await succeed(lab, alice, claimCall(tokenId, stranger.address, paid));
      same((await holdings(lab, paid, stranger.address)) - before, amount, 'what the recipient got', evidence);
      same(await pending(lab, tokenId, paid), 0n, 'pending after the claim', evidence);
    }
  }),
  must('once', claimWords, async (lab) => {
    const { alice, stranger } = lab.actors;
    // The first and the last are alice's.
    const { classId, tokens } = await shareClass(lab, [1n, 1n, 2n]);
    const claim = claimCall(tokens[0]!, stranger.address);
    await settle(lab, classId, 4_000n);
    await prepare('revenue could not be claimed', () => succeed(lab, alice, claim));
    const before = await holdings(lab, eth, stranger.address);
    if (!(await attempt(lab, alice, claim)).reverted) {
      const { evidence } = await succeed(lab, alice, claim);
      same((await holdings(lab, eth, stranger.address)) - before, 0n, 'what a second claim paid', evidence);
    }
    await settle(lab, classId, 1_000n);
    await shows(lab, pendingCall(tokens[0]!), 250n, 'pending of a quarter of the shares after 1,000 more');
    await shows(lab, pendingCall(tokens[1]!), 1_250n, 'pending of the quarter that has not claimed');
    await shows(lab, pendingCall(tokens[2]!), 2_500n, "pending of the half that is the claimant's, too, and has not");
  }),
  must(
    'refused',
    claimWords,
    async (lab) => {
      const { probe, classId, held } = await probeShare(lab);
      await settle(lab, classId, 2_000n);
      await prepare('the probe failed', () => asProbe(lab, probe, 'setRejects', [true], holderProbeAbi));
      const args = [lab.target, claimData(held, probe)] as const;
      const act = { name: 'act', args, to: probe, abi: holderProbeAbi };
      if ((await attempt(lab, lab.actors.creator, act)).reverted) return 'reverts';
      const receipt = await send(lab, lab.actors.creator, act);
      const evidence = { kind: 'transaction', hash: receipt.transactionHash } as const;
      same(await pending(lab, held), 1_000n, 'pending after a claim that its recipient refused', evidence);
      return 'leaves it pending';
    },
    'A recipient that refuses ETH: nothing may be lost, so the claim reverts or the amount stays pending.',
  ),
  {
    id: 'DS.reentrancy',
    section: 'Security',
    level: 'MUST',
    words: '**Reentrancy.** Use checks-effects-interactions or reentrancy guards in `claim`.',
    note: 'The recipient claims again while it is paid. The text has no keyword here; paid twice breaks section 6.7, too.',
    check: async (lab) => {
      const { probe, classId, own, held } = await probeShare(lab);
      // Alice's equal part lies in the contract, so that there is something to be paid twice with.
      await settle(lab, classId, 2_000n);
      await prepare('the probe failed', () =>
        asProbe(lab, probe, 'arm', [lab.target, claimData(held, probe)], holderProbeAbi),
      );
      const args = [lab.target, claimData(held, probe)] as const;
      const act = { name: 'act', args, to: probe, abi: holderProbeAbi };
      if ((await attempt(lab, lab.actors.creator, act)).reverted) return 'the whole claim reverts';
      const receipt = await send(lab, lab.actors.creator, act, await ampleGas(lab, lab.actors.creator, act));
      const evidence = { kind: 'transaction', hash: receipt.transactionHash } as const;
      const paid = await holdings(lab, eth, probe);
      if (paid > 1_000n)
        throw new ClauseFailed(`a recipient that claims again while paid got ${paid} of 1,000`, evidence);
      same(await pending(lab, own), 1_000n, "the other share's pending", evidence);
      const called = await read<boolean>(lab, { name: 'called', to: probe, abi: holderProbeAbi });
      return called ? 'the claim within the claim brought nothing' : undefined;
    },
  },
  {
    id: 'DS.reentrancy-erc20',
    section: 'Security',
    level: 'MUST',
    words: '**Reentrancy.** Use checks-effects-interactions or reentrancy guards in `claim`.',
    note: 'The same with an ERC-20 that has the holder claim again while it pays.',
    check: async (lab) => {
      const asset = await deployAsset(lab, 'reentrant');
      const { probe, classId, own, held } = await probeShare(lab);
      await settle(lab, classId, 2_000n, asset);
      const claim = [lab.target, claimData(held, probe, asset)] as const;
      const act = { name: 'act', args: claim, to: probe, abi: holderProbeAbi };
      const again = encodeFunctionData({ abi: holderProbeAbi, functionName: 'act', args: claim });
      await prepare('the probe failed', () => asProbe(lab, asset, 'arm', [probe, again]));
      if ((await attempt(lab, lab.actors.creator, act)).reverted) return 'the whole claim reverts';
      const receipt = await send(lab, lab.actors.creator, act, await ampleGas(lab, lab.actors.creator, act));
      const evidence = { kind: 'transaction', hash: receipt.transactionHash } as const;
      const paid = await holdings(lab, asset, probe);
      if (paid > 1_000n) throw new ClauseFailed(`a holder that claims again while paid got ${paid} of 1,000`, evidence);
      same(await pending(lab, own, asset), 1_000n, "the other share's pending", evidence);
      return undefined;
    },
  },
];
