import { noCaptures } from '../capture/createCaptureBatcher.js';
import type { GatewayChain } from '../chain/gatewayChain.js';
import { createStructuredLog, type LogFields, type StructuredLog } from '../structuredLog.js';
import type { DepositChain } from '../topUps/depositChain.js';
import type { Link } from './createLink.js';
import type { Foundation } from './foundation.js';
import type { GatewayFigures } from './gatewayFigures.js';
import { openWorkerLedger, type WorkerSurroundings } from './openWorkerLedger.js';
import { ownerOf } from './ownerOf.js';
import type { DepositCall, KeeperProcedures, WorkerStart } from './procedures.js';

/** Of a worker: the process that started it has the log and the port, captures, and asks the chain. */
export function workerFoundation(
  start: WorkerStart,
  link: Link<KeeperProcedures>,
  surroundings: WorkerSurroundings & { readonly count: (own: () => GatewayFigures) => void },
): Foundation {
  return {
    env: process.env,
    now: Date.now,
    elapsedMs: () => performance.now(),
    log: withWorker(
      createStructuredLog((line) => process.stderr.write(line), Date.now),
      start.index,
    ),
    // For calls that other workers pass on. Any worker answers the operator for all of them: the first, where a port is named.
    listenAt: { host: '127.0.0.1', port: 0, adminPort: start.index === 0 ? (start.config.adminPort ?? 0) : 0 },
    chainOf: () => chainOver(link),
    open: async (needs) => ({
      ledger: await openWorkerLedger({ ...needs, start, link, surroundings }),
      captures: () => ({
        track: ignore,
        onCommitted: ignore,
        start: ignore,
        captureNow: () => link.call('captureNow', undefined),
        // The process with the log has them.
        figures: () => noCaptures,
        stop: nothing,
        cancel: nothing,
      }),
      gather: (own) => {
        surroundings.count(own);
        return () => link.call('gather', undefined);
      },
      keyUses: () => link.call('keyUses', undefined),
      shareRateQuote: (signed) => link.tell('shareRateQuote', signed),
      deposits: depositsOver(link),
      settlesTopUpsOf: (rootId) => ownerOf(rootId, start.workers) === start.index,
    }),
  };
}

function chainOver(link: Link<KeeperProcedures>): GatewayChain {
  const refuse = (): Promise<never> => Promise.reject(new Error('A worker sends no transactions.'));
  return {
    readChannel: (channel, channelId) => link.call('readChannel', { channel, channelId }),
    findChannel: refuse,
    readCurrentPolicy: (classId) => link.call('readCurrentPolicy', classId),
    readLot: (lot) => link.call('readLot', lot),
    head: refuse,
    minedNonce: refuse,
    signCapture: refuse,
    send: refuse,
    reprice: refuse,
    isPayableForLess: refuse,
    outcomeOf: refuse,
  };
}

function depositsOver(link: Link<KeeperProcedures>): DepositChain {
  const over =
    <name extends DepositCall['name']>(name: name) =>
    (...given: Parameters<DepositChain[name]>) =>
      link.call('deposits', { name, with: given }) as ReturnType<DepositChain[name]>;
  return {
    lotOnSale: over('lotOnSale'),
    depositOf: over('depositOf'),
    outcomesOf: over('outcomesOf'),
    blockNumber: over('blockNumber'),
    authorizationNow: over('authorizationNow'),
    checkPayment: over('checkPayment'),
    payAndSweep: over('payAndSweep'),
  };
}

function withWorker(log: StructuredLog, worker: number): StructuredLog {
  const at =
    (level: keyof StructuredLog) =>
    (event: string, fields?: LogFields): void =>
      log[level](event, { worker, ...fields });
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

const ignore = (): void => undefined;
const nothing = (): Promise<void> => Promise.resolve();
