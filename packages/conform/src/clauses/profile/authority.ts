import type { Abi } from 'viem';
import type { Clause } from '../../clause.js';
import { ClauseFailed, NotApplicable } from '../../outcome.js';
import { erc721Abi } from '../../draftAbi.js';
import {
  claimCall,
  createClassCall,
  eth,
  metric,
  mintCall,
  newClass,
  newTerms,
  pending,
  recordCall,
  settle,
  shareClass,
  tryMint,
  valueToken,
} from '../../lab/fixtures.js';
import { holdings } from '../../lab/assetProbe.js';
import { emitted, logsOf } from '../../lab/events.js';
import { attempt, deploy, prepare, read, refuse, same, see, succeed, type Call, type Lab } from '../../lab/lab.js';
import { lockProbeBytecode, muteProbeBytecode } from '../../probes.gen.js';
import { recorder } from '../approvals.js';
import { supports } from '../optional.js';
import { clause, kedge } from './extension.js';

const erc721 = (lab: Lab, name: string, ...args: readonly unknown[]): Call => ({
  name,
  args,
  abi: erc721Abi as Abi,
  to: lab.target,
});

const p11 = 'Owner chooses `to`; anyone else may only trigger a claim to the owner';
/** A share of alice's with 1,000 pending, and the operator approved by her. */
async function claimable(lab: Lab) {
  const { alice, operator } = lab.actors;
  const { classId, tokens, by } = await shareClass(lab, [1n]);
  await settle(lab, classId, 1_000n);
  const approve = { name: 'approveForClass', args: [classId, operator.address, true] };
  await prepare('no operator could be approved', () => succeed(lab, alice, approve));
  return { tokenId: tokens[0]!, by };
}

/** P11 to P18: who may do what. */
export const authorityClauses: readonly Clause[] = [
  clause('P11.redirect', p11, async (lab) => {
    const { tokenId, by } = await claimable(lab);
    const { bob, operator, stranger } = lab.actors;
    for (const actor of [operator, stranger, bob, by]) {
      await refuse(lab, actor, claimCall(tokenId, actor.address), "the holder's revenue went to somebody else");
    }
  }),
  clause('P11.trigger', p11, async (lab) => {
    const { tokenId } = await claimable(lab);
    const { alice, stranger } = lab.actors;
    const before = await holdings(lab, eth, alice.address);
    const { evidence } = await succeed(lab, stranger, claimCall(tokenId, alice.address));
    const after = await holdings(lab, eth, alice.address);
    same(after - before, 1_000n, 'what the owner got when a stranger triggered the claim', evidence);
  }),
  clause('P12.ids', 'Full ERC-721 + ERC-165 + ERC-4906', async (lab) => {
    for (const [id, name] of [
      ['0x80ac58cd', 'ERC-721'],
      ['0x5b5e139f', 'ERC-721 metadata'],
      ['0x49064906', 'ERC-4906'],
    ] as const) {
      const { value, evidence } = await supports(lab, id);
      same(value, true, `supportsInterface(${id}), ${name},`, evidence);
    }
  }),
  clause('P12.transfers', 'both events emitted', async (lab) => {
    const { alice, bob } = lab.actors;
    const tokenId = await valueToken(lab);
    const balance = (): Promise<bigint> => read<bigint>(lab, erc721(lab, 'balanceOf', bob.address));
    const before = await balance();
    const there = await succeed(lab, alice, erc721(lab, 'safeTransferFrom', alice.address, bob.address, tokenId));
    same((await balance()) - before, 1n, "what the recipient's balance rose by", there.evidence);
    const back = await succeed(lab, bob, { name: 'transferToken', args: [tokenId, alice.address] });
    for (const [done, from, to] of [
      [there, alice, bob],
      [back, bob, alice],
    ] as const) {
      emitted(lab, done, 'TransferToken', { tokenId, from: from.address, to: to.address });
      emitted(lab, done, 'Transfer', { tokenId, from: from.address, to: to.address }, erc721Abi as Abi);
    }
  }),
  clause('P12.mint', 'on mint `TransferToken` from 0', async (lab) => {
    const { classId } = await newClass(lab);
    const { tokenId, done } = await prepare('no token could be minted', () => tryMint(lab, { classId }));
    emitted(lab, done, 'TransferToken', { tokenId, from: eth, to: lab.actors.alice.address });
    emitted(lab, done, 'Transfer', { tokenId, from: eth, to: lab.actors.alice.address }, erc721Abi as Abi);
  }),
  clause('P12.safe', 'safe transfer', async (lab) => {
    const tokenId = await valueToken(lab);
    const mute = await deploy(lab, muteProbeBytecode);
    const { alice } = lab.actors;
    const call = erc721(lab, 'safeTransferFrom', alice.address, mute, tokenId);
    // Only a contract that has the function can refuse for the right reason.
    await succeed(lab, alice, erc721(lab, 'safeTransferFrom', alice.address, alice.address, tokenId));
    await refuse(lab, alice, call, 'the recipient is a contract that knows no tokens');
  }),
  clause('P12.class-operator', 'Full ERC-721', async (lab) => {
    const { tokenId } = await claimable(lab);
    const { operator } = lab.actors;
    const call = { name: 'transferToken', args: [tokenId, operator.address] };
    await refuse(lab, operator, call, 'approval for a class moves no token');
  }),
  clause('P14', 'Locks and channels: R5-R12 of PROTOCOL.md', async (lab) => {
    const { alice, stranger } = lab.actors;
    const module = await deploy(lab, lockProbeBytecode);
    const [tokenId, other] = [await valueToken(lab), await valueToken(lab)];
    const call = kedge(lab, 'lock', tokenId, 400n, module, '0x');
    await refuse(lab, stranger, call, 'only the holder locks');
    const { evidence } = await succeed(lab, alice, call);
    same(await read(lab, { name: 'valueOf', args: [tokenId] }), 600n, 'value outside of the lock', evidence);
    const spend = { name: 'transferValue', args: [tokenId, other, 601n] };
    await refuse(lab, alice, spend, '400 of the 1,000 units were locked');
    const use = { name: 'recordUsage', args: [tokenId, metric, 601n] };
    await refuse(lab, alice, use, '400 of the 1,000 units were locked');
  }),
  clause(
    'P15',
    'Self-reported usage is told apart in a companion event; the indexer counts it apart',
    async (lab) => {
      const tokenId = await valueToken(lab);
      if ((await recorder(lab)) !== lab.actors.alice) throw new NotApplicable('no holder records usage');
      const { receipt, evidence } = await prepare('usage could not be recorded', () =>
        succeed(lab, lab.actors.alice, recordCall(tokenId, 1n)),
      );
      if (receipt.logs.length > logsOf(lab, receipt, 'UsageRecorded').length) return;
      throw new ClauseFailed('the owner recorded usage, and only UsageRecorded was emitted', evidence);
    },
    {
      level: 'SHOULD',
      note: "UsageRecorded's actor equals the owner then, so an indexer that knows the owner can still tell.",
    },
  ),
  clause('P16.anyone', 'Anyone creates a class and is its issuer', async (lab) => {
    const { stranger } = lab.actors;
    const { classId } = await newClass(lab);
    const terms = newTerms(lab);
    await succeed(lab, stranger, createClassCall(terms));
    const update = { name: 'updateClassMetadata', args: [classId, 'ipfs://stranger', terms.integrityHash] };
    await refuse(lab, stranger, update, 'the class is issued by another');
    const policy = { name: 'updateClassPolicy', args: [classId, 'ipfs://stranger'] };
    await refuse(lab, stranger, policy, 'the class is issued by another');
    const mint = mintCall(lab, { classId, to: stranger.address, value: 1n, share: 1n });
    await refuse(lab, stranger, mint, 'the class is issued by another');
  }),
  clause('P16.two-steps', 'issuer role transferable in two steps', async (lab) => {
    const { classId, by } = await newClass(lab);
    const { bob, stranger } = lab.actors;
    const issuer = (): Promise<string> => read<string>(lab, kedge(lab, 'issuerOf', classId));
    const offered = await succeed(lab, by, kedge(lab, 'transferIssuer', classId, bob.address));
    same(await issuer(), by.address, 'issuer after the offer', offered.evidence);
    await refuse(lab, stranger, kedge(lab, 'acceptIssuer', classId), 'the role was offered to another');
    const accepted = await succeed(lab, bob, kedge(lab, 'acceptIssuer', classId));
    same(await issuer(), bob.address, 'issuer after the acceptance', accepted.evidence);
    await refuse(lab, by, mintCall(lab, { classId }), 'the role was given away');
  }),
  clause('P18', 'a token keeps the version it was bought under', async (lab) => {
    const { classId, by, terms } = await newClass(lab);
    const { tokenId } = await prepare('no token could be minted', () => tryMint(lab, { classId, value: 1n }));
    const versionOf = async (token: bigint): Promise<number> =>
      (await read<readonly [number, string]>(lab, kedge(lab, 'policyOfToken', token)))[0];
    const bought = await versionOf(tokenId);
    const done = await succeed(lab, by, { name: 'updateClassPolicy', args: [classId, 'ipfs://policy/2'] });
    same(await versionOf(tokenId), bought, "the token's policy version after an update", done.evidence);
    const [uri] = await read<readonly [string, string]>(lab, kedge(lab, 'policyOf', classId, bought));
    same(uri, terms.policyURI, 'the policy that the token keeps', done.evidence);
    const later = await prepare('no token could be minted', () => tryMint(lab, { classId, value: 1n }));
    same((await versionOf(later.tokenId)) > bought, true, 'that a later token has a later version', done.evidence);
  }),
  clause('P23', 'Goes with the token', async (lab) => {
    const { alice, bob } = lab.actors;
    const { tokenId } = await claimable(lab);
    const move = { name: 'transferToken', args: [tokenId, bob.address] };
    const { evidence } = await prepare('the token could not be transferred', () => succeed(lab, alice, move));
    same(await pending(lab, tokenId), 1_000n, 'pending after the transfer', evidence);
    await refuse(lab, alice, claimCall(tokenId, alice.address), 'the token, and its revenue with it, had been sold');
    const claim = await attempt(lab, bob, claimCall(tokenId, bob.address));
    same(claim.reverted, false, "that the new owner's claim of what was pending reverts", claim.evidence);
  }),
  clause(
    'P23.seller-first',
    '`safeTransferWithClaim` (or equal) pays the seller first',
    async (lab) => {
      const { alice, bob, stranger } = lab.actors;
      const { tokenId } = await claimable(lab);
      const sell = kedge(lab, 'safeTransferWithClaim', alice.address, bob.address, tokenId, [eth], '0x');
      await refuse(lab, stranger, sell, 'only the owner sells');
      const done = await succeed(lab, alice, sell);
      const { evidence } = done;
      emitted(lab, done, 'Claimed', { tokenId, to: alice.address, asset: eth, amount: 1_000n });
      same(await pending(lab, tokenId), 0n, 'pending after the sale', evidence);
      same(
        await read<string>(lab, { name: 'ownerOf', args: [tokenId] }),
        bob.address,
        'owner after the sale',
        evidence,
      );
    },
    { level: 'SHOULD', note: 'An implementation may have another function for it.' },
  ),
  clause(
    'P23.view',
    'a view tells a market what it is buying',
    async (lab) => {
      const { tokenId } = await claimable(lab);
      type Resale = { readonly owner: string; readonly shareRatio: number; readonly pending: readonly bigint[] };
      const { value: resale, evidence } = await see<Resale>(lab, kedge(lab, 'resaleOf', tokenId, [eth]));
      same(resale.owner, lab.actors.alice.address, 'owner in resaleOf', evidence);
      same(resale.pending[0], 1_000n, 'unclaimed revenue in resaleOf', evidence);
      same(resale.shareRatio, 1, 'share in resaleOf', evidence);
    },
    { level: 'SHOULD', note: 'An implementation may have another view for it.' },
  ),
];
