import { type BaseError, buildTopUpOffer, type ChannelRecord } from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { createUpstream } from './upstream/upstream.js';
import { createUsageCheck } from './call/usageCheck.js';
import { createCaptureBatcher } from './capture/createCaptureBatcher.js';
import { createViemChain } from './chain/createViemChain.js';
import type { GatewayChain } from './chain/gatewayChain.js';
import { createChannelBook } from './channels/channelBook.js';
import { createCurrentPolicies } from './channels/createCurrentPolicies.js';
import { type ChannelCheck, checkChannel } from './channels/servedChannel.js';
import { createSaltSource } from './crypto/createSaltSource.js';
import { operatorKeyOf } from './crypto/operatorKey.js';
import { type Environment, type GatewayConfigInput, parseGatewayConfig, readSecret } from './gatewayConfig.js';
import { listen } from './http/listen.js';
import { routeRequest } from './http/routeRequest.js';
import { unavailable } from './http/unavailable.js';
import { createIdempotency } from './idempotency/createIdempotency.js';
import { createKeyAccounts } from './keys/keyAccounts.js';
import { lockDataDir } from './ledger/lockDataDir.js';
import { openConfiguredLedger } from './ledger/openConfiguredLedger.js';
import { createLiveFeed } from './live/createLiveFeed.js';
import { createLiveMeter } from './live/createLiveMeter.js';
import { createLotPrices } from './live/createLotPrices.js';
import { readLive } from './live/readLive.js';
import { createMetrics } from './metrics/createMetrics.js';
import { openPeers } from './peers/openPeers.js';
import { openRates } from './rates/openRates.js';
import { createStructuredLog, reasonOf, type StructuredLog } from './structuredLog.js';
import { openTopUps } from './topUps/openTopUps.js';
import { openTraces } from './traces/openTraces.js';
import { exposureTermsOf } from './vouchers/exposure.js';
import { createVoucherBook } from './vouchers/createVoucherBook.js';

const watchMs = 1_000;
const topUpWatchMs = 5_000;

/** A running gateway. */
export type Gateway = {
  /** Without a path: OpenAI clients take `${url}/v1`. */
  readonly url: string;
  /** Stops accepting, lets running calls end, writes and captures what is left, within the configured time. */
  readonly close: () => Promise<void>;
};

/** What a program may replace, and tests do. */
export type GatewayOptions = {
  readonly log?: StructuredLog;
  readonly env?: Environment;
  readonly chain?: GatewayChain;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/**
 * Starts a metering gateway in front of an OpenAI-compatible upstream.
 *
 * @param config See `gatewayConfigSchema`. Units are base units, times are in milliseconds unless named otherwise.
 * @throws BaseError `gateway_config_invalid`, `secret_missing`, `operator_key_invalid`, `data_dir_in_use`, `log_corrupt`,
 * `log_foreign`, `ledger_not_empty`, `ledger_unreachable`, `listen_failed`.
 *
 * @example
 * const gateway = await createGateway(JSON.parse(await readFile('gateway.json', 'utf8')));
 * const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey });
 */
export async function createGateway(config: GatewayConfigInput, options: GatewayOptions = {}): Promise<Gateway> {
  const opened: (() => Promise<void>)[] = [];
  try {
    return await assemble(config, options, opened);
  } catch (error) {
    // A start that fails half-way leaves nothing held.
    for (const close of opened.toReversed()) await close();
    throw error;
  }
}

async function assemble(
  config: GatewayConfigInput,
  options: GatewayOptions,
  opened: (() => Promise<void>)[],
): Promise<Gateway> {
  const settings = parseGatewayConfig(config);
  const env = options.env ?? process.env;
  const now = options.now ?? Date.now;
  const startedAt = now();
  const meter = createLiveMeter(() => now() / 1000);
  const metrics = createMetrics(
    options.log ?? createStructuredLog((line) => process.stderr.write(line), now),
    now,
    () => [
      ...rates.book.gauges(),
      ['requests_running', 'Requests that are answered now.', running],
      ['log_flushes', 'Writes of the log to disk since the start.', ledger.flushCount()],
      ['batches_unanchored', 'Receipt batches that no confirmed transaction anchors yet.', ledger.unanchored().length],
      ['channels_unchecked', 'Channels that the chain has not confirmed yet.', book.uncheckedCount()],
    ],
    meter.refused,
  );
  const { log } = metrics;
  const operator = operatorKeyOf(
    readSecret({ env: settings.operatorKeyEnv, file: settings.operatorKeyFile, what: "The operator's key" }, env) ?? '',
  );
  const { url, apiKeyEnv, apiKeyFile, timeoutMs, connections } = settings.upstream;
  const apiKey = readSecret({ env: apiKeyEnv, file: apiKeyFile, what: "The upstream's API key" }, env);
  const domain = { chainId: settings.chainId, verifyingContract: settings.contracts.ValueChannels };
  const chain = options.chain ?? createViemChain({ ...settings, operator });
  const store = createContentStore({ dir: settings.contentStoreDir });
  const idempotency = createIdempotency(now);
  const keyAccounts = createKeyAccounts();
  const vouchers = createVoucherBook({
    domain,
    keep: (signed, progress) => ledger.keepVoucher(signed, progress),
    terms: exposureTermsOf(settings.strict),
    voucherWaitMs: settings.strict.voucherWaitMs,
    onTaken: () => onCommitted(0),
  });
  const unlock = await lockDataDir(settings.dataDir);
  opened.push(unlock);

  let running = 0;
  let draining = false;
  let committed = 0;
  let drained: () => void = ignore;
  let onCommitted: (receipts: number) => void = ignore;

  const recoveredTopUps: Buffer[] = [];
  const shared = {
    domain,
    operator,
    log,
    now,
    onVoucher: vouchers.recover,
    onKeyUse: keyAccounts.recover,
    onTopUp: (payload: Buffer) => void recoveredTopUps.push(Buffer.from(payload)),
    onReceipt: vouchers.settled,
    running: () => running,
    onCommitted: (receipts: number) => {
      committed += receipts;
      metrics.onCommitted(receipts);
      onCommitted(receipts);
    },
  };
  const ledger = await openConfiguredLedger(settings, env, shared, idempotency.recover, keyAccounts.accountOf);
  opened.push(ledger.close);
  for (const input of vouchers.interrupted()) {
    await ledger.commit(input);
    log.warn('interrupted_stream_charged', { channelId: input.channelId, units: input.units });
  }
  const upstream = createUpstream({ url, apiKey, timeoutMs, connections });
  opened.push(async () => upstream.close());
  const batcher = createCaptureBatcher({
    ledger,
    chain,
    operator,
    domain,
    putLeaves: (bytes) => store.putBytes(bytes, { sync: 'each' }),
    channelOf: (channelId) => book.byId(channelId),
    voucherOf: vouchers.capturable,
    onGone: (channelId) => book.drop(channelId),
    intervalMs: settings.batchIntervalMs,
    maxReceipts: settings.batchMaxReceipts,
    now,
    log,
  });
  opened.push(batcher.cancel);
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
    nowSeconds: () => now() / 1000,
    onServed: ({ channel, channelId }, capturedUnits) => {
      prices.want(channel.tokenId >> 32n);
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
  const topUps = await openTopUps(settings, env, {
    operator: operator.address,
    policyOf: currentPolicies.current,
    nowSeconds: () => now() / 1000,
    keep: ledger.keepTopUp,
    check,
    serve: book.addNext,
    log,
  });
  for (const payload of recoveredTopUps.splice(0)) topUps?.recover(payload);
  const settleTopUps = (): Promise<void> | undefined =>
    topUps?.settle().catch((error: unknown) => log.warn('top_ups_unsettled', { reason: reasonOf(error) }));
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

  const rates = openRates(settings.rateQuotes, { domain, served: book.all, nowSeconds: () => now() / 1000, log });
  opened.push(async () => rates.close());
  const usageCheck = createUsageCheck(log, now);
  const unready = (): BaseError | undefined => {
    if (draining) return unavailable('The gateway is stopping.', 'draining');
    if (ledger.failure() !== undefined) return unavailable('The gateway cannot write its log.', 'log_unavailable');
    return undefined;
  };
  const peers = openPeers({
    ledger,
    log,
    timeoutMs: timeoutMs + settings.contentionWaitMs,
    patienceMs: 3 * settings.ledgerLeaseMs,
  });
  opened.push(async () => peers.close());
  const live = createLiveFeed(() =>
    readLive({
      meter,
      prices,
      operator: operator.address,
      startedAt,
      now,
      channels: book.all,
      refusals: metrics.refusals,
      unanchored: () => ledger.unanchored().length,
      transactions: ledger.journal.entries,
    }),
  );
  opened.push(async () => live.close());
  const { server, url: listening } = await listen({
    route: ledger.isShared ? peers.route : routeRequest,
    host: settings.host,
    port: settings.port,
    log,
    context: {
      book,
      ledger,
      idempotency,
      vouchers,
      topUps,
      rates: rates.book,
      maxRequestBytes: settings.maxRequestBytes,
      captureNow: batcher.captureNow,
      usageDifferences: usageCheck.recent,
      reserving: {
        nowSeconds: () => now() / 1000,
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
        finality: settings.finality,
      },
      services: {
        upstream,
        commit: ledger.commit,
        checkUsage: (measured, { served, request, surface }) =>
          usageCheck.check(measured, {
            policy: served.policy,
            channelId: served.channelId,
            model: request.model,
            path: surface.path,
          }),
        live: meter,
        log,
        nowSeconds: () => now() / 1000,
        randomSalt: createSaltSource(),
        maxAnswerBytes: settings.maxAnswerBytes,
        currentPolicies,
        traces: settings.traces ? await openTraces(url, log) : undefined,
      },
      unready,
      upstreamFault: metrics.upstreamFault,
      metricsText: metrics.text,
      live,
    },
    onRequest: () => {
      running++;
      return () => {
        if (--running === 0) drained();
      };
    },
  });
  await ledger.announce(settings.advertiseUrl ?? listening);
  log.info('gateway_ready', { url: listening, operator: operator.address, epoch: ledger.epoch });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    draining = true;
    unwatch();
    rates.close();
    log.info('gateway_draining', { running });
    server.stop();
    const ended = new Promise<void>((resolve) => (running === 0 ? resolve() : (drained = resolve)));
    await within(settings.drainMs, ended);
    live.close();
    await server.close();
    await within(settings.drainMs, ledger.handOver().catch(ignore));
    await within(settings.drainMs, batcher.stop());
    upstream.close();
    peers.close();
    await ledger.close();
    await unlock();
    log.info('gateway_stopped', { receipts: committed, flushes: ledger.flushCount() });
  };
  return { url: listening, close: () => (closing ??= close()) };
}

const ignore = (): void => undefined;

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
