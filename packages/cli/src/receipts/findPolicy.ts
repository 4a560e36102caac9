import { BaseError, parsePolicy, policyHashOf, type Hex, type Policy } from '@kedge/core';
import type { Connection } from '../chain/connect.js';
import { readPolicy } from '../chain/readPolicy.js';
import { channelsFileOf, readChannelEntries } from '../gateway/channelsFile.js';
import { keccak256 } from '../keccak256.js';
import type { ChannelFacts } from './chainFacts.js';

/** The policy to recompute units with, or why there is none. */
export type FoundPolicy = { readonly policy: Policy } | { readonly missing: string };

/**
 * Finds the policy that receipts name: the one that was passed, else from the chain and the content store, else from the
 * channels of this data folder. It is known by its hash, so it does not matter where it comes from.
 */
export async function findPolicy(
  {
    dataDir,
    given,
    connection,
    facts,
  }: {
    dataDir: string;
    given: Policy | undefined;
    connection: Connection | undefined;
    facts: ChannelFacts | undefined;
  },
  policyHash: Hex,
): Promise<FoundPolicy> {
  if (given !== undefined) return { policy: given };
  const local = readChannelEntries(channelsFileOf(dataDir))
    .filter((entry) => entry['policyHash'] === policyHash)
    .map((entry) => parsePolicy(entry['policy']))
    .find((policy) => policyHashOf(policy, keccak256) === policyHash);
  if (local !== undefined) return { policy: local };
  if (connection === undefined || facts === undefined || facts.token.policy.hash !== policyHash) {
    return { missing: `policy ${policyHash} is not at hand: pass it with --policy <file>` };
  }
  try {
    return { policy: await readPolicy(connection, facts.token.classId, facts.token.policy) };
  } catch (error) {
    if (!(error instanceof BaseError) || error.kind !== 'user') throw error;
    return { missing: `${error.shortMessage} Pass it with --policy <file>.` };
  }
}
