import type { CaptureFigures } from '../capture/createCaptureBatcher.js';
import type { UsageDifference } from '../call/usageCheck.js';
import type { LiveBatches, LivePart } from '../live/readLive.js';
import type { Gauge, MetricCounts } from '../metrics/createMetrics.js';

/** What one process of a gateway counts. */
export type GatewayFigures = {
  readonly counts: MetricCounts;
  /** Requests that are answered now. */
  readonly running: number;
  /** Channels that the chain has not confirmed yet. */
  readonly unchecked: number;
  /** What strict channels were given and did not pay yet. */
  readonly owedUnits: bigint;
  readonly live: LivePart;
  readonly differences: readonly UsageDifference[];
  /** Of rate quotes, which all processes take. */
  readonly rates: readonly Gauge[];
};

/** Of all processes of a gateway, with what its log says. */
export type Gathered = {
  readonly figures: readonly GatewayFigures[];
  /** Since the start, also of workers that have ended. */
  readonly counts: MetricCounts;
  readonly flushes: number;
  readonly batches: LiveBatches;
  readonly captures: CaptureFigures;
};

const mostDifferences = 256;

export function gaugesOf({ figures, flushes, batches, captures }: Gathered): readonly Gauge[] {
  const running = figures.reduce((sum, one) => sum + one.running, 0);
  const owed = figures.reduce((sum, one) => sum + one.owedUnits, 0n);
  // Each knows all channels.
  const unchecked = Math.max(0, ...figures.map((one) => one.unchecked));
  return [
    ...largestOf(figures.map(({ rates }) => rates)),
    ['requests_running', 'Requests that are answered now.', running],
    ['log_flushes_total', 'Writes of the log to disk since the start.', flushes],
    ['batches_unanchored', 'Receipt batches that no confirmed transaction anchors yet.', batches.unanchored],
    ['uncaptured_units', 'Base units that were served and are not captured yet.', Number(captures.uncapturedUnits)],
    [
      'captures_postponed_total',
      'Captures that had to be put off: the chain does not answer, or refuses.',
      captures.postponements,
    ],
    [
      'capture_items_failed_total',
      'Channels that a capture took less from than was signed, counted at each try.',
      captures.failedItems,
    ],
    ['channels_unchecked', 'Channels that the chain has not confirmed yet.', unchecked],
    ['strict_owed_units', 'Base units that strict channels were given and have not paid yet (R11).', Number(owed)],
    ['processes', 'Processes that answer requests.', figures.length],
  ];
}

function largestOf(all: readonly (readonly Gauge[])[]): readonly Gauge[] {
  const [first = [], ...others] = all;
  return first.map(([name, help, value], index) => [
    name,
    help,
    Math.max(value, ...others.map((gauges) => gauges[index]?.[2] ?? 0)),
  ]);
}

/** The newest of all, the newest first. */
export function differencesOf({ figures }: Gathered): readonly UsageDifference[] {
  const [only] = figures;
  if (figures.length === 1 && only !== undefined) return only.differences;
  const all = figures.flatMap(({ differences }) => differences);
  return all.toSorted((left, right) => right.at - left.at).slice(0, mostDifferences);
}
