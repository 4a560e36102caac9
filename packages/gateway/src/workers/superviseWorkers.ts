import { closeAll, type Hex } from '@kedge/core';
import { type Gone, rootIdIn, rootIdOf } from '../channels/channelBook.js';
import type { Gateway } from '../gateway.js';
import { type GatewayConfigInput, parseGatewayConfig } from '../gatewayConfig.js';
import { urlOf } from '../http/listening.js';
import { reasonOf, stackOf } from '../structuredLog.js';
import { createSharedQuotes } from './createSharedQuotes.js';
import { createWorkerCounts } from './createWorkerCounts.js';
import type { Surroundings } from './foundation.js';
import { keeperProceduresOf } from './keeperProcedures.js';
import { keepWorker, type Worker } from './keepWorker.js';
import { openKeeper } from './openKeeper.js';
import { ownerOf } from './ownerOf.js';
import type { WorkerStart } from './procedures.js';
import { takeConnections } from './takeConnections.js';

/**
 * A gateway of several processes. This one has the data folder, the log and the port, captures, and asks the chain; everything
 * of a call is in the worker that serves its channel. A connection is given to the worker of its first call's channel; a
 * worker passes a call of another's channel on.
 * @throws as `createGateway` does.
 */
export async function superviseWorkers(
  config: GatewayConfigInput,
  workers: number,
  options: Surroundings,
  opened: (() => Promise<void>)[],
): Promise<Gateway> {
  const settings = parseGatewayConfig(config);
  const { env, log } = options;
  const kept: Worker[] = [];
  const onGone = (channelId: Hex, how: Gone): void =>
    kept.forEach((worker) => worker.link()?.tell('drop', { channelId, how }));
  const keeper = await openKeeper(settings, { ...options, onGone }, opened);
  const { ledger, book, keyAccounts } = keeper;
  const rateQuotes = createSharedQuotes();
  const counts = createWorkerCounts();

  const begin = async (index: number): Promise<WorkerStart> => ({
    config,
    index,
    workers,
    epoch: await ledger.raiseEpoch(),
    keyUses: keyAccounts.all(),
    interrupted: keeper
      .unsettledStreams()
      .filter(({ channelId }) => ownerOf(rootIdIn(book, channelId), workers) === index)
      .map(({ payload }) => payload),
    rateQuotes: rateQuotes.newest(),
  });
  const tellPlaces = (): void => {
    const urls = Array.from({ length: workers }, (_, index) => kept[index]?.url());
    kept.forEach((worker) => worker.link()?.tell('places', urls));
  };
  const closeWorkers = async (): Promise<void> => {
    await Promise.all(kept.map((worker) => worker.close(3 * settings.drainMs)));
  };
  opened.push(closeWorkers);
  const started = Array.from({ length: workers }, async (_, index) => {
    kept[index] = await keepWorker({
      index,
      env,
      begin: () => begin(index),
      procedures: keeperProceduresOf(index, kept, keeper, { rateQuotes, counts, log }),
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
  opened.push(connections.stop);
  const url = urlOf(settings.host, connections.port);
  log.info('gateway_ready', { url, operator: keeper.operator, epoch: ledger.epoch, workers });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await connections.stop();
    await closeAll([closeWorkers, keeper.close]);
    log.info('gateway_stopped', { receipts: keeper.receipts(), flushes: ledger.flushCount() });
  };
  return { url, close: () => (closing ??= close()) };
}
