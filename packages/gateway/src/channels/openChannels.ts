import type { ChannelRecord, Hex, ProtocolDomain } from '@kedge/core';
import type { ContentStore } from '@kedge/store';
import { endedChannelsIn } from '../capture/endedChannels.js';
import type { CaptureBatcher } from '../capture/createCaptureBatcher.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { GatewayConfig } from '../gatewayConfig.js';
import { createIdempotency, type Idempotency } from '../idempotency/createIdempotency.js';
import { createKeyAccounts, type KeyAccounts } from '../keys/keyAccounts.js';
import type { ServingLedger } from '../ledger/ledger.js';
import { createLotPrices, type LotPrices } from '../live/createLotPrices.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { createOpenedChannels } from '../topUps/createOpenedChannels.js';
import type { TopUps } from '../topUps/createTopUps.js';
import { openTopUps } from '../topUps/openTopUps.js';
import { createVoucherBook, type VoucherBook } from '../vouchers/createVoucherBook.js';
import { boundsOf, type ExposureTerms, exposureTermsOf } from '../vouchers/exposure.js';
import type { Foundation, Ground } from '../workers/foundation.js';
import { type ChannelBook, createChannelBook, rootIdIn } from './channelBook.js';
import { createCurrentPolicies, type CurrentPolicies } from './createCurrentPolicies.js';
import { type ChannelCheck, checkChannel, type ServedChannel } from './servedChannel.js';

const watchMs = 1_000;
const topUpWatchMs = 5_000;

/** What calls are paid from: channels with their accounts, keys, vouchers and top-ups, on a ledger; and what captures from them. */
export type Channels = {
  readonly book: ChannelBook;
  readonly ledger: ServingLedger;
  readonly idempotency: Idempotency;
  readonly vouchers: VoucherBook;
  readonly topUps: TopUps | undefined;
  readonly batcher: CaptureBatcher;
  readonly prices: LotPrices;
  readonly currentPolicies: CurrentPolicies;
  /** What they share with the gateway's other processes. */
  readonly ground: Omit<Ground, 'ledger' | 'captures'>;
  /** Stops serving from a channel that is gone from the chain. */
  readonly drop: ChannelBook['drop'];
  /** Serves channels that payments to other processes opened. */
  readonly catchUpTopUps: () => Promise<void>;
  /** Asks the chain, the channels file and payments no more. */
  readonly unwatch: () => void;
};

/**
 * Recovers what calls are paid from, asks the chain for it, and watches it.
 * @param options.running Calls that are served now.
 * @param options.onCommitted So many receipts are durable.
 * @param opened Takes what undoes what was opened, should the rest fail.
 */
export async function openChannels(
  settings: GatewayConfig,
  foundation: Foundation,
  options: {
    readonly domain: ProtocolDomain;
    readonly operator: OperatorKey;
    readonly store: ContentStore;
    readonly log: StructuredLog;
    readonly running: () => number;
    readonly onCommitted: (receipts: number) => void;
  },
  opened: (() => Promise<void>)[],
): Promise<Channels> {
  const { domain, operator, store, log, running } = options;
  const { now } = foundation;
  const nowSeconds = (): number => now() / 1000;
  const chain = foundation.chainOf(operator);
  const idempotency = createIdempotency(now);
  const keyAccounts = createKeyAccounts();
  const terms = exposureTermsOf(settings.strict);
  const vouchers = createVoucherBook({
    domain,
    keep: (signed, progress) => ledger.keepVoucher(signed, progress),
    terms,
    voucherWaitMs: settings.strict.voucherWaitMs,
    nowSeconds,
    onTaken: () => onCommitted(0),
  });

  let onCommitted: (receipts: number) => void = () => undefined;
  let catchUpTopUps: () => Promise<void> = async () => undefined;
  const rootOf = (channelId: Hex): Hex => rootIdIn(book, channelId);
  const { ledger, captures, ...ground } = await foundation.open({
    domain,
    operator,
    log,
    now,
    onVoucher: vouchers.recover,
    onKeyUse: keyAccounts.recover,
    onReceipt: vouchers.settled,
    running,
    onCommitted: (receipts: number) => {
      options.onCommitted(receipts);
      onCommitted(receipts);
    },
    onAnswer: idempotency.recover,
    keyAccountOf: keyAccounts.accountOf,
    onHeld: () => catchUpTopUps(),
    rootOf,
    keysOf: (channelId) => {
      const rootId = rootOf(channelId);
      return book.keyed().flatMap((one) => (rootOf(one.channelId) === rootId ? [one.key.apiKeySha256] : []));
    },
  });
  opened.push(ledger.close);
  await chargeInterrupted({ vouchers, keyAccounts, ledger, idempotency, log });

  const drop: ChannelBook['drop'] = (channelId, how) => {
    book.drop(channelId, how);
    if (how === 'closed') vouchers.end(channelId);
  };
  const batcher = captures({
    operator,
    domain,
    putLeaves: (bytes) => store.putBytes(bytes, { sync: 'each' }),
    channelOf: (channelId) => book.byId(channelId),
    isUnserved: (channelId) => book.isUnserved(channelId),
    endedChannelsFile: endedChannelsIn(settings.dataDir),
    voucherOf: vouchers.capturable,
    onGone: drop,
    intervalMs: settings.batchIntervalMs,
    maxReceipts: settings.batchMaxReceipts,
    now,
    log,
  });
  opened.push(batcher.cancel);
  onCommitted = batcher.onCommitted;
  const prices = createLotPrices(chain.readLot, log);
  const noteExposure = createExposureNote(terms, log);
  const check = (record: ChannelRecord): Promise<ChannelCheck> => {
    const { load, accountOf } = ledger;
    const { signedUnits } = vouchers;
    return checkChannel(record, { domain, operator: operator.address, chain, load, accountOf, signedUnits });
  };
  const book = createChannelBook({
    path: settings.channelsFile,
    check,
    keyAccountOf: keyAccounts.accountOf,
    nowSeconds,
    onServed: (served, capturedUnits) => {
      const { channel, channelId } = served;
      prices.want(channel.tokenId >> 32n);
      if (channel.mode === 'strict' && ledger.isHeld(channelId)) vouchers.count(served);
      if (channel.mode === 'strict') noteExposure(served);
      batcher.track(channelId, capturedUnits);
    },
    log,
  });
  await book.refresh();
  const currentPolicies = createCurrentPolicies({
    chain,
    operator: operator.address,
    served: book.all,
    read: (uri) => store.getJson(uri.replace(/^ipfs:\/\//, '')),
    log,
  });
  await currentPolicies.refresh();

  const topUps = openTopUps(settings, ground.deposits, {
    policyOf: currentPolicies.current,
    nowSeconds,
    keep: ledger.keepTopUp,
    newRecords: ledger.newTopUps,
    opened: createOpenedChannels({ check, serve: book.addNext, isUnchecked: book.isUnchecked, log }),
    isOurs: ground.settlesTopUpsOf ?? (() => true),
    log,
  });
  const unsettled = (error: unknown): void => log.warn('top_ups_unsettled', { reason: reasonOf(error) });
  const settleTopUps = (): Promise<void> | undefined => topUps?.settle().catch(unsettled);
  catchUpTopUps = async () => topUps?.catchUp().catch(unsettled);
  await settleTopUps();

  batcher.start();
  const unwatch = repeatedly(
    // A removed key must stop working without being asked for; a channel that could not be checked is tried again.
    [book.watch, watchMs],
    // So must an operator or a model that an issuer removed.
    [currentPolicies.refresh, settings.policyWatchMs],
    [settleTopUps, topUpWatchMs],
  );
  opened.push(async () => unwatch());
  return {
    book,
    ledger,
    idempotency,
    vouchers,
    topUps,
    batcher,
    prices,
    currentPolicies,
    ground,
    drop,
    catchUpTopUps,
    unwatch,
  };
}

/** Charges streams that an earlier run was killed in, as of their last voucher. */
async function chargeInterrupted({
  vouchers,
  keyAccounts,
  ledger,
  idempotency,
  log,
}: Pick<Channels, 'vouchers' | 'ledger' | 'idempotency'> & {
  readonly keyAccounts: KeyAccounts;
  readonly log: StructuredLog;
}): Promise<void> {
  for (const input of vouchers.interrupted()) {
    const key = input.key && keyAccounts.accountOf(input.key.apiKeySha256);
    await ledger.commit({ ...input, key, answer: input.answer && idempotency.brokenOff(input.answer) });
    log.warn('interrupted_stream_charged', { channelId: input.channelId, units: input.units });
  }
}

/**
 * Says once for each policy where strict calls are served one by one: where no answer has a price, none can be owed by default, and
 * calls that run at once need room for their inputs.
 */
function createExposureNote(terms: ExposureTerms, log: StructuredLog): (served: ServedChannel) => void {
  const noted = new Set<Hex>();
  return (served) => {
    const { channelId, policyHash } = served;
    if (terms.startUnits !== undefined || noted.has(policyHash)) return;
    if (boundsOf(terms, served, 0n).channelUnits > 0n) return;
    noted.add(policyHash);
    const hint = 'Set strict.startUnits to what the longest inputs that shall run at once come to, in base units.';
    log.warn('strict_calls_one_by_one', { channelId, policyHash, hint });
  };
}

/** Does each work every so many milliseconds, until what it returns is called. The works catch what they throw. */
function repeatedly(...works: readonly (readonly [() => unknown, number])[]): () => void {
  const timers = works.map(([work, everyMs]) => setInterval(() => void work(), everyMs).unref());
  return () => timers.forEach(clearInterval);
}
