import { BaseError } from '@kedge/core';
import type { LogFields, StructuredLog } from '../structuredLog.js';

/** How many requests were answered with this problem. */
export type Refusal = { readonly status: number; readonly code: string; readonly count: number };

/** What the gateway tells Prometheus, and what its readiness knows of the upstream. Costs a call nothing but a count. */
export type GatewayMetrics = {
  /** Logs as before, and counts what it hears. */
  readonly log: StructuredLog;
  /** Of the requests since the start. */
  readonly refusals: () => readonly Refusal[];
  readonly onCommitted: (receipts: number) => void;
  /** In Prometheus's text format. Labels are codes of this program: no keys, channels, models or prompts. */
  readonly text: () => string;
  /** Set while the upstream fails call after call. */
  readonly upstreamFault: () => BaseError | undefined;
};

const failuresInARow = 5;
const forgottenMs = 30_000;
const upstreamEvents = ['upstream_failed', 'upstream_refused', 'stream_failed'];

/** @param gauges Read when somebody asks: a name after `kedge_`, what it means, its value now. */
export function createMetrics(
  log: StructuredLog,
  now: () => number,
  gauges: () => readonly (readonly [name: string, help: string, value: number])[],
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
      const labels = `status="${status}",code="${code}"`;
      refusals.set(labels, { status, code, count: (refusals.get(labels)?.count ?? 0) + 1 });
      onRefused();
    } else if (upstreamEvents.includes(event)) {
      failures++;
      inARow++;
      lastFailure = now();
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
    refusals: () => [...refusals.values()],
    onCommitted: (count) => {
      receipts += count;
      inARow = 0;
    },
    text: () =>
      [
        ...metric('receipts_total', 'counter', 'Calls that were charged.', [['', receipts]]),
        ...metric('upstream_failures_total', 'counter', 'Calls that the upstream failed.', [['', failures]]),
        ...metric(
          'requests_refused_total',
          'counter',
          'Requests that were refused, by status and code.',
          [...refusals].map(([labels, { count }]) => [labels, count]),
        ),
        ...gauges().flatMap(([name, help, value]) => metric(name, 'gauge', help, [['', value]])),
        '',
      ].join('\n'),
    upstreamFault: () => {
      if (inARow < failuresInARow || now() - lastFailure > forgottenMs) return undefined;
      return new BaseError('The upstream fails call after call.', {
        code: 'upstream_failing',
        status: 503,
        kind: 'transient',
        values: { failures: inARow, retryAfterSeconds: 5 },
        hints: ['Calls are still tried: one that succeeds makes this ready again. The cause is in the log.'],
      });
    },
  };
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
