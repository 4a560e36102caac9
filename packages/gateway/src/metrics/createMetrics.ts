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
  /** Milliseconds since the first of them, and since a call was charged; none was: Infinity. */
  readonly failingForMs: number;
  readonly servedMsAgo: number;
};

/** Of a process that has counted nothing. */
export const noCounts: MetricCounts = {
  receipts: 0,
  upstreamFailures: 0,
  refusals: [],
  failingInARow: 0,
  failingForMs: 0,
  servedMsAgo: Infinity,
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
// One of the two tells of each call that came to nothing or broke off.
const endings = ['request_refused', 'stream_failed'];
const upstreamCodes = ['upstream_failed', 'upstream_invalid', 'upstream_timeout', 'upstream_busy'];

export function createMetrics(
  log: StructuredLog,
  elapsedMs: () => number,
  onRefused: () => void = () => undefined,
): GatewayMetrics {
  const refusals = new Map<string, Refusal>();
  let receipts = 0;
  let failures = 0;
  let inARow = 0;
  let firstFailure = 0;
  let lastFailure = 0;
  let lastServed = -Infinity;

  const hear = (event: string, fields: LogFields | undefined): void => {
    if (!endings.includes(event)) return;
    const code = String(fields?.['code'] ?? 'none').replace(/[^a-z0-9_]/gi, '');
    if (event === 'request_refused') {
      addTo(refusals, { status: Number(fields?.['status']), code, count: 1 });
      onRefused();
    }
    if (!upstreamCodes.includes(code)) return;
    failures++;
    lastFailure = elapsedMs();
    if (inARow++ === 0) firstFailure = lastFailure;
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
      lastServed = elapsedMs();
    },
    counts: () => {
      const now = elapsedMs();
      const isFailing = inARow >= failuresInARow && now - lastFailure <= forgottenMs;
      return {
        receipts,
        upstreamFailures: failures,
        refusals: [...refusals.values()],
        failingInARow: isFailing ? inARow : 0,
        failingForMs: now - firstFailure,
        servedMsAgo: now - lastServed,
      };
    },
  };
}

/** What several processes counted, together. */
export function sumOfCounts(all: readonly MetricCounts[]): MetricCounts {
  const refusals = new Map<string, Refusal>();
  for (const counts of all) for (const refusal of counts.refusals) addTo(refusals, refusal);
  const sum = (of: (counts: MetricCounts) => number): number => all.reduce((total, counts) => total + of(counts), 0);
  const servedMsAgo = Math.min(...all.map((counts) => counts.servedMsAgo));
  // What fails in one process, as calls of one channel do, is not the upstream's while it serves another.
  const failing = all.filter(({ failingInARow, failingForMs }) => failingInARow > 0 && failingForMs <= servedMsAgo);
  return {
    receipts: sum((counts) => counts.receipts),
    upstreamFailures: sum((counts) => counts.upstreamFailures),
    refusals: [...refusals.values()],
    failingInARow: Math.max(0, ...failing.map((counts) => counts.failingInARow)),
    failingForMs: Math.max(0, ...failing.map((counts) => counts.failingForMs)),
    servedMsAgo,
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
