import {
  anchoredBatches,
  BaseError,
  dataAnchoringTokenAbi,
  parsePolicy,
  policyHashOf,
  verifyReceipts,
  type AnchoredBatches,
  type ChannelOnChain,
  type Policy,
  type ReceiptCheck,
  type SignedReceipt,
} from '@kedge/core';
import type { KedgeReadClient } from '@kedge/sdk';
import { recoverAddress, sha256 as sha } from 'viem';
import { keccak256 } from '../../data/keccak256.js';
import { readDocument } from '../../data/readDocument.js';
import type { FinishedCall } from './streamChat.js';

const sha256 = (bytes: Uint8Array): Uint8Array => sha(bytes, 'bytes');

/** What is needed to check a call, beside the call. */
export type CheckContext = { readonly client: KedgeReadClient; readonly contentUrl: string | undefined };

/**
 * Checks a call's receipt in this browser, with the code that every other verifier uses: path, signature, units by the
 * policy, bodies, the channel on chain and who its operator is, the link to the receipt before it where that is known, and,
 * once its root is on chain, the anchor.
 */
export async function checkCall(
  call: FinishedCall,
  before: SignedReceipt | undefined,
  { client, contentUrl }: CheckContext,
): Promise<ReceiptCheck[]> {
  const { receipt, batch } = call.receipt;
  const { chainId, contracts } = client.deployment;
  const [facts, anchor] = await Promise.all([
    readFacts(call.receipt, { client, contentUrl }),
    anchorOf(batch, { client, contentUrl }),
  ]);
  const follows = before !== undefined && before.receipt.seq + 1n === receipt.seq;
  const receipts = follows ? [before, call.receipt] : [call.receipt];
  const own = receipts.length - 1;
  const bodies = receipts.map((_, index) =>
    index === own ? { request: call.request, response: call.response } : undefined,
  );
  const checks = await verifyReceipts({
    receipts,
    domain: { chainId, verifyingContract: contracts.ValueChannels },
    keccak256,
    sha256,
    recover: (hash, signature) => recoverAddress({ hash, signature }),
    bodies,
    ...facts,
    ...(anchor === undefined ? {} : { anchors: [anchor] }),
  });
  const found = checks.filter(({ index }) => index === own);
  if (facts !== undefined) return found;
  return [...found, { index: own, name: 'channel', ok: false, detail: 'the chain knows no such channel' }];
}

type Facts = { readonly onChain: ChannelOnChain; readonly policy?: Policy };

/** The receipt's channel as the chain has it, and the policy that its token was bought under: known by its hash. */
async function readFacts(signed: SignedReceipt, { client, contentUrl }: CheckContext): Promise<Facts | undefined> {
  const { channelId, policyHash } = signed.receipt;
  const channel = await client.findChannel({ channelId });
  if (channel === undefined) return undefined;
  const { classId, policy } = await client.getToken({ tokenId: channel.tokenId });
  const onChain = { channel, policyHash: policy.hash };
  const uri = await policyUriOf(client, classId, policy.version);
  const found = await readDocument(contentUrl, uri);
  if (found === undefined) return { onChain };
  const parsed = parsePolicy(found);
  return policyHashOf(parsed, keccak256) === policyHash ? { onChain, policy: parsed } : { onChain };
}

async function policyUriOf(client: KedgeReadClient, classId: bigint, version: number): Promise<string> {
  const [uri] = await client.publicClient.readContract({
    address: client.deployment.contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    functionName: 'policyOf',
    args: [classId, version],
  });
  return uri;
}

/** The root on chain over the receipt's batch, with its published leaves; undefined while there is none. */
async function anchorOf(
  { operator, epoch, batch }: SignedReceipt['batch'],
  { client, contentUrl }: CheckContext,
): Promise<AnchoredBatches | undefined> {
  const root = await client.findReceiptAnchor({ operator, epoch, batch });
  if (root === undefined) return undefined;
  const json = await readDocument(contentUrl, `ipfs://${root.cid}`);
  if (json === undefined) return undefined;
  try {
    return anchoredBatches(root, json, keccak256);
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    return { ...root, batches: [] };
  }
}
