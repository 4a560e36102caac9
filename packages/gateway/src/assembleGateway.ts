import type { Socket } from 'node:net';
import { type BaseError, buildTopUpOffer, type SignedRateQuote, closeAll } from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { keyInFile } from './upstream/keyInFile.js';
import { createUpstream } from './upstream/upstream.js';
import { openingFinalityOf } from './call/openingFinality.js';
import { createUsageCheck } from './call/usageCheck.js';
import type { ChannelBook } from './channels/channelBook.js';
import { openChannels } from './channels/openChannels.js';
import { createReceiptSalts } from './crypto/createReceiptSalts.js';
import { readOperatorKey } from './crypto/operatorKey.js';
import type { Gateway } from './gateway.js';
import { type GatewayConfigInput, parseGatewayConfig } from './gatewayConfig.js';
import { createAnchorRoute } from './http/createAnchorRoute.js';
import { createCountLimit } from './http/createCountLimit.js';
import { createDrain } from './http/createDrain.js';
import { listen } from './http/listen.js';
import { routeRequest } from './http/routeRequest.js';
import { unavailable } from './http/unavailable.js';
import { createLiveFeed } from './live/createLiveFeed.js';
import { createLiveMeter } from './live/createLiveMeter.js';
import { readLive, readLivePart } from './live/readLive.js';
import { createMetrics, metricsText, upstreamFaultOf } from './metrics/createMetrics.js';
import { openPeers } from './peers/openPeers.js';
import { openRates } from './rates/openRates.js';
import { reasonOf } from './structuredLog.js';
import { openTraces } from './traces/openTraces.js';
import { undoingOnFailure } from './undoingOnFailure.js';
import { within } from './within.js';
import type { Foundation } from './workers/foundation.js';
import { differencesOf, gaugesOf, type GatewayFigures } from './workers/gatewayFigures.js';

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
  const salts = createReceiptSalts(operator);
  const { url, timeoutMs } = settings.upstream;
  const apiKey = keyInFile(settings.upstream, { env, elapsedMs, log });
  const domain = { chainId: settings.chainId, verifyingContract: settings.contracts.ValueChannels };
  const store = createContentStore({ dir: settings.contentStoreDir });
  const drain = createDrain();
  const { onCommitted } = metrics;
  const onLedger = { domain, operator, store, log, running: drain.running, onCommitted };
  const channels = await openChannels(settings, foundation, onLedger, opened);
  const { book, ledger, idempotency, vouchers, topUps, batcher, prices, currentPolicies, ground } = channels;
  const upstream = createUpstream({ ...settings.upstream, apiKey });
  opened.push(async () => upstream.close());
  const rates = openRates(settings.rateQuotes, { domain, served: book.all, nowSeconds, log }, ground.shareRateQuote);
  opened.push(async () => rates.close());
  const usageCheck = createUsageCheck(log, now);
  const unwritable = (): BaseError | undefined =>
    ledger.failure() === undefined ? undefined : unavailable('The gateway cannot write its log.', 'log_unavailable');
  const peers = openPeers({
    ledger,
    log,
    timeoutMs: timeoutMs + settings.contentionWaitMs,
    watchMs: (3 * settings.ledgerLeaseMs) / 4,
    patienceMs: 3 * settings.ledgerLeaseMs + settings.drainMs,
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
      const { figures, batches, counts } = gathered;
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
      countLimit: createCountLimit(elapsedMs),
      isReceiptOf: salts.isOf,
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
        newSalt: salts.next,
        maxAnswerBytes: settings.maxAnswerBytes,
        currentPolicies,
        traces: settings.traces ? await openTraces(url, log) : undefined,
      },
      unready: () => drain.refusal() ?? unwritable(),
      upstreamFault: async () => upstreamFaultOf((await gather()).counts),
      metricsText: async () => {
        const gathered = await gather();
        return metricsText(gathered.counts, gaugesOf(gathered));
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
    channels.unwatch();
    rates.close();
    log.info('gateway_draining', { running: drain.running() });
    const stopped = server.stop();
    // Beside: a ledger that does not answer holds up no stop.
    void peers.handOverUntil(drained);
    await Promise.all([drained, stopped]);
    // What runs on is cut, and what was delivered is recorded, before others may serve its channels.
    if (drain.running() > 0) await server.close();
    await closeAll([
      live.close,
      () => within(settings.drainMs, ledger.handOver().catch(ignore)),
      server.close,
      () => within(settings.drainMs, batcher.stop()),
      upstream.close,
      peers.close,
      ledger.close,
    ]);
    log.info('gateway_stopped', { receipts: metrics.counts().receipts, flushes: ledger.flushCount() });
  };
  return {
    url: listening,
    close: () => (closing ??= close()),
    serve: server.serve,
    drop: channels.drop,
    takeRateQuote: rates.take,
    readChannels: book.refresh,
    catchUpTopUps: channels.catchUpTopUps,
  };
}

const ignore = (): void => undefined;
