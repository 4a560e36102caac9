import { BaseError } from './baseError.js';
import { channelIdOf, type Channel } from './channel.js';
import type { ProtocolDomain } from './domain.js';
import { isSameAddress, zeroHash, type Address, type Hasher, type Hex } from './hex.js';
import { isCanonicalSignature } from './isCanonicalSignature.js';
import { merkleRootFromPath } from './merkle.js';
import { policyHashOf, type Policy } from './policy.js';
import { hashBody, hashReceipt, receiptLeaf, splitSeq } from './receipt.js';
import { checkRateQuote, quotedPolicy } from './rateQuote.js';
import { receiptAnchorTree, receiptBatchDigest, type ReceiptBatch } from './receiptBatch.js';
import type { SignedReceipt } from './signedReceipt.js';
import { splitTokenId } from './token.js';
import { unitsOf } from './units.js';

export type ReceiptCheck = {
  /** Index of the receipt in the input. */
  readonly index: number;
  readonly name: 'path' | 'signature' | 'units' | 'cumulative' | 'chain' | 'body' | 'channel' | 'anchor';
  readonly ok: boolean;
  /** What was compared, and what differs. */
  readonly detail: string;
};

/** The exact bytes of a call, where the holder kept them. A stream's without the receipt's comment line. */
export type ReceiptBodies = { readonly request?: Uint8Array; readonly response?: Uint8Array };

/** A root as the chain has it, with the batches that the content store names under it. */
export type AnchoredBatches = {
  readonly operator: Address;
  readonly epoch: bigint;
  readonly firstBatch: bigint;
  readonly lastBatch: bigint;
  readonly root: Hex;
  readonly batches: readonly ReceiptBatch[];
};

/** A channel as it was opened on chain, and the policy of its token. */
export type ChannelOnChain = { readonly channel: Channel; readonly policyHash: Hex };

export type VerifyReceiptsInput = {
  readonly receipts: readonly SignedReceipt[];
  /** Recomputes units where it is the policy that a receipt names. */
  readonly policy?: Policy | undefined;
  readonly domain: ProtocolDomain;
  readonly keccak256: Hasher;
  readonly recover: (digest: Hex, signature: Hex) => Address | Promise<Address>;
  /** Who must have signed; default the operator of `onChain`, else only: the operator that the batch names. */
  readonly operator?: Address | undefined;
  /** What the chain says of the receipts' channel. Without it anybody can sign receipts that name themselves as operator. */
  readonly onChain?: ChannelOnChain | undefined;
  /** By index of `receipts`; needs `sha256`. */
  readonly bodies?: readonly (ReceiptBodies | undefined)[] | undefined;
  readonly sha256?: Hasher | undefined;
  /** Checks that each receipt's batch is under one of these roots. */
  readonly anchors?: readonly AnchoredBatches[] | undefined;
};

type Found = Omit<ReceiptCheck, 'index'>;

/**
 * Checks receipts without their gateway: path and signature of each (R14), units against the policy and the rate quote that
 * the receipt names, if any, the chain and sums of those of one channel (R13, R15), bodies (R16), the channel, and inclusion under anchored roots. Receipts may come in any
 * order. A link is checked between neighbours in `seq`: a receipt that is missing between two fails the chain.
 *
 * @throws BaseError `verify_input` when bodies are given without `sha256`.
 *
 * @example
 * const checks = await verifyReceipts({ receipts, policy, domain, keccak256, recover });
 * const isGood = checks.every((check) => check.ok);
 */
export async function verifyReceipts(input: VerifyReceiptsInput): Promise<ReceiptCheck[]> {
  const { receipts, keccak256 } = input;
  if (input.bodies?.some((bodies) => bodies !== undefined) && input.sha256 === undefined) {
    throw new BaseError('Bodies cannot be checked without a hash function.', {
      code: 'verify_input',
      kind: 'bug',
      hints: ['Pass sha256 beside bodies.'],
    });
  }
  const hashes = receipts.map(({ receipt }) => hashReceipt(receipt, keccak256));
  const policyHash = input.policy === undefined ? undefined : policyHashOf(input.policy, keccak256);
  const links = linkChecks(receipts, hashes);
  const checks: ReceiptCheck[] = [];
  for (const [index, signed] of receipts.entries()) {
    const found: Found[] = [
      pathCheck(signed, hashes[index]!, keccak256),
      await signatureCheck(signed, input),
      ...(policyHash === undefined ? [] : [await unitsCheck(signed, input.policy!, policyHash, input)]),
      ...links[index]!,
      ...bodyChecks(signed, input.bodies?.[index], input.sha256),
      ...(input.onChain === undefined ? [] : [channelCheck(signed, input.onChain, input)]),
      ...(input.anchors === undefined ? [] : [anchorCheck(signed, input.anchors, input)]),
    ];
    checks.push(...found.map((check) => ({ index, ...check })));
  }
  return checks;
}

function pathCheck({ path, batch }: SignedReceipt, receiptHash: Hex, keccak256: Hasher): Found {
  const root = merkleRootFromPath(receiptLeaf(receiptHash, keccak256), path, keccak256);
  const ok = root === batch.root;
  return {
    name: 'path',
    ok,
    detail: ok
      ? `receipt ${receiptHash} is under the root of batch ${batch.epoch}/${batch.batch}`
      : `receipt ${receiptHash} leads to root ${root}, the batch has ${batch.root}`,
  };
}

async function signatureCheck(signed: SignedReceipt, input: VerifyReceiptsInput): Promise<Found> {
  const { batch, signature, signer } = signed;
  const name = 'signature';
  const digest = receiptBatchDigest(input.domain, batch, input.keccak256);
  if (!isCanonicalSignature(signature)) {
    const detail = 'the signature is not 65 bytes r, s (the lower one) and v (27 or 28): the chain would not take it';
    return { name, ok: false, detail };
  }
  let recovered: Address;
  try {
    recovered = await input.recover(digest, signature);
  } catch (error) {
    return {
      name,
      ok: false,
      detail: `the signature cannot be read: ${error instanceof Error ? error.message : error}`,
    };
  }
  const expected = input.operator ?? input.onChain?.channel.operator ?? batch.operator;
  if (!isSameAddress(batch.operator, expected)) {
    return { name, ok: false, detail: `the batch names operator ${batch.operator}, expected ${expected}` };
  }
  if (!isSameAddress(recovered, expected)) {
    return { name, ok: false, detail: `the batch is signed by ${recovered}, expected operator ${expected}` };
  }
  if (!isSameAddress(signer, recovered)) {
    return { name, ok: false, detail: `the receipt names signer ${signer}, the signature is of ${recovered}` };
  }
  return { name, ok: true, detail: `batch ${batch.epoch}/${batch.batch} is signed by its operator ${batch.operator}` };
}

async function unitsCheck(
  signed: SignedReceipt,
  policy: Policy,
  policyHash: Hex,
  input: VerifyReceiptsInput,
): Promise<Found> {
  const name = 'units';
  const { receipt } = signed;
  if (receipt.policyHash !== policyHash) {
    return { name, ok: false, detail: `the receipt names policy ${receipt.policyHash}, this one is ${policyHash}` };
  }
  try {
    const terms = await termsOf(signed, policy, policyHash, input);
    const units = unitsOf(terms.policy, receipt.metrics);
    const ok = units === receipt.units;
    return { name, ok, detail: `${terms.from} ${units} base units, the receipt says ${receipt.units}` };
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    const { clause } = error.values;
    const cited = error.code === 'rate_quote_refused' ? ` (${String(clause)})` : '';
    return { name, ok: false, detail: `${error.shortMessage}${cited}` };
  }
}

/** The rates that a receipt is under: the policy's own, or those of the quote that it names and carries. */
async function termsOf(
  { receipt, rateQuote }: SignedReceipt,
  policy: Policy,
  policyHash: Hex,
  { domain, keccak256, recover }: VerifyReceiptsInput,
): Promise<{ readonly policy: Policy; readonly from: string }> {
  const named = receipt.metrics.filter(({ metric }) => metric === 'rate_quote');
  const [sequence] = named.map(({ amount }) => amount);
  if (rateQuote === undefined && sequence === undefined) return { policy, from: 'the policy gives' };
  if (rateQuote === undefined || named.length !== 1 || rateQuote.quote.sequence !== sequence) {
    const carried = rateQuote === undefined ? 'none' : rateQuote.quote.sequence;
    throw new BaseError(`The receipt names rate quote ${sequence ?? 'none'} and carries ${carried}.`);
  }
  const at = receipt.issuedAt;
  await checkRateQuote(rateQuote, { policy, policyHash, domain, at, of: 'receipt', keccak256, recover });
  return { policy: quotedPolicy(policy, rateQuote.quote), from: `by rate quote ${sequence} the policy gives` };
}

/** For each receipt, its checks against the one before it in its channel. */
function linkChecks(receipts: readonly SignedReceipt[], hashes: readonly Hex[]): Found[][] {
  const order = receipts.map((_, index) => index);
  order.sort((left, right) => compareSeq(receipts[left]!.receipt.seq, receipts[right]!.receipt.seq) || left - right);
  const previousOf = new Map<Hex, number>();
  const checks: Found[][] = receipts.map(() => []);
  for (const index of order) {
    const { receipt } = receipts[index]!;
    const previous = previousOf.get(receipt.channelId);
    checks[index] = previous === undefined ? firstChecks(receipts[index]!) : linkOf(receipts, hashes, previous, index);
    previousOf.set(receipt.channelId, index);
  }
  return checks;
}

function firstChecks({ receipt }: SignedReceipt): Found[] {
  const isFirst = receipt.previousReceiptHash === zeroHash;
  const ok = isFirst ? receipt.cumulativeUnits === receipt.units : receipt.cumulativeUnits >= receipt.units;
  const sums = `${receipt.cumulativeUnits} base units in all, ${receipt.units} of this call`;
  return [{ name: 'cumulative', ok, detail: isFirst ? `${sums}, the first of its channel` : sums }];
}

function linkOf(receipts: readonly SignedReceipt[], hashes: readonly Hex[], before: number, index: number): Found[] {
  const previous = receipts[before]!.receipt;
  const { receipt } = receipts[index]!;
  if (previous.seq === receipt.seq) {
    const ok = hashes[before] === hashes[index];
    const detail = ok
      ? `seq ${showSeq(receipt.seq)} is given twice, and is the same`
      : `seq ${showSeq(receipt.seq)} was signed twice with different contents: ${hashes[before]} and ${hashes[index]}`;
    return [{ name: 'chain', ok, detail }];
  }
  if (receipt.previousReceiptHash !== hashes[before]) {
    const detail =
      `receipt ${showSeq(receipt.seq)} follows ${receipt.previousReceiptHash}, ` +
      `which is not receipt ${showSeq(previous.seq)} (${hashes[before]}): one is missing between them, or the chain is broken`;
    return [{ name: 'chain', ok: false, detail }];
  }
  const sameTerms = previous.tokenId === receipt.tokenId && previous.classId === receipt.classId;
  const expected = previous.cumulativeUnits + receipt.units;
  return [
    {
      name: 'chain',
      ok: sameTerms,
      detail: sameTerms
        ? `receipt ${showSeq(receipt.seq)} follows ${showSeq(previous.seq)}`
        : `receipt ${showSeq(receipt.seq)} names another token or class than ${showSeq(previous.seq)} of its channel`,
    },
    {
      name: 'cumulative',
      ok: receipt.cumulativeUnits === expected,
      detail: `${receipt.cumulativeUnits} base units in all, ${previous.cumulativeUnits} before and ${receipt.units} of this call`,
    },
  ];
}

function bodyChecks({ receipt, salt }: SignedReceipt, bodies: ReceiptBodies | undefined, sha256?: Hasher): Found[] {
  if (bodies === undefined || sha256 === undefined) return [];
  return (['request', 'response'] as const).flatMap((part): Found[] => {
    const body = bodies[part];
    if (body === undefined) return [];
    const hash = hashBody(salt, body, sha256);
    const expected = part === 'request' ? receipt.requestHash : receipt.responseHash;
    const ok = hash === expected;
    const detail = `the ${part}'s ${body.length} bytes hash to ${hash}${ok ? '' : `, the receipt says ${expected}`}`;
    return [{ name: 'body', ok, detail }];
  });
}

/** What a receipt says against what the chain says of its channel. */
function channelCheck(
  { receipt, signer }: SignedReceipt,
  { channel, policyHash }: ChannelOnChain,
  { domain, keccak256 }: VerifyReceiptsInput,
): Found {
  const pairs = [
    ['the channel', receipt.channelId, channelIdOf(domain, channel, keccak256)],
    ['the token', receipt.tokenId, channel.tokenId],
    ['the class', receipt.classId, splitTokenId(channel.tokenId).classId],
    ['the policy', receipt.policyHash, policyHash],
  ] as const;
  const differing = pairs
    .filter(([, said, found]) => said !== found)
    .map(([what, said, found]) => `${what} is ${found} on chain, not ${said}`);
  if (!isSameAddress(signer, channel.operator)) differing.push(`its operator is ${channel.operator}, not ${signer}`);
  if (receipt.cumulativeUnits > channel.cap)
    differing.push(`its cap is ${channel.cap}, below ${receipt.cumulativeUnits} base units in all`);
  const name = 'channel';
  if (differing.length > 0) return { name, ok: false, detail: differing.join('; ') };
  return { name, ok: true, detail: 'token, class, policy and operator are those on chain' };
}

function anchorCheck({ batch }: SignedReceipt, anchors: readonly AnchoredBatches[], input: VerifyReceiptsInput): Found {
  const name = 'anchor';
  const anchor = anchors.find(
    (candidate) =>
      isSameAddress(candidate.operator, batch.operator) &&
      candidate.epoch === batch.epoch &&
      candidate.firstBatch <= batch.batch &&
      batch.batch <= candidate.lastBatch,
  );
  const label = `batch ${batch.epoch}/${batch.batch}`;
  if (anchor === undefined) return { name, ok: false, detail: `no anchored root covers ${label}` };
  const included = anchor.batches.some(
    (candidate) =>
      isSameAddress(candidate.operator, batch.operator) &&
      candidate.epoch === batch.epoch &&
      candidate.batch === batch.batch &&
      candidate.root === batch.root,
  );
  if (!included)
    return { name, ok: false, detail: `the published leaves do not hold ${label} with root ${batch.root}` };
  const { root } = receiptAnchorTree(input.domain, anchor.batches, input.keccak256);
  const ok = root === anchor.root;
  return {
    name,
    ok,
    detail: ok
      ? `${label} is under the anchored root ${root}`
      : `the published leaves have root ${root}, the chain has ${anchor.root}`,
  };
}

function compareSeq(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function showSeq(seq: bigint): string {
  const { epoch, counter } = splitSeq(seq);
  return `${epoch}/${counter}`;
}
