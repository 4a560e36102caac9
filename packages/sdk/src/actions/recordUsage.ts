import { metricTypeOf, type MetricLabel } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { keccak256 } from '../keccak256.js';
import { sentOf, writeContract } from '../writeContract.js';

export type RecordUsageParameters = {
  readonly tokenId: bigint;
  /** Base units that were used up. */
  readonly units: bigint;
  /** What was counted. Default `units`. */
  readonly metric?: MetricLabel;
};

/**
 * Records use of a token outside of any channel, and releases its backing: as its owner, which proves no demand (P15), as an
 * operator of the owner for the class, or out of an allowance for use (P13).
 *
 * @throws BaseError `ERC8028Unauthorized`, `ERC8028InsufficientValue`, `ERC8028Expired`, `DATUsageAllowanceExceeded`,
 * `metric_unknown`.
 *
 * @example
 * await recordUsage(client, { tokenId, units: 250n, metric: 'requests' });
 */
export async function recordUsage(client: WriteClient, parameters: RecordUsageParameters): Promise<Sent> {
  const { tokenId, units, metric = 'units' } = parameters;
  const receipt = await writeContract(client, 'record the use', {
    ...tokenOf(client.deployment),
    functionName: 'recordUsage',
    args: [tokenId, metricTypeOf(metric, keccak256), units],
  });
  return sentOf(receipt);
}
