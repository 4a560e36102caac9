import { recordTypes } from '../ledger/recordTypes.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { withinOr } from '../within.js';
import { encodeVoucherRecord } from '../vouchers/voucherRecord.js';
import type { SharedQuotes } from './createSharedQuotes.js';
import type { WorkerCounts } from './createWorkerCounts.js';
import type { Gathered, GatewayFigures } from './gatewayFigures.js';
import type { Worker } from './keepWorker.js';
import type { Keeper } from './openKeeper.js';
import type { KeeperProcedures } from './procedures.js';

// How long a worker's figures are waited for: those of the others are worth more than one that is stuck.
const figuresMs = 2_000;

/**
 * What a worker has done by the process with the log.
 * @param kept All workers, as they come to be; the one that asks is at `index`.
 */
export function keeperProceduresOf(
  index: number,
  kept: readonly Worker[],
  keeper: Keeper,
  {
    rateQuotes,
    counts,
    log,
  }: { readonly rateQuotes: SharedQuotes; readonly counts: WorkerCounts; readonly log: StructuredLog },
): KeeperProcedures {
  const { ledger, book, batcher, chain, keyAccounts, answers, vouchers, deposits, topUps } = keeper;
  const others = (): readonly Worker[] => kept.filter((_, other) => other !== index);
  const tellFailure = (): void => {
    const failure = ledger.failure();
    if (failure === undefined) return;
    kept.forEach((worker) => worker.link()?.tell('logFailed', reasonOf(failure)));
  };
  /** Every worker knows of a channel that a payment opened before the one that was paid goes on. */
  const tellTopUp = async (payload: Uint8Array): Promise<void> => {
    if ((await keeper.noteTopUp(payload)) === 'sent') return;
    // One that is just ending learns it when it begins again.
    await Promise.allSettled(others().map((worker) => worker.link()?.call('topUpKept', undefined)));
  };
  return {
    keepBatch: async (batch) => {
      try {
        await ledger.keepBatch(batch);
        keeper.noteSettled(batch.settled);
      } catch (error) {
        tellFailure();
        // Its receipts do not follow what is recorded: what it believes of its channels is not true.
        if (ledger.failure() === undefined) {
          log.error('worker_replaced', { worker: index, reason: reasonOf(error) });
          kept[index]?.replace();
        }
        throw error;
      }
    },
    keepRecords: async (records) => {
      await ledger.keepRecords(records).catch((error: unknown) => {
        tellFailure();
        throw error;
      });
      for (const [type, payload] of records) {
        if (type === recordTypes.topUp) await tellTopUp(payload);
        if (type === recordTypes.voucher || type === recordTypes.progress)
          keeper.noteVoucher(type, Buffer.from(payload));
      }
    },
    standingOf: (channelId) => ({
      head: ledger.durableOf(channelId),
      windows: ledger.accountOf(channelId).windows,
      vouchers: vouchers.held(channelId).map(encodeVoucherRecord),
    }),
    receiptOf: ({ channelId, seq }) => ledger.receiptOf(channelId, seq),
    answerOf: async ({ channelId, keySha256 }) => {
      const place = answers.find(channelId, keySha256);
      return place && ledger.answers.read(place.offset, place.length);
    },
    readChannel: ({ channel, channelId }) => chain.readChannel(channel, channelId),
    readCurrentPolicy: chain.readCurrentPolicy,
    readLot: chain.readLot,
    captureNow: batcher.captureNow,
    gather: async (): Promise<Gathered> => {
      const figures = await figuresOf(kept, counts);
      return {
        figures: [...figures.values()],
        counts: { ...counts.sum(new Set(figures.keys())), receipts: keeper.receipts() },
        flushes: ledger.flushCount(),
        batches: { unanchored: ledger.unanchored().length, transactions: ledger.journal.entries() },
        captures: batcher.figures(),
      };
    },
    keyUses: async () => {
      // Who asks for keys has just changed them, or wants to see that somebody did.
      const readAll = kept.map((worker) => worker.link()?.call('readChannels', undefined));
      await Promise.allSettled([book.refresh(), ...readAll]);
      return keyAccounts.all();
    },
    topUpsAfter: (seen) => ({ payloads: topUps.slice(seen), seen: topUps.length }),
    deposits: ({ name, with: given }) => {
      if (deposits === undefined) throw new Error('Nothing can be paid here.');
      const ask = deposits[name] as (...given: readonly unknown[]) => Promise<unknown>;
      return ask(...given);
    },
    shareRateQuote: (signed) => {
      rateQuotes.add(signed);
      others().forEach((worker) => worker.link()?.tell('takeRateQuote', signed));
    },
  };
}

/** Of the workers that answer: of one that is just ending, or stuck, only what it counted before is known. */
async function figuresOf(kept: readonly Worker[], counts: WorkerCounts): Promise<ReadonlyMap<number, GatewayFigures>> {
  const answered = new Map<number, GatewayFigures>();
  await Promise.all(
    kept.map(async (worker, index) => {
      const link = worker.link();
      const asked = link?.call('figures', undefined).catch(() => undefined);
      const figures = asked && (await withinOr(figuresMs, asked, undefined));
      // One that has ended meanwhile may have another in its place, which others asked already.
      if (link === undefined || figures === undefined || worker.link() !== link) return;
      answered.set(index, figures);
      counts.take(index, link, figures.counts);
    }),
  );
  return answered;
}
