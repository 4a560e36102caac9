import { closeAll, type ChannelRecord, type Hex } from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { join } from 'node:path';
import { createCaptureBatcher } from '../capture/createCaptureBatcher.js';
import { createViemChain } from '../chain/createViemChain.js';
import type { GatewayChain } from '../chain/gatewayChain.js';
import { createChannelBook, rootIdIn, rootIdOf } from '../channels/channelBook.js';
import { type ChannelCheck, checkChannel } from '../channels/servedChannel.js';
import { readOperatorKey } from '../crypto/operatorKey.js';
import type { Gateway } from '../gateway.js';
import { type Environment, type GatewayConfigInput, parseGatewayConfig } from '../gatewayConfig.js';
import { urlOf } from '../http/listening.js';
import { createKeyAccounts } from '../keys/keyAccounts.js';
import { lockDataDir } from '../ledger/lockDataDir.js';
import { openLedger } from '../ledger/openLedger.js';
import { recordTypes } from '../ledger/recordTypes.js';
import { reasonOf, stackOf, type StructuredLog } from '../structuredLog.js';
import { createOpenedChannels } from '../topUps/createOpenedChannels.js';
import { openDepositChain } from '../topUps/openTopUps.js';
import { decodeTopUpRecord } from '../topUps/topUpRecord.js';
import { createVoucherBook, type RecoverVoucher } from '../vouchers/createVoucherBook.js';
import { within, withinOr } from '../within.js';
import { exposureTermsOf } from '../vouchers/exposure.js';
import { decodeProgressRecord } from '../vouchers/progressRecord.js';
import { encodeVoucherRecord } from '../vouchers/voucherRecord.js';
import { createAnswerIndex } from './createAnswerIndex.js';
import type { Gathered } from './gatewayFigures.js';
import { keepWorker, type Worker } from './keepWorker.js';
import { ownerOf } from './ownerOf.js';
import type { KeeperProcedures, WorkerStart } from './procedures.js';
import { createSharedQuotes } from './createSharedQuotes.js';
import { takeConnections } from './takeConnections.js';

const watchMs = 1_000;
// How long a worker's figures are waited for: those of the others are worth more than one that is stuck.
const figuresMs = 2_000;

/**
 * A gateway of several processes. This one has the data folder, the log and the port, captures, and asks the chain; everything
 * of a call is in the worker that serves its channel. A connection is given to the worker of its first call's channel; a
 * worker passes a call of another's channel on.
 * @throws as `createGateway` does.
 */
export async function superviseWorkers(
  config: GatewayConfigInput,
  workers: number,
  options: {
    readonly env: Environment;
    readonly now: () => number;
    readonly elapsedMs: () => number;
    readonly log: StructuredLog;
    readonly chain: GatewayChain | undefined;
  },
  opened: (() => Promise<void>)[],
): Promise<Gateway> {
  const settings = parseGatewayConfig(config);
  const { env, now, log } = options;
  const operator = readOperatorKey(settings, env);
  const domain = { chainId: settings.chainId, verifyingContract: settings.contracts.ValueChannels };
  const chain = options.chain ?? createViemChain({ ...settings, operator });
  const store = createContentStore({ dir: settings.contentStoreDir });
  const keyAccounts = createKeyAccounts();
  const answers = createAnswerIndex(now);
  // What is kept, for captures and for workers that begin. Vouchers are taken by workers.
  const vouchers = createVoucherBook({
    domain,
    keep: () => Promise.reject(new Error('Vouchers are taken by workers.')),
    terms: exposureTermsOf(settings.strict),
    voucherWaitMs: settings.strict.voucherWaitMs,
    nowSeconds: () => now() / 1000,
    onTaken: () => undefined,
  });
  const rateQuotes = createSharedQuotes();
  const interrupted = new Map<Hex, { readonly channelId: Hex; readonly payload: Buffer }>();
  const onVoucher: RecoverVoucher = (type, payload, committedOf) => {
    vouchers.recover(type, payload, committedOf);
    if (type !== recordTypes.progress) return;
    const { salt, channelId } = decodeProgressRecord(payload);
    interrupted.set(salt, { channelId, payload: Buffer.from(payload) });
  };
  const settled = (salt: Hex): void => {
    vouchers.settled(salt);
    interrupted.delete(salt);
  };
  const lock = await lockDataDir(settings.dataDir);
  opened.push(lock.release);
  const deposits = await openDepositChain(settings, env, operator.address);
  let receipts = 0;
  let onCommitted: (count: number) => void = () => undefined;
  const ledger = await openLedger({
    path: join(settings.dataDir, 'ledger.log'),
    domain,
    operator,
    log,
    now,
    isHeld: lock.isHeld,
    onReceipt: settled,
    onAnswer: answers.add,
    onVoucher,
    onKeyUse: keyAccounts.recover,
    running: () => 0,
    onCommitted: (count) => {
      receipts += count;
      onCommitted(count);
    },
  });
  opened.push(ledger.close);
  const kept: Worker[] = [];
  const tellAll = (tell: (worker: Worker) => void): void => kept.forEach(tell);
  const batcher = createCaptureBatcher({
    ledger,
    chain,
    operator,
    domain,
    putLeaves: (bytes) => store.putBytes(bytes, { sync: 'each' }),
    channelOf: (channelId) => book.byId(channelId),
    voucherOf: vouchers.capturable,
    onGone: (channelId, how) => {
      book.drop(channelId, how);
      tellAll((worker) => worker.link()?.tell('drop', { channelId, how }));
    },
    intervalMs: settings.batchIntervalMs,
    maxReceipts: settings.batchMaxReceipts,
    now,
    elapsedMs: options.elapsedMs,
    log,
  });
  opened.push(batcher.cancel);
  const check = (record: ChannelRecord): Promise<ChannelCheck> =>
    checkChannel(record, {
      domain,
      operator: operator.address,
      chain,
      accountOf: ledger.accountOf,
      signedUnits: vouchers.signedUnits,
    });
  const book = createChannelBook({
    path: settings.channelsFile,
    check,
    keyAccountOf: keyAccounts.accountOf,
    nowSeconds: () => now() / 1000,
    onServed: ({ channelId }, capturedUnits) => batcher.track(channelId, capturedUnits),
    log,
  });
  onCommitted = batcher.onCommitted;
  await book.refresh();
  // Workers are paid and serve; here, what payments opened is captured from.
  const topUps: Uint8Array[] = [];
  const openedChannels = createOpenedChannels({ check, serve: book.addNext, log });
  const serveOpened = (): Promise<void> =>
    openedChannels.serve().catch((error: unknown) => log.warn('top_ups_unsettled', { reason: reasonOf(error) }));
  const noteTopUp = (payload: Uint8Array): 'sent' | 'opened' => {
    topUps.push(payload);
    const record = decodeTopUpRecord(payload);
    if (record.kind === 'opened') openedChannels.add(record);
    return record.kind;
  };
  for (const payload of await ledger.newTopUps()) noteTopUp(payload);
  if (settings.x402 !== undefined) await serveOpened();
  batcher.start();
  const watch = setInterval(() => {
    void book.watch();
    if (settings.x402 !== undefined) void serveOpened();
  }, watchMs).unref();
  opened.push(async () => clearInterval(watch));

  const begin = async (index: number): Promise<WorkerStart> => ({
    config,
    index,
    workers,
    epoch: await ledger.raiseEpoch(),
    keyUses: keyAccounts.all(),
    interrupted: [...interrupted.values()]
      .filter(({ channelId }) => ownerOf(rootIdIn(book, channelId), workers) === index)
      .map(({ payload }) => payload),
    rateQuotes: rateQuotes.newest(),
  });
  const tellPlaces = (): void => {
    const urls = Array.from({ length: workers }, (_, index) => kept[index]?.url());
    tellAll((worker) => worker.link()?.tell('places', urls));
  };
  const gather = async (): Promise<Gathered> => {
    const figures = await Promise.all(
      kept.map(async (worker) => {
        const asked = worker.link()?.call('figures', undefined);
        // Of one that is just ending, or stuck, nothing is known.
        return asked && withinOr(figuresMs, asked, undefined).catch(() => undefined);
      }),
    );
    const batches = { unanchored: ledger.unanchored().length, transactions: ledger.journal.entries() };
    const known = figures.filter((one) => one !== undefined);
    return { figures: known, receipts, flushes: ledger.flushCount(), batches, captures: batcher.figures() };
  };
  const tellFailure = (): void => {
    const failure = ledger.failure();
    if (failure !== undefined) tellAll((worker) => worker.link()?.tell('logFailed', reasonOf(failure)));
  };
  /** Every worker knows of a channel that a payment opened before the one that was paid goes on. */
  const tellTopUp = async (payload: Uint8Array, from: number): Promise<void> => {
    if (noteTopUp(payload) === 'sent') return;
    await serveOpened();
    const others = kept.filter((_, index) => index !== from);
    // One that is just ending learns it when it begins again.
    await Promise.allSettled(others.map((worker) => worker.link()?.call('topUpKept', undefined)));
  };
  let lastPayment: Promise<unknown> = Promise.resolve();
  const inTurnToPay = <T>(pay: () => Promise<T>): Promise<T> => {
    const turn = lastPayment.then(pay);
    lastPayment = turn.catch(() => undefined);
    return turn;
  };
  const proceduresOf = (index: number): KeeperProcedures => ({
    keepBatch: async (batch) => {
      try {
        await ledger.keepBatch(batch);
        batch.settled.forEach(settled);
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
      const committedOf = (channelId: Hex): bigint => ledger.accountOf(channelId).committedUnits;
      let isVoucher = false;
      for (const [type, payload] of records) {
        if (type === recordTypes.topUp) await tellTopUp(payload, index);
        isVoucher ||= type === recordTypes.voucher;
        if (type === recordTypes.voucher || type === recordTypes.progress)
          onVoucher(type, Buffer.from(payload), committedOf);
      }
      if (isVoucher) onCommitted(0);
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
    gather,
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
      return name === 'payAndSweep' ? inTurnToPay(() => ask(...given)) : ask(...given);
    },
    shareRateQuote: (signed) => {
      rateQuotes.add(signed);
      kept.forEach((worker, other) => other !== index && worker.link()?.tell('takeRateQuote', signed));
    },
  });
  const closeWorkers = async (): Promise<void> => {
    await Promise.all(kept.map((worker) => worker.close(3 * settings.drainMs)));
  };
  opened.push(closeWorkers);
  const started = Array.from({ length: workers }, async (_, index) => {
    kept[index] = await keepWorker({
      index,
      env,
      begin: () => begin(index),
      procedures: proceduresOf(index),
      onPlace: tellPlaces,
      log,
    });
  });
  // All have started or failed before anything is undone.
  const failed = (await Promise.allSettled(started)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  tellPlaces();

  const rootOfKey = (apiKeySha256: string): Hex | undefined => {
    try {
      const served = book.find(apiKeySha256);
      return served && rootIdOf(served);
    } catch {
      // It was revoked or has expired: any worker says so.
      return undefined;
    }
  };
  let next = 0;
  const connections = await takeConnections({
    host: settings.host,
    port: settings.port,
    give: (socket, bytes, apiKeySha256) => {
      const rootId = apiKeySha256 === undefined ? undefined : rootOfKey(apiKeySha256);
      const index = rootId === undefined ? next++ % workers : ownerOf(rootId, workers);
      kept[index]?.give(socket, bytes);
    },
    onError: (error) => log.error('handler_failed', { reason: reasonOf(error), stack: stackOf(error) }),
  });
  opened.push(async () => connections.stop());
  const url = urlOf(settings.host, connections.port);
  log.info('gateway_ready', { url, operator: operator.address, epoch: ledger.epoch, workers });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    connections.stop();
    clearInterval(watch);
    await closeAll([closeWorkers, () => within(settings.drainMs, batcher.stop()), ledger.close, lock.release]);
    log.info('gateway_stopped', { receipts, flushes: ledger.flushCount() });
  };
  return { url, close: () => (closing ??= close()) };
}
