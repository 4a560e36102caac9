import {
  BaseError,
  type Hex,
  isSameAddress,
  parsePolicy,
  type Policy,
  policyHashOf,
  policyRefused,
  zeroHash,
} from '@kedge/core';
import type { GatewayChain } from '../chain/gatewayChain.js';
import { keccak256 } from '../crypto/hashers.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';

/**
 * What the current policies of the served classes no longer allow. Rates and price stay as they were bought, but an operator or
 * a model that the issuer removed in a later version is out at once (R25).
 */
export type CurrentPolicies = {
  /** As far as it is known. */
  readonly current: (classId: bigint) => { readonly hash: Hex; readonly policy: Policy } | undefined;
  readonly allows: (classId: bigint, model: string) => boolean;
  /** @throws BaseError 403 `policy_refused`, which names the clause. */
  readonly check: (classId: bigint, model: string) => void;
  /** Asks the chain which policies are current, and reads those that are new. Concurrent calls share one run. */
  readonly refresh: () => Promise<void>;
};

type Bought = { readonly classId: bigint; readonly policy: Policy; readonly policyHash: Hex };
type Current = { readonly hash: Hex; readonly policy: Policy };

export function createCurrentPolicies(options: {
  readonly chain: Pick<GatewayChain, 'readCurrentPolicy'>;
  readonly operator: Hex;
  readonly served: () => Iterable<Bought>;
  /** A published document, by its URI. */
  readonly read: (uri: string) => Promise<unknown>;
  readonly log: StructuredLog;
}): CurrentPolicies {
  const { chain, operator, served, read, log } = options;
  const known = new Map<bigint, Current>();
  const unreadable = new Set<Hex>();
  let isAnswering = true;

  const readPolicy = async (classId: bigint, hash: Hex, uri: string): Promise<Policy | undefined> => {
    for (const { policy, policyHash } of served()) if (policyHash === hash) return policy;
    try {
      const policy = parsePolicy(await read(uri));
      const found = policyHashOf(policy, keccak256);
      if (found === hash) return policy;
      throw new BaseError('The document has another hash than the policy on chain.', { values: { found } });
    } catch (error) {
      if (!unreadable.has(hash))
        log.error('policy_unreadable', { classId, policyHash: hash, uri, reason: reasonOf(error) });
      unreadable.add(hash);
      return undefined;
    }
  };

  const refresh = async (): Promise<void> => {
    const classIds = new Set([...served()].map(({ classId }) => classId));
    try {
      for (const classId of classIds) {
        const { hash, uri } = await chain.readCurrentPolicy(classId);
        const before = known.get(classId);
        // A policy without a hash binds nobody.
        if (before?.hash === hash || hash === zeroHash) continue;
        const policy = await readPolicy(classId, hash, uri);
        // What cannot be read is tried again. Until then it removes nobody, and what was removed before stays so.
        if (policy === undefined) continue;
        known.set(classId, { hash, policy });
        if (before !== undefined) log.info('policy_current', { classId, policyHash: hash });
      }
      isAnswering = true;
    } catch (error) {
      if (isAnswering) log.warn('policies_unchecked', { reason: reasonOf(error) });
      isAnswering = false;
    }
  };

  let running: Promise<void> | undefined;
  const refreshOnce = (): Promise<void> => (running ??= refresh().finally(() => (running = undefined)));

  const removed = (classId: bigint, model: string): 'operators' | 'models' | undefined => {
    const policy = known.get(classId)?.policy;
    if (policy === undefined) return undefined;
    if (!policy.operators.some((allowed) => isSameAddress(allowed, operator))) return 'operators';
    return policy.models.includes(model) ? undefined : 'models';
  };

  return {
    refresh: refreshOnce,
    current: (classId) => known.get(classId),
    allows: (classId, model) => removed(classId, model) === undefined,
    check: (classId, model) => {
      const clause = removed(classId, model);
      if (clause === undefined) return;
      const what = clause === 'operators' ? 'this operator' : `the model ${JSON.stringify(model.slice(0, 100))}`;
      throw policyRefused(clause, `The class's issuer has removed ${what}.`, {
        values: { classId, currentPolicyHash: known.get(classId)?.hash },
        hints: ['Close the channel to get its units back; they are refunded where their lot or its issuer allows it.'],
      });
    },
  };
}
