import { availableParallelism } from 'node:os';
import { BaseError } from '@kedge/core';
import { assembleGateway } from './assembleGateway.js';
import type { GatewayChain } from './chain/gatewayChain.js';
import type { Gateway } from './gateway.js';
import { type Environment, type GatewayConfig, type GatewayConfigInput, parseGatewayConfig } from './gatewayConfig.js';
import { createStructuredLog, type StructuredLog } from './structuredLog.js';
import { undoingOnFailure } from './undoingOnFailure.js';
import { ownFoundation } from './workers/foundation.js';

/** What a program may replace, and tests do. */
export type GatewayOptions = {
  readonly log?: StructuredLog;
  readonly env?: Environment;
  readonly chain?: GatewayChain;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds that never go back, whatever is done to the clock: for how long something takes. */
  readonly elapsedMs?: () => number;
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
  const settings = parseGatewayConfig(config);
  const env = options.env ?? process.env;
  const now = options.now ?? Date.now;
  const elapsedMs = options.elapsedMs ?? (() => performance.now());
  const log = options.log ?? createStructuredLog((line) => process.stderr.write(line), now);
  const surroundings = { env, now, elapsedMs, log, chain: options.chain };
  const workers = workersOf(settings);
  if (workers === 1) {
    const { url, close } = await assembleGateway(config, ownFoundation(settings, surroundings));
    return { url, close };
  }
  const { superviseWorkers } = await import('./workers/superviseWorkers.js');
  return undoingOnFailure((opened) => superviseWorkers(config, workers, surroundings, opened));
}

/** @throws BaseError `gateway_config_invalid` for what several processes do not share. */
function workersOf({ workers, ledger }: GatewayConfig): number {
  const count = workers === 'auto' ? availableParallelism() : workers;
  if (count === 1 || ledger === undefined) return count;
  if (workers === 'auto') return 1;
  throw new BaseError('A gateway with ledger is one process.', {
    code: 'gateway_config_invalid',
    values: { workers },
    hints: ['Start several gateways on that ledger instead: on one machine, too, they use a core each.'],
  });
}
