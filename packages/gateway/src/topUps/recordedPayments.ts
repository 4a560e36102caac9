import type { StructuredLog } from '../structuredLog.js';
import type { OpenedChannels } from './createOpenedChannels.js';
import type { DepositChain, PaymentOutcome } from './depositChain.js';
import {
  decodeTopUpRecord,
  type OpenedRecord,
  type PaymentName,
  paymentNameOf,
  type SentRecord,
  type TopUpRecord,
} from './topUpRecord.js';
import type { PaymentResponse } from './x402Messages.js';

/** Payments by their names, and what the chain says of them. */
export type RecordedPayments = {
  /** One that was sent, or is about to be, and of which nothing is known to have come. */
  readonly sent: (name: string) => SentRecord | undefined;
  readonly noteSent: (entry: SentRecord) => void;
  readonly forget: (name: string) => void;
  /** What was answered, or would be, to one that was taken. */
  readonly responseOf: (name: string) => PaymentResponse | undefined;
  /** Asks the chain what came of one, and serves what it opened. */
  readonly findOutcome: (entry: SentRecord) => Promise<void>;
  /** Takes over what is recorded by now, by whichever process, and serves what is not served yet. */
  readonly catchUp: () => Promise<void>;
  /** The same, and asks the chain of all payments but the `busy` ones. @throws what went wrong first, when all are looked at. */
  readonly settle: (isBusy: (name: string) => boolean) => Promise<void>;
  /** From where on the chain is to be looked at for a payment that comes now. */
  readonly blockBefore: () => Promise<bigint>;
};

export type RecordedPaymentsOptions = {
  readonly chainId: number;
  readonly chain: Pick<DepositChain, 'outcomesOf' | 'blockNumber'>;
  /** Durable when it resolves. */
  readonly keep: (record: TopUpRecord) => Promise<unknown>;
  /** Records that were kept since it was called last. */
  readonly newRecords: () => Promise<readonly Uint8Array[]>;
  readonly opened: OpenedChannels;
  /** Whether this process finds out by itself what payments for a channel have come to. */
  readonly isOurs: (rootId: SentRecord['rootId']) => boolean;
  readonly nowSeconds: () => number;
  readonly log: StructuredLog;
};

const blocksBefore = 1_000n;
const mostAtOnce = 100;
const forgetAfterSeconds = 86_400n;

export function createRecordedPayments(options: RecordedPaymentsOptions): RecordedPayments {
  const { chain, log, opened } = options;
  const network = `eip155:${options.chainId}`;
  const sent = new Map<string, SentRecord>();
  const responses = new Map<string, PaymentResponse>();

  const noteOpened = (entry: OpenedRecord): void => {
    opened.add(entry);
    if (entry.payment !== undefined) noteTaken(entry.payment, entry);
  };

  const noteTaken = (payment: PaymentName, { record, spent, transaction }: OpenedRecord): void => {
    const name = paymentNameOf(payment);
    sent.delete(name);
    responses.set(name, {
      success: true,
      payer: payment.from,
      transaction,
      network,
      amount: spent.toString(),
      extra: { channelId: record.channelId, units: record.channel.cap.toString() },
    });
  };

  /** Takes down what a deposit was swept into, whoever did it. What counts is the chain. */
  const noteOutcome = async (entry: SentRecord, { swept, paidIn }: PaymentOutcome): Promise<void> => {
    const { payment, rootId, holder } = entry;
    // Paid in a transaction of its own, it was swept in a later one.
    const own =
      paidIn &&
      (swept.find(({ transaction }) => transaction === paidIn) ??
        swept.findLast((one) => opened.get(one.channelId) === undefined));
    for (const one of swept) {
      const { channelId, channel, spent, transaction } = one;
      if (opened.get(channelId) !== undefined) continue;
      const record = { ...entry.record, channel, channelId };
      const paid = one === own ? payment : undefined;
      const found: OpenedRecord = { kind: 'opened', rootId, holder, payment: paid, spent, transaction, record };
      await options.keep(found);
      noteOpened(found);
      log.info('topped_up', { channelId, continues: rootId, units: channel.cap, spent, transaction });
    }
    const known = own && opened.get(own.channelId);
    if (known !== undefined) noteTaken(payment, known);
  };

  const catchUp = async (): Promise<void> => {
    for (const payload of await options.newRecords()) {
      const record = decodeTopUpRecord(payload);
      if (record.kind === 'opened') noteOpened(record);
      else if (!responses.has(paymentNameOf(record.payment))) sent.set(paymentNameOf(record.payment), record);
    }
    await opened.serve();
  };

  const blockBefore = async (): Promise<bigint> => {
    const newest = await chain.blockNumber();
    // A payment that came to us may have been sent by somebody else before.
    return newest > blocksBefore ? newest - blocksBefore : 0n;
  };

  const settleEntry = async (entry: SentRecord, outcome: PaymentOutcome, newest: bigint): Promise<void> => {
    const name = paymentNameOf(entry.payment);
    await noteOutcome(entry, outcome);
    if (sent.get(name) !== entry) return;
    // What the asset did not take by then, it never will.
    if (entry.validBefore + forgetAfterSeconds < BigInt(Math.floor(options.nowSeconds()))) sent.delete(name);
    // Nothing of it was there so far. What was paid may be swept at any time, and is known by its payment.
    else if (outcome.paidIn === undefined && newest > entry.fromBlock) sent.set(name, { ...entry, fromBlock: newest });
  };

  return {
    sent: (name) => sent.get(name),
    noteSent: (entry) => sent.set(paymentNameOf(entry.payment), entry),
    forget: (name) => sent.delete(name),
    responseOf: (name) => responses.get(name),
    findOutcome: async (entry) => {
      for (const outcome of await chain.outcomesOf([entry])) await noteOutcome(entry, outcome);
      await opened.serve();
    },
    catchUp,
    settle: async (isBusy) => {
      await catchUp();
      // Those from the oldest block first.
      const entries = [...sent.values()]
        .filter(({ payment, rootId }) => !isBusy(paymentNameOf(payment)) && options.isOurs(rootId))
        .toSorted((one, other) => Number(one.fromBlock - other.fromBlock));
      if (entries.length === 0) return;
      const newest = await blockBefore();
      const failures: unknown[] = [];
      for (let at = 0; at < entries.length; at += mostAtOnce) {
        const some = entries.slice(at, at + mostAtOnce);
        try {
          const outcomes = await chain.outcomesOf(some);
          for (const [index, entry] of some.entries()) {
            await settleEntry(entry, outcomes[index] as PaymentOutcome, newest).catch((error) => failures.push(error));
          }
        } catch (error) {
          failures.push(error);
        }
      }
      await opened.serve();
      if (failures.length > 0) throw failures[0];
    },
    blockBefore,
  };
}
