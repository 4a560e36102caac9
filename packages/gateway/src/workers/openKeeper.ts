import { type Address, type ChannelRecord, closeAll, createTurns, type Hex } from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { join } from 'node:path';
import { type CaptureBatcher, createCaptureBatcher } from '../capture/createCaptureBatcher.js';
import { endedChannelsIn } from '../capture/endedChannels.js';
import { createViemChain } from '../chain/createViemChain.js';
import type { GatewayChain } from '../chain/gatewayChain.js';
import { type ChannelBook, createChannelBook } from '../channels/channelBook.js';
import { type ChannelCheck, checkChannel } from '../channels/servedChannel.js';
import { readOperatorKey } from '../crypto/operatorKey.js';
import type { GatewayConfig } from '../gatewayConfig.js';
import { createKeyAccounts, type KeyAccounts } from '../keys/keyAccounts.js';
import { lockDataDir } from '../ledger/lockDataDir.js';
import { type LogLedger, openLedger } from '../ledger/openLedger.js';
import { recordTypes } from '../ledger/recordTypes.js';
import { reasonOf } from '../structuredLog.js';
import { createOpenedChannels } from '../topUps/createOpenedChannels.js';
import type { DepositChain } from '../topUps/depositChain.js';
import { openDepositChain, payingInTurn } from '../topUps/openTopUps.js';
import { decodeTopUpRecord } from '../topUps/topUpRecord.js';
import { createVoucherBook, type VoucherBook } from '../vouchers/createVoucherBook.js';
import { exposureTermsOf } from '../vouchers/exposure.js';
import { decodeProgressRecord } from '../vouchers/progressRecord.js';
import { within } from '../within.js';
import { type AnswerIndex, createAnswerIndex } from './createAnswerIndex.js';
import type { Surroundings } from './foundation.js';

const watchMs = 1_000;

/** What one process has for all workers: the data folder, the log, the chain and the channels; nothing of a call. */
export type Keeper = {
  readonly operator: Address;
  readonly chain: GatewayChain;
  readonly ledger: LogLedger;
  /** How many receipts were recorded since it opened. */
  readonly receipts: () => number;
  readonly book: ChannelBook;
  readonly batcher: CaptureBatcher;
  readonly keyAccounts: KeyAccounts;
  readonly answers: AnswerIndex;
  readonly vouchers: Pick<VoucherBook, 'held'>;
  /** A voucher, or the progress of a stream, was recorded. */
  readonly noteVoucher: (type: number, payload: Buffer) => void;
  /** The calls of these salts have their receipts. */
  readonly noteSettled: (salts: readonly Hex[]) => void;
  /** Streams that have a voucher and no receipt yet, as of their last voucher. */
  readonly unsettledStreams: () => readonly { readonly channelId: Hex; readonly payload: Buffer }[];
  /** What sends payments, one at a time; undefined: nothing can be paid. */
  readonly deposits: DepositChain | undefined;
  /** A payment was recorded, or a channel that one opened, which is captured from once this resolves. Answers which. */
  readonly noteTopUp: (payload: Uint8Array) => Promise<'sent' | 'opened'>;
  /** Their records, in order. */
  readonly topUps: readonly Uint8Array[];
  /** Captures what it can, and lets the folder go. */
  readonly close: () => Promise<void>;
};

/**
 * @param options.onGone The chain says that a channel is gone.
 * @param opened Takes what undoes what was opened, should the rest fail.
 * @throws BaseError `data_dir_in_use`, `log_corrupt`, `log_foreign`, `operator_key_invalid`, `secret_missing`.
 */
export async function openKeeper(
  settings: GatewayConfig,
  options: Surroundings & { readonly onGone: ChannelBook['drop'] },
  opened: (() => Promise<void>)[],
): Promise<Keeper> {
  const { env, now, elapsedMs, log } = options;
  const nowSeconds = (): number => now() / 1000;
  const operator = readOperatorKey(settings, env);
  const domain = { chainId: settings.chainId, verifyingContract: settings.contracts.ValueChannels };
  const chain = options.chain ?? createViemChain({ ...settings, operator });
  const store = createContentStore({ dir: settings.contentStoreDir });
  const keyAccounts = createKeyAccounts();
  const answers = createAnswerIndex(now);
  // For captures, and for workers that begin. Vouchers are taken by workers.
  const vouchers = createVoucherBook({
    domain,
    keep: () => Promise.reject(new Error('Vouchers are taken by workers.')),
    terms: exposureTermsOf(settings.strict),
    voucherWaitMs: settings.strict.voucherWaitMs,
    nowSeconds,
    onTaken: () => undefined,
  });
  const unsettled = new Map<Hex, { readonly channelId: Hex; readonly payload: Buffer }>();
  const onVoucher: VoucherBook['recover'] = (type, payload, committedOf) => {
    vouchers.recover(type, payload, committedOf);
    if (type !== recordTypes.progress) return;
    const { salt, channelId } = decodeProgressRecord(payload);
    unsettled.set(salt, { channelId, payload: Buffer.from(payload) });
  };
  const onReceipt = (salt: Hex): void => {
    vouchers.settled(salt);
    unsettled.delete(salt);
  };

  const lock = await lockDataDir(settings.dataDir);
  opened.push(lock.release);
  const deposits = await openDepositChain(settings, env, operator.address);
  let receipts = 0;
  let onCommitted: (count: number) => void = () => undefined;
  const ledger = await openLedger({
    path: join(settings.dataDir, 'ledger.log'),
    segmentBytes: settings.ledgerSegmentBytes,
    domain,
    operator,
    log,
    now,
    isHeld: lock.isHeld,
    onReceipt,
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

  const batcher = createCaptureBatcher({
    ledger,
    chain,
    operator,
    domain,
    putLeaves: (bytes) => store.putBytes(bytes, { sync: 'each' }),
    channelOf: (channelId) => book.byId(channelId),
    isUnserved: (channelId) => book.isUnserved(channelId),
    endedChannelsFile: endedChannelsIn(settings.dataDir),
    voucherOf: vouchers.capturable,
    onGone: (channelId, how) => {
      book.drop(channelId, how);
      options.onGone(channelId, how);
    },
    intervalMs: settings.batchIntervalMs,
    maxReceipts: settings.batchMaxReceipts,
    now,
    elapsedMs,
    log,
  });
  opened.push(batcher.cancel);
  onCommitted = batcher.onCommitted;
  const check = (record: ChannelRecord): Promise<ChannelCheck> =>
    checkChannel(record, {
      domain,
      operator: operator.address,
      chain,
      load: ledger.load,
      accountOf: ledger.accountOf,
      signedUnits: vouchers.signedUnits,
    });
  const book = createChannelBook({
    path: settings.channelsFile,
    check,
    keyAccountOf: keyAccounts.accountOf,
    nowSeconds,
    onServed: ({ channelId }, capturedUnits) => batcher.track(channelId, capturedUnits),
    log,
  });
  await book.refresh();

  // Workers are paid and serve; here, what payments opened is captured from.
  const topUps: Uint8Array[] = [];
  const openedChannels = createOpenedChannels({ check, serve: book.addNext, isUnchecked: book.isUnchecked, log });
  const addTopUp = (payload: Uint8Array): 'sent' | 'opened' => {
    topUps.push(payload);
    const record = decodeTopUpRecord(payload);
    if (record.kind === 'opened') openedChannels.add(record);
    return record.kind;
  };
  const serveOpened = (): Promise<void> =>
    openedChannels.serve().catch((error: unknown) => log.warn('top_ups_unsettled', { reason: reasonOf(error) }));
  for (const payload of await ledger.newTopUps()) addTopUp(payload);
  if (settings.x402 !== undefined) await serveOpened();

  batcher.start();
  const watch = setInterval(() => {
    void book.watch();
    if (settings.x402 !== undefined) void serveOpened();
  }, watchMs).unref();
  opened.push(async () => clearInterval(watch));
  return {
    operator: operator.address,
    chain,
    ledger,
    receipts: () => receipts,
    book,
    batcher,
    keyAccounts,
    answers,
    vouchers,
    noteVoucher: (type, payload) => {
      onVoucher(type, payload, (channelId) => ledger.accountOf(channelId).committedUnits);
      // There may be more to capture.
      if (type === recordTypes.voucher) batcher.onCommitted(0);
    },
    noteSettled: (salts) => salts.forEach(onReceipt),
    unsettledStreams: () => [...unsettled.values()],
    deposits: deposits && payingInTurn(deposits, createTurns()),
    noteTopUp: async (payload) => {
      const kind = addTopUp(payload);
      if (kind === 'opened') await serveOpened();
      return kind;
    },
    topUps,
    close: () => {
      clearInterval(watch);
      return closeAll([() => within(settings.drainMs, batcher.stop()), ledger.close, lock.release]);
    },
  };
}
