import * as z from 'zod';
import { BaseError } from './baseError.js';
import { canonicalJson } from './canonicalJson.js';
import { bytesToHex, writeHex, type Address, type Hasher, type Hex } from './hex.js';
import { merkleTree } from './merkle.js';
import { addressSchema, parseWith, uintSchema } from './schemas.js';
import { writeUint } from './words.js';

/** One contributor's part of a token's revenue (R24). One account may be named several times. */
export type Contributor = {
  readonly account: Address;
  /** Its part is weight / the sum of all weights. At least 1. */
  readonly weight: bigint;
};

/** A contributor's leaf with what proves it, as `ContributorRoots.claim` takes it. */
export type ContributorProof = Contributor & { readonly index: number; readonly proof: readonly Hex[] };

/** The leaves of one root. */
export type ContributorTree = {
  readonly root: Hex;
  readonly totalWeight: bigint;
  /** The leaf at `index` with its proof. Throws `merkle_index`. */
  readonly proofOf: (index: number) => ContributorProof;
};

const weightMax = (1n << 64n) - 1n;
const format = 'kedge-contributors/1';

/**
 * A contributor's leaf: keccak-256 of keccak-256 of the ABI words of index, account and weight. Hashed twice, so that no
 * inner node of a tree can pass for a leaf.
 *
 * @throws BaseError `integer_out_of_range`, `hex_invalid`.
 *
 * @example
 * const leaf = contributorLeaf(0, { account: contributor, weight: 3n }, keccak256);
 */
export function contributorLeaf(index: number, { account, weight }: Contributor, keccak256: Hasher): Hex {
  return bytesToHex(leafBytes(index, account, weight, keccak256));
}

/**
 * The Merkle tree over a list of contributors, in its order: the root that a token commits to, and every proof. Three
 * hashes a contributor.
 *
 * @throws BaseError `contributors_invalid` for an empty list, a weight of zero, or a sum of 2^64 or more.
 *
 * @example
 * const { root, totalWeight, proofOf } = contributorTree(contributors, keccak256);
 */
export function contributorTree(contributors: readonly Contributor[], keccak256: Hasher): ContributorTree {
  if (contributors.length === 0) throw invalid('It names nobody.', {});
  let totalWeight = 0n;
  const leaves = contributors.map(({ account, weight }, index) => {
    if (typeof weight !== 'bigint' || weight <= 0n)
      throw invalid('A contributor has no weight.', { index, account, weight });
    totalWeight += weight;
    // Sliced: a hasher may answer in a buffer that it uses again.
    return leafBytes(index, account, weight, keccak256).slice();
  });
  if (totalWeight > weightMax) throw invalid('Its weights sum to 2^64 or more.', { totalWeight });
  const { root, pathOf } = merkleTree(leaves, keccak256);
  return {
    root,
    totalWeight,
    proofOf: (index) => {
      const proof = pathOf(index);
      const { account, weight } = contributors[index]!;
      return { index, account, weight, proof };
    },
  };
}

const contributorsSchema = z.strictObject({
  format: z.literal(format),
  contributors: z.array(z.strictObject({ account: addressSchema, weight: uintSchema(64) })).min(1),
});

/**
 * The blob that goes to the content store when a root is set, so that every contributor can make its proof: canonical
 * JSON, integers as decimal strings.
 *
 * @example
 * const cid = await store.putBytes(utf8(encodeContributors(contributors)));
 */
export function encodeContributors(contributors: readonly Contributor[]): string {
  return canonicalJson({
    format,
    contributors: contributors.map(({ account, weight }) => ({
      account: account.toLowerCase(),
      weight: weight.toString(),
    })),
  });
}

/**
 * Reads a blob of contributors. Whether it is the list behind a root is for the caller to see: compare the root of
 * {@link contributorTree}.
 *
 * @throws BaseError `contributors_invalid`.
 *
 * @example
 * const contributors = parseContributors(JSON.parse(text));
 */
export function parseContributors(json: unknown): Contributor[] {
  return parseWith(contributorsSchema, json, {
    what: 'The list of contributors',
    code: 'contributors_invalid',
    hints: [`Write {"format":"${format}","contributors":[{"account":"0x…","weight":"1"}]}.`],
  }).contributors;
}

// One call hashes at a time and hashers keep nothing, so this buffer is reused.
const leafData = new Uint8Array(96);
const leafView = new DataView(leafData.buffer);

function leafBytes(index: number, account: Address, weight: bigint, keccak256: Hasher): Uint8Array {
  writeUint(leafView, 0, BigInt(index), 32, 'index');
  writeUint(leafView, 32, 0n, 64, 'account');
  writeHex(leafData, 44, account, 20);
  writeUint(leafView, 64, weight, 64, 'weight');
  return keccak256(keccak256(leafData).slice());
}

function invalid(reason: string, values: Readonly<Record<string, unknown>>): BaseError {
  return new BaseError(`The list of contributors is not valid. ${reason}`, { code: 'contributors_invalid', values });
}
