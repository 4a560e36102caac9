import { type Address, type ChannelRecord, encodeChannelRecords, type Hex, parseChannelRecords } from '@kedge/core';

/** Who paid, and by which signature: an asset takes it once. */
export type PaymentName = { readonly from: Address; readonly nonce: Hex };

/** What channels are that continue another. */
export type Continuation = {
  /** The channel that the key was made for. */
  readonly rootId: Hex;
  /** Its holder, who owns what is bought. */
  readonly holder: Address;
};

/** A payment that is about to be sent: where to look for what came of it. */
export type SentRecord = Continuation & {
  readonly kind: 'sent';
  readonly payment: PaymentName;
  readonly deposit: Address;
  readonly asset: Address;
  /** Last second at which the asset takes the payment, Unix time. */
  readonly validBefore: bigint;
  readonly fromBlock: bigint;
  /** What is served from a channel that it opens, but for the channel itself. */
  readonly record: ChannelRecord;
};

/** A channel that a deposit was swept into, as it is served. */
export type OpenedRecord = Continuation & {
  readonly kind: 'opened';
  /** Undefined: somebody else paid. */
  readonly payment: PaymentName | undefined;
  /** In smallest units of the asset. */
  readonly spent: bigint;
  readonly transaction: Hex;
  readonly record: ChannelRecord;
};

export type TopUpRecord = SentRecord | OpenedRecord;

type Written<record> = { readonly [name in keyof record]: record[name] extends bigint ? string : record[name] };

/** Two records of one name say the same: of a payment that is sent, or of a channel that was opened. */
export function topUpNameOf(record: TopUpRecord): string {
  return record.kind === 'opened' ? `opened/${record.record.channelId}` : `sent/${paymentNameOf(record.payment)}`;
}

export function paymentNameOf({ from, nonce }: PaymentName): string {
  return `${from.toLowerCase()}/${nonce}`;
}

export function encodeTopUpRecord(record: TopUpRecord): Uint8Array {
  return Buffer.from(encodeChannelRecords([record]));
}

export function decodeTopUpRecord(payload: Uint8Array): TopUpRecord {
  const [written] = JSON.parse(Buffer.from(payload).toString()) as [Written<SentRecord> | Written<OpenedRecord>];
  const [record] = parseChannelRecords([written.record]);
  if (record === undefined) throw new Error('The log has a top-up without its channel.');
  if (written.kind === 'opened') return { ...written, spent: BigInt(written.spent), record };
  const { validBefore, fromBlock } = written;
  return { ...written, validBefore: BigInt(validBefore), fromBlock: BigInt(fromBlock), record };
}
