import { createHash } from 'node:crypto';
import {
  hashBody,
  verifyReceipts,
  type Address,
  type Policy,
  type ProtocolDomain,
  type ReceiptBodies,
  type ReceiptCheck,
  type SignedReceipt,
} from '@kedge/core';
import { recoverAddress } from 'viem';
import type { Connection } from '../chain/connect.js';
import { keccak256 } from '../keccak256.js';
import { readAnchorFacts, readChannelFacts, type AnchorFact, type ChannelFacts } from './chainFacts.js';
import type { FindLeaves } from './createLeavesFinder.js';
import { findPolicy, type FoundPolicy } from './findPolicy.js';
import { hintOnBody, recountChecks } from './recountChecks.js';

/** One check; `ok` is absent where it could not be made. */
export type Check = {
  /** Of the receipt. */
  readonly index: number;
  readonly name: string;
  readonly ok?: boolean;
  readonly detail: string;
  /** Of a recount: what the receipt says, and the own count. */
  readonly metric?: string;
  readonly amount?: bigint;
  readonly counted?: bigint;
  /** Of an anchor that is not confirmed, and not refuted either. */
  readonly reason?: 'pending' | 'leaves_missing' | 'chain_not_asked';
};

type CheckContext = {
  readonly dataDir: string;
  /** Where the chain can be asked. */
  readonly connection: Connection | undefined;
  readonly domain: ProtocolDomain;
  /** The policy; undefined: looked for. */
  readonly given: Policy | undefined;
  /** Who must have signed; undefined: the operator that the chain names. */
  readonly operator: Address | undefined;
  /** Of the only receipt. */
  readonly bodies: ReceiptBodies | undefined;
  readonly surface: string | undefined;
  /** Where the chain is. */
  readonly findLeaves: FindLeaves | undefined;
};

/** What was found of a channel, and of each of its receipts. */
type Facts = {
  readonly channel: ChannelFacts | undefined;
  readonly operator: Address | undefined;
  readonly policy: FoundPolicy;
  readonly anchors: readonly AnchorFact[] | undefined;
};

/** Anybody can sign receipts that name themselves as operator. */
export const unknownOperator = 'who the operator is was not checked: pass --operator';

/** All checks of all receipts, those that could not be made included: they say why. */
export async function checkReceipts(receipts: readonly SignedReceipt[], context: CheckContext): Promise<Check[]> {
  const checks: Check[] = [];
  for (const indices of byChannel(receipts)) {
    const own = indices.map((index) => receipts[index]!);
    const ofChannel = await checkChannel(own, context);
    checks.push(...ofChannel.map((check) => ({ ...check, index: indices[check.index]! })));
  }
  return checks;
}

/** Indices of the receipts of each channel. */
function byChannel(receipts: readonly SignedReceipt[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { receipt }] of receipts.entries()) {
    groups.set(receipt.channelId, [...(groups.get(receipt.channelId) ?? []), index]);
  }
  return [...groups.values()];
}

async function checkChannel(receipts: readonly SignedReceipt[], context: CheckContext): Promise<Check[]> {
  const facts = await readFacts(receipts, context);
  const { domain, bodies } = context;
  const { channel, operator, anchors } = facts;
  const pure = await verifyReceipts({
    receipts,
    domain,
    keccak256,
    recover: (hash, signature) => recoverAddress({ hash, signature }),
    policy: 'policy' in facts.policy ? facts.policy.policy : undefined,
    operator,
    onChain: channel && { channel: channel.channel, policyHash: channel.token.policy.hash },
    bodies: bodies && [bodies],
    sha256,
    anchors: anchors?.flatMap((fact) => (fact.kind === 'anchored' ? [fact.anchor] : [])),
  });
  return [
    ...pure.filter(
      ({ name, index }) => name !== 'body' && (name !== 'anchor' || anchors?.[index]?.kind === 'anchored'),
    ),
    ...(await bodyChecks(receipts, pure, facts, context)),
    ...[...receipts.keys()].flatMap((index) => openChecks(facts, context, index).map((check) => ({ index, ...check }))),
  ];
}

async function readFacts(
  receipts: readonly SignedReceipt[],
  { dataDir, connection, given, operator, findLeaves }: CheckContext,
): Promise<Facts> {
  const { channelId, policyHash } = receipts[0]!.receipt;
  const channel = connection && (await readChannelFacts(connection, channelId));
  return {
    channel,
    operator: operator ?? channel?.channel.operator,
    policy: await findPolicy({ dataDir, given, connection, facts: channel }, policyHash),
    anchors: connection && findLeaves && (await readAnchorFacts(connection, receipts, findLeaves)),
  };
}

/** Bodies are given for one receipt only. */
async function bodyChecks(
  [signed]: readonly SignedReceipt[],
  pure: readonly ReceiptCheck[],
  { policy }: Facts,
  { bodies, surface }: CheckContext,
): Promise<Check[]> {
  if (signed === undefined || bodies === undefined) return [];
  const compared = pure.filter(({ name }) => name === 'body');
  const recounted = await recountChecks({ signed, found: policy, bodies, compared, surface });
  return [
    ...compared.map((check) => explained(check, signed, bodies)),
    ...recounted.map((check) => ({ index: 0, ...check })),
  ];
}

/** Says of a body that is not that of the receipt what is the matter with it, where that can be told. */
function explained(check: ReceiptCheck, { receipt, salt }: SignedReceipt, bodies: ReceiptBodies): ReceiptCheck {
  if (check.ok) return check;
  const part = check.detail.startsWith("the request's") ? 'request' : 'response';
  const hint = hintOnBody(bodies[part]!, (bytes) => hashBody(salt, bytes, sha256) === receipt[`${part}Hash`]);
  return hint === undefined ? check : { ...check, detail: `${check.detail}: ${hint}` };
}

/** What could not be checked of a receipt, and what nothing but the facts is needed for. */
function openChecks(
  { channel, operator, policy, anchors }: Facts,
  { connection, bodies }: CheckContext,
  index: number,
): Omit<Check, 'index'>[] {
  const checks: Omit<Check, 'index'>[] = [];
  if ('missing' in policy) checks.push({ name: 'units', detail: policy.missing });
  if (bodies === undefined)
    checks.push({ name: 'body', detail: 'not compared and not recounted: give --request and --response' });
  if (connection !== undefined && channel === undefined)
    checks.push({ name: 'channel', ok: false, detail: 'the chain knows no such channel' });
  if (operator === undefined) checks.push({ name: 'operator', detail: unknownOperator });
  const anchor = openAnchor(anchors?.[index]);
  return anchor === undefined ? checks : [...checks, { name: 'anchor', ...anchor }];
}

/** Undefined: its root and leaves are there, and it was held against them. */
function openAnchor(fact: AnchorFact | undefined): Pick<Check, 'ok' | 'detail' | 'reason'> | undefined {
  if (fact === undefined) return { reason: 'chain_not_asked', detail: 'the chain was not asked' };
  if (fact.kind === 'anchored') return undefined;
  const { kind, detail } = fact;
  return kind === 'leaves_wrong' ? { ok: false, detail } : { reason: kind, detail };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
