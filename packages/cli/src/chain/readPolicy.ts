import { resolve } from 'node:path';
import { BaseError, parsePolicy, policyHashOf, zeroHash, type Hex, type Policy } from '@kedge/core';
import type { TokenView } from '@kedge/sdk';
import type { Context } from '../context.js';
import { keccak256 } from '../keccak256.js';
import { textOption } from '../parse.js';
import { readJson } from '../target.js';
import type { Connection } from './connect.js';
import { policyUriOf } from './policyUriOf.js';
import { readStoredJson } from './readStoredJson.js';

/**
 * The policy that a token's value was made under, from the content store, held against the hash on chain.
 *
 * @throws BaseError `no_policy`, `policy_missing`, `policy_differs`
 */
export async function readPolicy(
  connection: Connection,
  classId: bigint,
  { version, hash }: { readonly version: number; readonly hash: Hex },
): Promise<Policy> {
  requirePolicy(classId, hash);
  const uri = await policyUriOf(connection, classId, version);
  const json = await readStoredJson(connection.dataDir, uri).catch((cause: unknown) => {
    throw new BaseError(`The policy of class ${classId} (version ${version}) is not at hand.`, {
      code: 'policy_missing',
      values: { uri, policyHash: hash },
      hints: ['Pass it with --policy <file>, or copy it into the content store of the data folder.'],
      cause,
    });
  });
  return checkPolicy(parsePolicy(json), hash, uri);
}

/** The same for a token, or for what has its class and policy, by `--policy` where the command has it and it is given. */
export async function readPolicyOfToken(
  context: Context,
  connection: Connection,
  token: Pick<TokenView, 'classId' | 'policy'>,
): Promise<Policy> {
  requirePolicy(token.classId, token.policy.hash);
  const file = textOption(context, 'policy');
  if (file === undefined) return readPolicy(connection, token.classId, token.policy);
  const path = resolve(context.cwd, file);
  return checkPolicy(parsePolicy(await readJson(path)), token.policy.hash, path);
}

/** A class that was made without one has a version all the same, of which the chain knows no hash. */
function requirePolicy(classId: bigint, hash: Hex): void {
  if (hash !== zeroHash) return;
  throw new BaseError(`Class ${classId} has no policy here: nothing can be sold or metered under it.`, {
    code: 'no_policy',
    hints: [`Its issuer publishes one with: kedge policy publish ${classId} <file>`],
  });
}

/** Refuses a policy that is not the one with this hash. */
function checkPolicy(policy: Policy, hash: Hex, source: string): Policy {
  const found = policyHashOf(policy, keccak256);
  if (found === hash) return policy;
  throw new BaseError(`${source} is another policy than the one that counts.`, {
    code: 'policy_differs',
    values: { policyHash: hash, found },
    hints: ['A policy that changed in any character has another hash: find the one that was published.'],
  });
}
