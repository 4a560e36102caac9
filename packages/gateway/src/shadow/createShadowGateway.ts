import { join } from 'node:path';
import { BaseError, closeAll, policyHashOf, zeroAddress, zeroHash } from '@kedge/core';
import { createUsageCheck } from '../call/usageCheck.js';
import type { ChannelBook } from '../channels/channelBook.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { GatewayOptions } from '../createGateway.js';
import { createRandomSalts } from '../crypto/createReceiptSalts.js';
import { keccak256 } from '../crypto/hashers.js';
import type { Gateway } from '../gateway.js';
import { createDrain } from '../http/createDrain.js';
import { listen } from '../http/listen.js';
import { routeRequest } from '../http/routeRequest.js';
import { createIdempotency } from '../idempotency/createIdempotency.js';
import { createChannelAccount } from '../ledger/channelAccount.js';
import { openRates } from '../rates/openRates.js';
import { createStructuredLog, reasonOf, type StructuredLog } from '../structuredLog.js';
import { undoingOnFailure } from '../undoingOnFailure.js';
import { keyInFile } from '../upstream/keyInFile.js';
import { createUpstream } from '../upstream/upstream.js';
import { createVoucherBook } from '../vouchers/createVoucherBook.js';
import { parseShadowConfig, type ShadowConfig, type ShadowConfigInput } from './shadowConfig.js';
import { shadowReport } from './shadowReport.js';
import { openShadowTally } from './shadowTally.js';

const saveMs = 2_000;
const mostUnits = 2n ** 64n - 1n;

/**
 * Starts a gateway that charges nobody: calls pass whatever their key, are metered by the policy as always, and
 * `GET /admin/shadow` says who would have earned what. There is no chain, no key, no receipt.
 *
 * @throws BaseError `gateway_config_invalid`, `secret_missing`, `shadow_tally_invalid`, `listen_failed`.
 */
export function createShadowGateway(
  config: ShadowConfigInput,
  options: Pick<GatewayOptions, 'log' | 'env' | 'now'> = {},
): Promise<Gateway> {
  return undoingOnFailure((opened) => start(config, options, opened));
}

async function start(
  config: ShadowConfigInput,
  options: Pick<GatewayOptions, 'log' | 'env' | 'now'>,
  opened: (() => Promise<void>)[],
): Promise<Gateway> {
  const settings = parseShadowConfig(config);
  const now = options.now ?? Date.now;
  const nowSeconds = (): number => now() / 1000;
  const log = options.log ?? createStructuredLog((line) => process.stderr.write(line), now);
  const elapsedMs = (): number => performance.now();
  const apiKey = keyInFile(settings.upstream, { env: options.env ?? process.env, elapsedMs, log });
  const upstream = createUpstream({ ...settings.upstream, apiKey });
  opened.push(async () => upstream.close());
  const tally = openShadowTally(join(settings.dataDir, 'shadow.json'), nowSeconds);
  const usageCheck = createUsageCheck(log, now);
  const everyone = servedToAll(settings);
  const { rateQuotes } = settings;
  const rates = openRates(rateQuotes, {
    domain: { chainId: rateQuotes?.chainId ?? 1, verifyingContract: rateQuotes?.contract ?? zeroAddress },
    served: () => [everyone],
    nowSeconds,
    log,
  });
  opened.push(async () => rates.close());
  const stopSaving = saveNowAndThen(tally.save, log);
  opened.push(async () => stopSaving());
  const drain = createDrain();

  const noReceipts = (): never => {
    throw new BaseError('Shadow mode gives no receipts: nothing is charged.', { code: 'not_found', status: 404 });
  };
  const { host, port, adminPort } = settings;
  const {
    server,
    url: listening,
    adminUrl,
  } = await listen({
    host,
    port,
    adminPort,
    log,
    route: routeRequest,
    context: {
      book: bookOf(everyone),
      ledger: {
        receiptOf: async () => undefined,
        answers: { read: async () => noReceipts(), find: undefined },
        placeOf: () => undefined,
      },
      idempotency: createIdempotency(now),
      vouchers: createVoucherBook({
        domain: { chainId: 1, verifyingContract: zeroAddress },
        keep: async () => noReceipts(),
        terms: { startUnits: 0n, growthBasisPoints: 0n, holderUnits: 0n, totalUnits: 0n },
        voucherWaitMs: 1,
        nowSeconds,
        onTaken: () => undefined,
      }),
      topUps: undefined,
      rates: rates.book,
      maxRequestBytes: settings.maxRequestBytes,
      captureNow: async () => 'shadow mode captures nothing',
      usageDifferences: async () => usageCheck.recent(),
      shadowReport: () => shadowReport(tally.now(), settings),
      reserving: {
        nowSeconds,
        contentionWaitMs: settings.contentionWaitMs,
        finality: { seconds: 0, exposureUnits: undefined },
      },
      services: {
        upstream,
        commit: async (input) => {
          tally.add(input);
          return undefined;
        },
        checkUsage: usageCheck.check,
        log,
        nowSeconds,
        newSalt: createRandomSalts(),
        maxAnswerBytes: settings.maxAnswerBytes,
      },
      unready: drain.refusal,
    },
    onRequest: drain.onRequest,
  });
  log.info('shadow_gateway_ready', { url: listening, adminUrl });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const drained = drain.begin(settings.drainMs);
    await Promise.all([drained, server.stop()]);
    await closeAll([server.close, stopSaving, rates.close, upstream.close, tally.save]);
  };
  return { url: listening, close: () => (closing ??= close()) };
}

/** A disk that is full is no reason to keep calls from being served: it is said when it begins, when it changes and when it ends. */
function saveNowAndThen(save: () => Promise<void>, log: StructuredLog): () => void {
  let trouble: string | undefined;
  const note = (found: string | undefined): void => {
    if (found === trouble) return;
    trouble = found;
    if (found === undefined) log.info('shadow_counts_saved', {});
    else log.warn('shadow_counts_unsaved', { reason: found });
  };
  const timer = setInterval(() => {
    save().then(
      () => note(undefined),
      (error: unknown) => note(reasonOf(error)),
    );
  }, saveMs).unref();
  return () => clearInterval(timer);
}

/** A channel without bounds, which is on no chain: what calls are metered against. */
function servedToAll({ policy }: ShadowConfig): ServedChannel {
  const operator = policy.operators[0] ?? zeroAddress;
  return {
    apiKeySha256: '',
    channel: {
      holder: zeroAddress,
      tokenId: 0n,
      operator,
      channelKey: operator,
      cap: mostUnits,
      rate: 0n,
      burst: 0n,
      deadline: mostUnits,
      grace: 0,
      mode: 'capped',
      salt: zeroHash,
    },
    channelId: zeroHash,
    classId: 0n,
    policy,
    policyHash: policyHashOf(policy, keccak256),
    lotAsset: zeroAddress,
    edges: [],
    openedAt: 0n,
    account: createChannelAccount(zeroHash, 0n),
  };
}

function bookOf(served: ServedChannel): ChannelBook {
  return {
    anyone: served,
    find: () => served,
    keyed: () => [],
    isUnchecked: () => false,
    refreshFor: async () => undefined,
    refusalOf: () => undefined,
    byId: () => served,
    after: () => undefined,
    addNext: () => undefined,
    all: () => [served],
    uncheckedCount: () => 0,
    isUnserved: () => false,
    refresh: async () => undefined,
    watch: async () => undefined,
    drop: () => undefined,
  };
}
