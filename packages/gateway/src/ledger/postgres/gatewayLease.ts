import { compareClocks } from '../../compareClocks.js';
import { reasonOf, type StructuredLog } from '../../structuredLog.js';
import type { Database } from './database.js';

/** This run's right to hold channels. It lapses by itself when the database is not told that the run is alive. */
export type GatewayLease = {
  /** False: others may have taken its channels over. Never true after that moment, by this machine's monotonic clock. */
  readonly isLive: () => boolean;
  /** Raised whenever it may have lapsed: what was held before must be asked for again. */
  readonly generation: () => number;
  /** The last failure to reach the database. */
  readonly failure: () => unknown;
  /** Ends it now. */
  readonly stop: () => Promise<void>;
};

const beatsPerLease = 4;
const clockToleranceMs = 2_000;

/** Keeps the lease of a run of a gateway. Durations are measured here, moments only by the database: clocks may differ. */
export function keepGatewayLease(options: {
  /** For nothing else: it must not wait for what calls ask. */
  readonly database: Database;
  readonly epoch: bigint;
  readonly leaseMs: number;
  /** By `performance.now()`: when the lease was asked for. */
  readonly since: number;
  readonly now: () => number;
  readonly log: StructuredLog;
}): GatewayLease {
  const { database, epoch, leaseMs, log } = options;
  let until = options.since + leaseMs;
  let generation = 0;
  let failure: unknown;
  let beating: Promise<void> | undefined;
  let stopped = false;
  // Leases do not mind.
  const compare = compareClocks({ ...options, from: 'the database', toleranceMs: clockToleranceMs });

  const beat = async (): Promise<void> => {
    const sentAt = performance.now();
    try {
      const [row] = await database.query(
        'kedge_beat',
        `update kedge_gateway.gateway set lease_until = clock_timestamp() + $2::integer * interval '1 ms'
          where epoch = $1 returning extract(epoch from clock_timestamp()) * 1000 as now`,
        [epoch, leaseMs],
      );
      if (row === undefined)
        throw new Error('the ledger does not know this gateway: was it restored? Start the gateway again');
      // Before `until`, it had not lapsed at the database either: that counts from later.
      if (performance.now() >= until) {
        generation++;
        log.warn('ledger_lease_lapsed', { epoch, lateMs: Math.round(performance.now() - until) });
      }
      until = sentAt + leaseMs;
      failure = undefined;
      compare(Number(row['now']));
    } catch (error) {
      if (failure === undefined) log.error('ledger_unreachable', { reason: reasonOf(error) });
      failure = error;
    }
  };

  const beatOnce = (): void => {
    if (!stopped) beating ??= beat().finally(() => (beating = undefined));
  };
  const timer = setInterval(beatOnce, leaseMs / beatsPerLease);
  beatOnce();

  return {
    isLive: () => performance.now() < until,
    generation: () => generation,
    failure: () => failure,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await beating;
    },
  };
}
