import type { Socket } from 'node:net';
import {
  type BaseError,
  buildTopUpOffer,
  type ChannelRecord,
  type Hex,
  type SignedRateQuote,
  closeAll,
} from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { keyInFile } from './upstream/keyInFile.js';
import { createUpstream } from './upstream/upstream.js';
import { openingFinalityOf } from './call/openingFinality.js';
import { createUsageCheck } from './call/usageCheck.js';
import { type ChannelBook, createChannelBook, rootIdIn } from './channels/channelBook.js';
import { createCurrentPolicies } from './channels/createCurrentPolicies.js';
import { type ChannelCheck, checkChannel } from './channels/servedChannel.js';
import { createSaltSource } from './crypto/createSaltSource.js';
import { readOperatorKey } from './crypto/operatorKey.js';
import type { Gateway } from './gateway.js';
import { type GatewayConfigInput, parseGatewayConfig } from './gatewayConfig.js';
import { createAnchorRoute } from './http/createAnchorRoute.js';
import { createDrain } from './http/createDrain.js';
import { listen } from './http/listen.js';
import { routeRequest } from './http/routeRequest.js';
import { unavailable } from './http/unavailable.js';
import { createIdempotency } from './idempotency/createIdempotency.js';
import { createKeyAccounts } from './keys/keyAccounts.js';
import { createLiveFeed } from './live/createLiveFeed.js';
import { createLiveMeter } from './live/createLiveMeter.js';
import { createLotPrices } from './live/createLotPrices.js';
import { readLive, readLivePart } from './live/readLive.js';
import { createMetrics, metricsText, upstreamFaultOf } from './metrics/createMetrics.js';
import { openPeers } from './peers/openPeers.js';
import { openRates } from './rates/openRates.js';
import { reasonOf } from './structuredLog.js';
import { createOpenedChannels } from './topUps/createOpenedChannels.js';
import { openTopUps } from './topUps/openTopUps.js';
import { openTraces } from './traces/openTraces.js';
import { undoingOnFailure } from './undoingOnFailure.js';
import { within } from './within.js';
import { exposureTermsOf } from './vouchers/exposure.js';
import { createVoucherBook } from './vouchers/createVoucherBook.js';
import type { Foundation } from './workers/foundation.js';
import { countsOf, differencesOf, gaugesOf, type GatewayFigures } from './workers/gatewayFigures.js';

const watchMs = 1_000;
const topUpWatchMs = 5_000;

/** A gateway, or one worker of it. */
export type AssembledGateway = Gateway & {
  /** Serves a connection that another process accepted. */
  readonly serve: (socket: Socket) => void;
  /** Stops serving from a channel that is gone from the chain. */
  readonly drop: ChannelBook['drop'];
  /** Takes a rate quote that another process was given. */
  readonly takeRateQuote: (signed: SignedRateQuote) => void;
  /** Reads the channels file, if it changed. */
  readonly readChannels: () => Promise<void>;
  /** Serves channels that payments to other processes opened. */
  readonly catchUpTopUps: () => Promise<void>;
};

/** Puts together what serves calls. */
export function assembleGateway(config: GatewayConfigInput, foundation: Foundation): Promise<AssembledGateway> {
  return undoingOnFailure((opened) => assemble(config, foundation, opened));
}

async function assemble(
  config: GatewayConfigInput,
  foundation: Foundation,
  opened: (() => Promise<void>)[],
): Promise<AssembledGateway> {
  const settings = parseGatewayConfig(config);
  const { env, now, elapsedMs } = foundation;
  const nowSeconds = (): number => now() / 1000;
  const startedAt = now();
  const meter = createLiveMeter(nowSeconds);
  const metrics = createMetrics(foundation.log, elapsedMs, meter.refused);
  const { log } = metrics;
  const operator = readOperatorKey(settings, env);
  const { url, timeoutMs } = settings.upstream;
  const apiKey = keyInFile(settings.upstream, { env, elapsedMs, log });
  const domain = { chainId: settings.chainId, verifyingContract: settings.contracts.ValueChannels };
  const chain = foundation.chainOf(operator);
  const store = createContentStore({ dir: settings.contentStoreDir });
  const idempotency = createIdempotency(now);
  const keyAccounts = createKeyAccounts();
  const vouchers = createVoucherBook({
    domain,
    keep: (signed, progress) => ledger.keepVoucher(signed, progress),
    terms: exposureTermsOf(settings.strict),
    voucherWaitMs: settings.strict.voucherWaitMs,
    nowSeconds,
    onTaken: () => onCommitted(0),
  });

  const drain = createDrain();
  let committed = 0;
  let onCommitted: (receipts: number) => void = ignore;
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
    running: drain.running,
    onCommitted: (receipts: number) => {
      committed += receipts;
      metrics.onCommitted(receipts);
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
  for (const input of vouchers.interrupted()) {
    const key = input.key && keyAccounts.accountOf(input.key.apiKeySha256);
    await ledger.commit({ ...input, key, answer: input.answer && idempotency.brokenOff(input.answer) });
    log.warn('interrupted_stream_charged', { channelId: input.channelId, units: input.units });
  }
  const upstream = createUpstream({ ...settings.upstream, apiKey });
  opened.push(async () => upstream.close());
  const batcher = captures({
    operator,
    domain,
    putLeaves: (bytes) => store.putBytes(bytes, { sync: 'each' }),
    channelOf: (channelId) => book.byId(channelId),
    voucherOf: vouchers.capturable,
    onGone: (channelId, how) => drop(channelId, how),
    intervalMs: settings.batchIntervalMs,
    maxReceipts: settings.batchMaxReceipts,
    now,
    log,
  });
  opened.push(batcher.cancel);
  const drop: ChannelBook['drop'] = (channelId, how) => {
    book.drop(channelId, how);
    if (how === 'closed') vouchers.end(channelId);
  };
  const prices = createLotPrices(chain.readLot, log);
  const check = async (record: ChannelRecord): Promise<ChannelCheck> => {
    await ledger.load(record.channelId);
    const { accountOf } = ledger;
    const { signedUnits } = vouchers;
    return checkChannel(record, { domain, operator: operator.address, chain, accountOf, signedUnits });
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
      batcher.track(channelId, capturedUnits);
    },
    log,
  });
  onCommitted = batcher.onCommitted;
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
    opened: createOpenedChannels({ check, serve: book.addNext, log }),
    isOurs: ground.settlesTopUpsOf ?? (() => true),
    log,
  });
  const unsettled = (error: unknown): void => log.warn('top_ups_unsettled', { reason: reasonOf(error) });
  const settleTopUps = (): Promise<void> | undefined => topUps?.settle().catch(unsettled);
  catchUpTopUps = async () => topUps?.catchUp().catch(unsettled);
  await settleTopUps();
  batcher.start();
  // A removed key must stop working without being asked for; a channel that could not be checked is tried again.
  const watch = setInterval(() => void book.watch(), watchMs).unref();
  // So must an operator or a model that an issuer removed.
  const watchPolicies = setInterval(() => void currentPolicies.refresh(), settings.policyWatchMs).unref();
  const watchTopUps = setInterval(() => void settleTopUps(), topUpWatchMs).unref();
  const unwatch = (): void => {
    clearInterval(watchTopUps);
    clearInterval(watch);
    clearInterval(watchPolicies);
  };
  opened.push(async () => unwatch());

  const rates = openRates(settings.rateQuotes, { domain, served: book.all, nowSeconds, log }, ground.shareRateQuote);
  opened.push(async () => rates.close());
  const usageCheck = createUsageCheck(log, now);
  const unwritable = (): BaseError | undefined =>
    ledger.failure() === undefined ? undefined : unavailable('The gateway cannot write its log.', 'log_unavailable');
  const peers = openPeers({
    ledger,
    log,
    timeoutMs: timeoutMs + settings.contentionWaitMs,
    patienceMs: 3 * settings.ledgerLeaseMs,
  });
  opened.push(async () => peers.close());
  const gather = ground.gather((): GatewayFigures => ({
    counts: metrics.counts(),
    running: drain.running(),
    unchecked: book.uncheckedCount(),
    owedUnits: vouchers.owedUnits(),
    live: readLivePart(meter, book.all()),
    differences: usageCheck.recent(),
    rates: rates.book.gauges(),
  }));
  const live = createLiveFeed(
    async () => {
      const gathered = await gather();
      const { figures, batches } = gathered;
      const counts = countsOf(gathered);
      const whole = { counts, batches, prices, operator: operator.address, startedAt, now: now() };
      return readLive(
        figures.map((one) => one.live),
        whole,
      );
    },
    (error) => log.warn('live_unread', { reason: reasonOf(error) }),
  );
  opened.push(async () => live.close());
  const {
    server,
    url: listening,
    adminUrl,
  } = await listen({
    route: ledger.isShared ? peers.route : routeRequest,
    ...foundation.listenAt,
    log,
    context: {
      book,
      ledger,
      idempotency,
      vouchers,
      topUps,
      rates: rates.book,
      maxRequestBytes: settings.maxRequestBytes,
      anchors: createAnchorRoute(store),
      captureNow: batcher.captureNow,
      usageDifferences: async () => differencesOf(await gather()),
      ...(ground.keyUses === undefined ? {} : { keyUses: ground.keyUses }),
      reserving: {
        nowSeconds,
        contentionWaitMs: settings.contentionWaitMs,
        offer: ({ channel, channelId, policy }, units) =>
          buildTopUpOffer({
            chainId: settings.chainId,
            token: settings.contracts.DataAnchoringToken,
            channels: settings.contracts.ValueChannels,
            operator: channel.operator,
            channelId,
            tokenId: channel.tokenId,
            units,
            policy,
          }),
        finality: openingFinalityOf(settings),
      },
      services: {
        upstream,
        commit: ledger.commit,
        checkUsage: usageCheck.check,
        live: meter,
        log,
        nowSeconds,
        randomSalt: createSaltSource(),
        maxAnswerBytes: settings.maxAnswerBytes,
        currentPolicies,
        traces: settings.traces ? await openTraces(url, log) : undefined,
      },
      unready: () => drain.refusal() ?? unwritable(),
      upstreamFault: async () => upstreamFaultOf(countsOf(await gather())),
      metricsText: async () => {
        const gathered = await gather();
        return metricsText(countsOf(gathered), gaugesOf(gathered));
      },
      live,
    },
    onRequest: drain.onRequest,
  });
  opened.push(server.close);
  await ledger.announce(settings.advertiseUrl ?? listening);
  log.info('gateway_ready', { url: listening, adminUrl, operator: operator.address, epoch: ledger.epoch });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const drained = drain.begin(settings.drainMs);
    unwatch();
    rates.close();
    log.info('gateway_draining', { running: drain.running() });
    server.stop();
    await drained;
    await closeAll([
      live.close,
      server.close,
      () => within(settings.drainMs, ledger.handOver().catch(ignore)),
      () => within(settings.drainMs, batcher.stop()),
      upstream.close,
      peers.close,
      ledger.close,
    ]);
    log.info('gateway_stopped', { receipts: committed, flushes: ledger.flushCount() });
  };
  return {
    url: listening,
    close: () => (closing ??= close()),
    serve: server.serve,
    drop,
    takeRateQuote: rates.take,
    readChannels: book.refresh,
    catchUpTopUps,
  };
}

const ignore = (): void => undefined;
