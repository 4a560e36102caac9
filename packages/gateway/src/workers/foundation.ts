import type { Hex } from '@kedge/core';
import {
  type CaptureBatcher,
  type CaptureBatcherOptions,
  createCaptureBatcher,
  noCaptures,
} from '../capture/createCaptureBatcher.js';
import { createViemChain } from '../chain/createViemChain.js';
import type { GatewayChain } from '../chain/gatewayChain.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { Environment, GatewayConfig } from '../gatewayConfig.js';
import type { ListenAt } from '../http/listen.js';
import type { KeyAccounts } from '../keys/keyAccounts.js';
import { lockDataDir } from '../ledger/lockDataDir.js';
import { openConfiguredLedger } from '../ledger/openConfiguredLedger.js';
import type { ServingLedger } from '../ledger/ledger.js';
import type { LedgerOptions } from '../ledger/openLedger.js';
import type { ShareRateQuote } from '../rates/openRates.js';
import type { StructuredLog } from '../structuredLog.js';
import type { DepositChain } from '../topUps/depositChain.js';
import { openDepositChain, payingInTurn } from '../topUps/openTopUps.js';
import type { Gathered, GatewayFigures } from './gatewayFigures.js';

/** What serving asks of where its records are. */
export type GroundNeeds = Omit<LedgerOptions, 'path' | 'isHeld'> & {
  readonly keyAccountOf: KeyAccounts['accountOf'];
  /** The channel that the keys of a channel were made for. */
  readonly rootOf: (channelId: Hex) => Hex;
  readonly keysOf: (channelId: Hex) => readonly string[];
  /** A channel is about to be served here that was served elsewhere. */
  readonly onHeld: () => Promise<void>;
};

/** Where the records of what is served are, and who captures. */
export type Ground = {
  readonly ledger: ServingLedger;
  readonly captures: (options: Omit<CaptureBatcherOptions, 'ledger' | 'chain' | 'elapsedMs'>) => CaptureBatcher;
  /** What all processes of the gateway count, of which this one counts `own`. */
  readonly gather: (own: () => GatewayFigures) => () => Promise<Gathered>;
  readonly keyUses?: () => Promise<ReadonlyMap<string, bigint>>;
  /** Tells the other processes. */
  readonly shareRateQuote?: ShareRateQuote;
  /** Where payments for calls are sent from; undefined: nothing can be paid. */
  readonly deposits: DepositChain | undefined;
  /** Whether this process finds out what payments for a channel have come to; absent: for all. */
  readonly settlesTopUpsOf?: (rootId: Hex) => boolean;
};

/** What the process that serves stands on: it may be all of a gateway, or one worker of it. */
export type Foundation = {
  readonly env: Environment;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  readonly log: StructuredLog;
  readonly listenAt: ListenAt;
  readonly chainOf: (operator: OperatorKey) => GatewayChain;
  readonly open: (needs: GroundNeeds) => Promise<Ground>;
};

/** What a gateway is started with beside its settings. */
export type Surroundings = Pick<Foundation, 'env' | 'now' | 'elapsedMs' | 'log'> & {
  /** Undefined: the one that the settings name. */
  readonly chain: GatewayChain | undefined;
};

/** Of a gateway that is one process: it has the data folder, and captures. */
export function ownFoundation(settings: GatewayConfig, options: Surroundings): Foundation {
  const { env, elapsedMs } = options;
  let chain: GatewayChain;
  let batcher: CaptureBatcher | undefined;
  return {
    ...options,
    listenAt: settings,
    chainOf: (operator) => (chain = options.chain ?? createViemChain({ ...settings, operator })),
    open: async (needs) => {
      const deposits = await openDepositChain(settings, env, needs.operator.address);
      const lock = await lockDataDir(settings.dataDir);
      const ledger = await openConfiguredLedger(settings, env, { ...needs, isHeld: lock.isHeld }, needs.onAnswer).catch(
        async (error: unknown) => {
          await lock.release();
          throw error;
        },
      );
      return {
        ledger: { ...ledger, close: () => ledger.close().finally(lock.release) },
        captures: (batching) => (batcher = createCaptureBatcher({ ...batching, elapsedMs, ledger, chain })),
        gather: (own) => async () => {
          const figures = own();
          const batches = { unanchored: ledger.unanchored().length, transactions: ledger.journal.entries() };
          const captures = batcher?.figures() ?? noCaptures;
          return {
            figures: [figures],
            counts: figures.counts,
            flushes: ledger.flushCount(),
            batches,
            captures,
          };
        },
        deposits: deposits && payingInTurn(deposits, ledger.inTurnToPay),
      };
    },
  };
}
