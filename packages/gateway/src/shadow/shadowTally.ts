import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createTurns, type MetricLabel, metricLabels, parseWith, withDecimals } from '@kedge/core';
import { makeFolder } from '@kedge/store/makeFolder';
import * as z from 'zod';
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

/**
 * Keeps the sums in a file. Nothing is at stake, so a crash may cost the last seconds, but no more.
 * @throws BaseError `shadow_tally_invalid` where the file holds something else.
 */
export function openShadowTally(
  path: string,
  nowSeconds: () => number,
): {
  readonly add: (input: CommitInput) => void;
  readonly now: () => ShadowTally;
  /** Writes what was added until now, after all earlier saves; nothing where nothing was. Durable when it resolves. */
  readonly save: () => Promise<void>;
} {
  let tally = readTally(path) ?? { since: Math.floor(nowSeconds()), calls: 0, units: 0n, metrics: {} };
  let saved = tally;
  const inTurn = createTurns();
  const write = async (): Promise<void> => {
    if (saved === tally) return;
    const written = tally;
    await replaceFile(path, `${JSON.stringify(written, withDecimals)}\n`);
    saved = written;
  };
  return {
    add: ({ units, metrics }) => {
      const sums = { ...tally.metrics };
      // The number of a rate quote is no amount of anything.
      for (const { metric, amount } of metrics)
        if (metric !== 'rate_quote') sums[metric] = (sums[metric] ?? 0n) + amount;
      tally = { ...tally, calls: tally.calls + 1, units: tally.units + units, metrics: sums };
    },
    now: () => tally,
    save: () => inTurn(write),
  };
}

/** At every moment the path holds the whole old or the whole new text. */
async function replaceFile(path: string, text: string): Promise<void> {
  makeFolder(dirname(path), 0o700);
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}

function readTally(path: string): ShadowTally | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const hints = [`Move ${path} away: the counts begin anew then.`];
  return parseWith(tallySchema, jsonIn(text), { what: path, code: 'shadow_tally_invalid', hints });
}

/** Undefined for what is not JSON: no schema takes that. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
