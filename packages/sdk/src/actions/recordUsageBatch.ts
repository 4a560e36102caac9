import { metricTypeOf, splitTokenId, type Hex, type MetricLabel } from '@kedge/core';
import { concat, keccak256, numberToHex } from 'viem';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type RecordUsageBatchParameters = {
  /** In any order; those of one lot, owner and expiry that follow one another cost least. A token may be named twice. */
  readonly uses: readonly { readonly tokenId: bigint; readonly units: bigint }[];
  /** What was counted. Default `units`. */
  readonly metric?: MetricLabel;
};

const mostInRun = 2 ** 16 - 1;

/**
 * Records use of many tokens with one transaction: all or nothing (P29). Who may is as in {@link recordUsage}.
 *
 * @throws BaseError those of `recordUsage`.
 *
 * @example
 * await recordUsageBatch(client, { uses: [{ tokenId, units: 250n }, { tokenId: other, units: 10n }] });
 */
export async function recordUsageBatch(client: WriteClient, parameters: RecordUsageBatchParameters): Promise<Sent> {
  const { uses, metric = 'units' } = parameters;
  const receipt = await writeContract(client, 'record the uses', {
    ...tokenOf(client.deployment),
    functionName: 'recordUsageBatch',
    args: [metricTypeOf(metric, (bytes) => keccak256(bytes, 'bytes')), packUses(uses)],
  });
  return sentOf(receipt);
}

/** Runs of one lot, each classId(8) | lot(4) | count(2) and `count` times serial(4) | amount(8). */
function packUses(uses: RecordUsageBatchParameters['uses']): Hex {
  const runs: { readonly head: Hex; readonly items: Hex[] }[] = [];
  for (const { tokenId, units } of uses) {
    const { classId, lot, serial } = splitTokenId(tokenId);
    const head = concat([numberToHex(classId, { size: 8 }), numberToHex(lot, { size: 4 })]);
    let run = runs.at(-1);
    if (run?.head !== head || run.items.length === mostInRun) runs.push((run = { head, items: [] }));
    run.items.push(concat([numberToHex(serial, { size: 4 }), numberToHex(units, { size: 8 })]));
  }
  return concat(runs.flatMap(({ head, items }) => [head, numberToHex(items.length, { size: 2 }), ...items]));
}
