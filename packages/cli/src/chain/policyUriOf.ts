import { dataAnchoringTokenAbi } from '@kedge/core';
import type { Connection } from './connect.js';

/** Where a policy version of a class is published. */
export async function policyUriOf(
  { client, contracts }: Connection,
  classId: bigint,
  version: number,
): Promise<string> {
  const [uri] = await client.publicClient.readContract({
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    functionName: 'policyOf',
    args: [classId, version],
  });
  return uri;
}
