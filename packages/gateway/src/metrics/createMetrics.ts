import { BaseError } from '@kedge/core';
import type { LogFields, StructuredLog } from '../structuredLog.js';

/** How many requests were answered with this problem. */
export type Refusal = { readonly status: number; readonly code: string; readonly count: number };

/** What one process counted since its start. */
export type MetricCounts = {
  readonly receipts: number;
  readonly upstreamFailures: number;
  readonly refusals: readonly Refusal[];
  /** Calls that the upstream failed one after another; 0 where that was not many, or long ago. */
  readonly failingInARow: number;
};

/** What the gateway tells Prometheus, and what its readiness knows of the upstream. Costs a call nothing but a count. */
export type GatewayMetrics = {
  /** Logs as before, and counts what it hears. */
  readonly log: StructuredLog;
  readonly onCommitted: (receipts: number) => void;
  readonly counts: () => MetricCounts;
};

/** A value of this moment: a name after `kedge_`, what it means, its value. */
export type Gauge = readonly [name: string, help: string, value: number];

const failuresInARow = 5;
const forgottenMs = 30_000;
const upstreamEvents = ['upstream_failed', 'upstream_refused', 'stream_failed'];

export function createMetrics(
  log: StructuredLog,
  elapsedMs: () => number,
  onRefused: () => void = () => undefined,
): GatewayMetrics {
  const refusals = new Map<string, Refusal>();
  let receipts = 0;
  let failures = 0;
  let inARow = 0;
  let lastFailure = 0;

  const hear = (event: string, fields: LogFields | undefined): void => {
    if (event === 'request_refused') {
      const status = Number(fields?.['status']);
      const code = String(fields?.['code'] ?? 'none').replace(/[^a-z0-9_]/gi, '');
      addTo(refusals, { status, code, count: 1 });
      onRefused();
    } else if (upstreamEvents.includes(event)) {
      failures++;
      inARow++;
      lastFailure = elapsedMs();
    }
  };
  const heard =
    (level: keyof StructuredLog) =>
    (event: string, fields?: LogFields): void => {
      hear(event, fields);
      log[level](event, fields);
    };

  return {
    log: { info: heard('info'), warn: heard('warn'), error: heard('error') },
    onCommitted: (count) => {
      receipts += count;
      inARow = 0;
    },
    counts: () => {
      const isFailing = inARow >= failuresInARow && elapsedMs() - lastFailure <= forgottenMs;
      const failingInARow = isFailing ? inARow : 0;
      return { receipts, upstreamFailures: failures, refusals: [...refusals.values()], failingInARow };
    },
  };
}

/** What several processes counted, together. */
export function sumOfCounts(all: readonly MetricCounts[]): MetricCounts {
  const refusals = new Map<string, Refusal>();
  for (const counts of all) for (const refusal of counts.refusals) addTo(refusals, refusal);
  const sum = (of: (counts: MetricCounts) => number): number => all.reduce((total, counts) => total + of(counts), 0);
  return {
    receipts: sum((counts) => counts.receipts),
    upstreamFailures: sum((counts) => counts.upstreamFailures),
    refusals: [...refusals.values()],
    failingInARow: Math.max(0, ...all.map((counts) => counts.failingInARow)),
  };
}

/** In Prometheus's text format. Labels are codes of this program: no keys, channels, models or prompts. */
export function metricsText({ receipts, upstreamFailures, refusals }: MetricCounts, gauges: readonly Gauge[]): string {
  return [
    ...metric('receipts_total', 'counter', 'Calls that were charged.', [['', receipts]]),
    ...metric('upstream_failures_total', 'counter', 'Calls that the upstream failed.', [['', upstreamFailures]]),
    ...metric(
      'requests_refused_total',
      'counter',
      'Requests that were refused, by status and code.',
      refusals.map((refusal) => [labelsOf(refusal), refusal.count]),
    ),
    // What only grows is a counter, and its name says so, as Prometheus has it.
    ...gauges.flatMap(([name, help, value]) =>
      metric(name, name.endsWith('_total') ? 'counter' : 'gauge', help, [['', value]]),
    ),
    '',
  ].join('\n');
}

/** Set while the upstream fails call after call. */
export function upstreamFaultOf({ failingInARow }: MetricCounts): BaseError | undefined {
  if (failingInARow === 0) return undefined;
  return new BaseError('The upstream fails call after call.', {
    code: 'upstream_failing',
    status: 503,
    kind: 'transient',
    values: { failures: failingInARow, retryAfterSeconds: 5 },
    hints: ['Calls are still tried: one that succeeds makes this ready again. The cause is in the log.'],
  });
}

function addTo(refusals: Map<string, Refusal>, { status, code, count }: Refusal): void {
  const labels = labelsOf({ status, code });
  refusals.set(labels, { status, code, count: (refusals.get(labels)?.count ?? 0) + count });
}

function labelsOf({ status, code }: Pick<Refusal, 'status' | 'code'>): string {
  return `status="${status}",code="${code}"`;
}

function metric(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  values: readonly (readonly [labels: string, value: number])[],
): string[] {
  const full = `kedge_${name}`;
  const lines = values.map(([labels, value]) => `${full}${labels === '' ? '' : `{${labels}}`} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines];
}
