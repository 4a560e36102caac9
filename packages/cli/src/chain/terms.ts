import {
  classKinds,
  parsePolicy,
  policyHashOf,
  tokenizer,
  tokenizerFault,
  unpricedTokens,
  type Hex,
  type Policy,
} from '@kedge/core';
import type { ContentStore } from '@kedge/store';
import { keccak256 } from '../keccak256.js';
import { parseInteger } from '../parse.js';
import { readJson } from '../target.js';
import { usageError } from '../usageError.js';

/** A parent and the basis points of the new class's revenue that become its. */
export type ParentTerms = { readonly classId: bigint; readonly royaltyBps: number };

/** The kinds of class that can be asked for. */
export const kindChoices = classKinds.filter((kind) => kind !== 'unspecified');

/** `<classId>:<bps>`, as `--parent` takes it. */
export function parseParent(text: string): ParentTerms {
  const match = /^(\d+):(\d{1,5})$/.exec(text);
  const royaltyBps = Number(match?.[2]);
  if (match === null || royaltyBps > 10_000) {
    throw usageError(
      `--parent must be <classId>:<basis points up to 10000>, not "${text}".`,
      'Example: --parent 1:3000 gives class 1 thirty percent.',
    );
  }
  return { classId: parseInteger(match[1]!, '--parent'), royaltyBps };
}

/** A policy as a class is created with it: in the content store, with its hash. */
export type StoredPolicy = { readonly policy: Policy; readonly uri: string; readonly hash: Hex };

/** Reads the file of a policy that is to be published, and puts its canonical JSON into the content store. */
export async function storePolicy(path: string, store: ContentStore): Promise<StoredPolicy> {
  const policy = parsePolicy(await readJson(path));
  refuseUnpriced(policy);
  refuseUncounted(policy);
  const cid = await store.putJson(policy, { sync: 'each' });
  return { policy, uri: `ipfs://${cid}`, hash: policyHashOf(policy, keccak256) };
}

/** Refuses a policy under which no gateway can count. */
function refuseUncounted(policy: Policy): void {
  const fault = tokenizerFault(policy, tokenizer);
  if (fault !== undefined)
    throw usageError(`No gateway can serve under this policy: ${fault}.`, 'kedge policy init writes the right pin.');
}

/** Refuses a policy that prices one half of a call and forgets the other. */
export function refuseUnpriced(policy: Policy): void {
  const unpriced = unpricedTokens(policy);
  if (unpriced === undefined) return;
  throw usageError(
    `The policy has a rate for ${unpriced === 'input_tokens' ? 'output_tokens' : 'input_tokens'} only, so ${unpriced} would be free.`,
    `Give ${unpriced} a rate; "0" says that it is free. A policy for embeddings alone names its surfaces.`,
  );
}
