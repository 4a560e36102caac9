import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type MetricLabel, metricLabels, parseWith } from '@kedge/core';
import { z } from 'zod';
import type { CommitInput } from '../ledger/receiptBatcher.js';

/** What was used since the first call: sums only. */
export type ShadowTally = {
  readonly since: number;
  readonly calls: number;
  readonly units: bigint;
  readonly metrics: Readonly<Partial<Record<MetricLabel, bigint>>>;
};

const integer = z.string().regex(/^\d+$/).transform(BigInt);
const tallySchema = z.strictObject({
  since: z.int().nonnegative(),
  calls: z.int().nonnegative(),
  units: integer,
  metrics: z.partialRecord(z.enum(metricLabels), integer),
});

/** Keeps the sums in a file. Nothing is at stake, so a crash may cost the last seconds. */
export function openShadowTally(
  path: string,
  nowSeconds: () => number,
): {
  readonly add: (input: CommitInput) => void;
  readonly now: () => ShadowTally;
  readonly save: () => void;
} {
  let tally = readTally(path) ?? { since: Math.floor(nowSeconds()), calls: 0, units: 0n, metrics: {} };
  let saved = tally;
  return {
    add: ({ units, metrics }) => {
      const sums = { ...tally.metrics };
      // The number of a rate quote is no amount of anything.
      for (const { metric, amount } of metrics)
        if (metric !== 'rate_quote') sums[metric] = (sums[metric] ?? 0n) + amount;
      tally = { ...tally, calls: tally.calls + 1, units: tally.units + units, metrics: sums };
    },
    now: () => tally,
    save: () => {
      if (saved === tally) return;
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const text = JSON.stringify(tally, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
      writeFileSync(`${path}.tmp`, `${text}\n`, { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
      saved = tally;
    },
  };
}

function readTally(path: string): ShadowTally | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseWith(tallySchema, JSON.parse(text), { what: path, code: 'shadow_tally_invalid' });
}
