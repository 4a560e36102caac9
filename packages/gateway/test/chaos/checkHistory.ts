import { createHash } from 'node:crypto';
import { hashBody, hashReceipt, type Hex, type Metric, type SignedReceipt, verifyReceipts } from '@kedge/core';
import { recoverAddress } from 'viem';
import { keccak256 } from '../../src/crypto/hashers.js';
import type { World, WorldChannel } from './createWorld.js';
import type { LogicalCall } from './history.js';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export type HistoryReport = {
  readonly receipts: number;
  /** Receipts of calls whose client never got one: what went away between the disk and the client. */
  readonly undelivered: number;
  /** Of these: calls whose client never hung up itself, so that it must have been the gateway that went away. */
  readonly lost: number;
};

/**
 * Holds what clients saw of one channel against its ledger, given whole.
 * @throws Error that names the first law that does not hold, with what broke it.
 */
export async function checkHistory(
  world: World,
  channel: number,
  calls: readonly LogicalCall[],
  ledger: readonly SignedReceipt[],
): Promise<HistoryReport> {
  await checkChain(world, world.channels[channel]!, ledger);
  const hashes = new Map(ledger.map((signed) => [hashReceipt(signed.receipt, keccak256), signed]));
  const ofReceipt = new Map<Hex, LogicalCall>();
  for (const call of calls) {
    for (const outcome of call.attempts) {
      if (outcome.kind !== 'answered') continue;
      const { signed, response } = outcome;
      const hash = hashReceipt(signed.receipt, keccak256);
      if (!hashes.has(hash)) throw broken('R13: a receipt that was given out is not in the ledger', call, signed);
      if (hashBody(signed.salt, Buffer.from(call.body), sha256) !== signed.receipt.requestHash) {
        throw broken('R16: the receipt is not of this request', call, signed);
      }
      if (hashBody(signed.salt, response, sha256) !== signed.receipt.responseHash) {
        throw broken('R16: the receipt is not of this answer', call, signed);
      }
      const other = ofReceipt.get(hash);
      if (other !== undefined && other !== call)
        throw broken(`L8: one receipt for calls ${other.id} and`, call, signed);
      ofReceipt.set(hash, call);
    }
  }
  const undelivered = matchUndelivered(calls, hashes, ofReceipt);
  for (const call of undelivered) {
    if (call.attempts.some(({ kind }) => kind === 'broken')) continue;
    throw new Error(`R27: call ${call.id} was charged, and its client neither got a receipt nor lost its connection.`);
  }
  const chargedTimes = new Map<LogicalCall, number>();
  for (const [hash, signed] of hashes) {
    const call = ofReceipt.get(hash);
    if (call === undefined) throw new Error(`L9: receipt ${signed.receipt.seq} is of no call that was made.`);
    const times = (chargedTimes.get(call) ?? 0) + 1;
    chargedTimes.set(call, times);
    if (times > 1) throw broken('L8: a call was charged twice', call, signed);
    if (call.attempts.every(({ kind }) => kind === 'refused')) {
      throw broken('R12: a call was refused and charged', call, signed);
    }
    const sent = world.upstream.sentFor(call.id);
    const tokens = amountOf(signed.receipt.metrics, 'output_tokens');
    if (tokens > BigInt(sent)) throw broken(`R12: ${sent} words were sent, ${tokens} charged`, call, signed);
  }
  checkOrder(ledger.map((signed) => ofReceipt.get(hashReceipt(signed.receipt, keccak256))!));
  const isLost = ({ attempts }: LogicalCall): boolean => !attempts.some((one) => one.kind === 'broken' && one.isOwn);
  return { receipts: ledger.length, undelivered: undelivered.length, lost: undelivered.filter(isLost).length };
}

/** R13-R15, R17: paths, signatures, units, sums and links, from the first receipt to the last, within the cap. */
export async function checkChain(
  world: World,
  { channelId, channel: { cap } }: WorldChannel,
  ledger: readonly SignedReceipt[],
): Promise<void> {
  const signers = new Map<string, ReturnType<typeof recoverAddress>>();
  const recover = (hash: Hex, signature: Hex): ReturnType<typeof recoverAddress> => {
    const known = signers.get(hash + signature);
    if (known !== undefined) return known;
    const signer = recoverAddress({ hash, signature });
    signers.set(hash + signature, signer);
    return signer;
  };
  const { domain, operator, policy } = world;
  const checks = await verifyReceipts({ receipts: ledger, policy, domain, operator, keccak256, recover });
  const bad = checks.find(({ ok }) => !ok);
  if (bad !== undefined)
    throw new Error(`R13-R15: receipt ${bad.index} of channel ${channelId}: ${bad.name}, ${bad.detail}`);
  const units = ledger.reduce((sum, { receipt }) => sum + receipt.units, 0n);
  const total = ledger.at(-1)?.receipt.cumulativeUnits ?? 0n;
  if (units !== total)
    throw new Error(`L9: the receipts of channel ${channelId} sum to ${units}, the last says ${total}.`);
  if (total > cap) throw new Error(`L2: ${total} units were used of channel ${channelId}, which locks ${cap}.`);
}

/** Finds whose the remaining receipts are: by their request hash, which only the request and the salt give. */
function matchUndelivered(
  calls: readonly LogicalCall[],
  ledger: ReadonlyMap<Hex, SignedReceipt>,
  ofReceipt: Map<Hex, LogicalCall>,
): LogicalCall[] {
  const answered = new Set(ofReceipt.values());
  const open = calls.filter((call) => !answered.has(call));
  const found: LogicalCall[] = [];
  for (const [hash, { receipt, salt }] of ledger) {
    if (ofReceipt.has(hash)) continue;
    const call =
      open.find(({ body }) => hashBody(salt, Buffer.from(body), sha256) === receipt.requestHash) ??
      calls.find(({ body }) => hashBody(salt, Buffer.from(body), sha256) === receipt.requestHash);
    if (call === undefined) continue;
    ofReceipt.set(hash, call);
    found.push(call);
  }
  return found;
}

/**
 * The ledger's order is one that the clients could have seen: who had ended before another began is before it. For a log
 * to which each call appends once, that is linearizability, and the numbers are its proof.
 */
function checkOrder(inOrder: readonly LogicalCall[]): void {
  let latest: LogicalCall | undefined;
  for (const call of inOrder) {
    if (latest !== undefined && call.endedAt < latest.startedAt) {
      throw new Error(`R15: call ${call.id} ended before call ${latest.id} began, and is numbered after it.`);
    }
    if (latest === undefined || call.startedAt > latest.startedAt) latest = call;
  }
}

function amountOf(metrics: readonly Metric[], label: Metric['metric']): bigint {
  return metrics.find(({ metric }) => metric === label)?.amount ?? 0n;
}

function broken(law: string, call: LogicalCall, { receipt }: SignedReceipt): Error {
  const attempts = call.attempts.map((outcome) => (outcome.kind === 'refused' ? outcome.status : outcome.kind));
  return new Error(`${law}: call ${call.id} (${call.body}; ${attempts.join(', ')}), receipt ${receipt.seq}.`);
}
