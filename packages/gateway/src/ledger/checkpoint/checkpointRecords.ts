import type { Hex } from '@kedge/core';
import type { ChannelAccount } from '../channelAccount.js';
import type { BatchName, LogPlace } from '../ledgerIndex.js';
import { restoreWindows, windowsText } from '../useWindows.js';

// The records that are in checkpoints only, big-endian.

/** What the receipts of a channel come to: [channel | units u64 | seq u64 | hash of the last receipt | windows as JSON]. */
export function encodeAccountRecord(account: ChannelAccount): Buffer {
  const fixed = Buffer.alloc(80);
  let at = fixed.write(account.channelId.slice(2), 0, 'hex');
  at = fixed.writeBigUInt64BE(account.committedUnits, at);
  at = fixed.writeBigUInt64BE(account.lastSeq, at);
  fixed.write(account.lastReceiptHash.slice(2), at, 'hex');
  return Buffer.concat([fixed, Buffer.from(windowsText(account.windows))]);
}

/** Makes the account that it is of what {@link encodeAccountRecord} wrote. */
export function readAccountRecord(payload: Buffer, accountOf: (channelId: Hex) => ChannelAccount): void {
  const account = accountOf(`0x${payload.toString('hex', 0, 32)}`);
  account.committedUnits = payload.readBigUInt64BE(32);
  account.lastSeq = payload.readBigUInt64BE(40);
  account.lastReceiptHash = `0x${payload.toString('hex', 48, 80)}`;
  restoreWindows(account.windows, JSON.parse(payload.toString('utf8', 80)));
}

/** Where a stored answer is in the log: [offset u64 | length u32 | the begin of its payload, without the body]. */
export function encodeAnswerPlace({ offset, length }: LogPlace, head: Uint8Array): Buffer {
  const fixed = Buffer.alloc(12);
  fixed.writeBigUInt64BE(BigInt(offset));
  fixed.writeUInt32BE(length, 8);
  return Buffer.concat([fixed, head]);
}

export function decodeAnswerPlace(payload: Buffer): { readonly place: LogPlace; readonly head: Buffer } {
  const place = { offset: Number(payload.readBigUInt64BE(0)), length: payload.readUInt32BE(8) };
  return { place, head: payload.subarray(12) };
}

const nameBytes = 12;

/** Batches that no confirmed transaction anchors: each [epoch u32 | batch u64]. */
export function encodeUnanchored(names: readonly BatchName[]): Buffer {
  const bytes = Buffer.alloc(names.length * nameBytes);
  for (const [index, { epoch, batch }] of names.entries()) {
    bytes.writeUInt32BE(Number(epoch), index * nameBytes);
    bytes.writeBigUInt64BE(batch, index * nameBytes + 4);
  }
  return bytes;
}

export function decodeUnanchored(payload: Buffer): BatchName[] {
  return Array.from({ length: payload.length / nameBytes }, (_, index) => ({
    epoch: BigInt(payload.readUInt32BE(index * nameBytes)),
    batch: payload.readBigUInt64BE(index * nameBytes + 4),
  }));
}
