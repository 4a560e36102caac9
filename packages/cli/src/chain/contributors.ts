import {
  BaseError,
  contributorRootsAbi,
  contributorTree,
  encodeContributors,
  parseContributors,
  type Contributor,
  type ContributorTree,
  type Hex,
} from '@kedge/core';
import type { ContentStore } from '@kedge/store';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import { contentStoreOf } from '../contentStoreOf.js';
import { readGivenFile } from '../files/readGivenFile.js';
import { keccak256 } from '../keccak256.js';
import { parseAddress, parseInteger } from '../parse.js';
import { parseJson } from '../target.js';
import type { Connection } from './connect.js';

/** Of more than a million contributors. */
const mostListBytes = 256 * 1024 * 1024;

/** One list of a token, with the tree that its proofs are made of. */
export type ContributorEpoch = {
  readonly epoch: number;
  readonly contributors: readonly Contributor[];
  readonly tree: ContributorTree;
};

/**
 * A list of contributors that somebody wrote: the JSON that goes into the content store, or a line for each, an address
 * and a weight. Empty lines and what follows a # are left out.
 */
export async function readContributorsFile(cwd: string, file: string): Promise<Contributor[]> {
  const text = (await readGivenFile(cwd, file)).toString();
  if (text.trimStart().startsWith('{')) return parseContributors(parseJson(text, file));
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [account, weight, more] = line
      .replace(/#.*/, '')
      .split(/[\s,;]+/)
      .filter((word) => word !== '');
    if (account === undefined) return [];
    const at = `${file}, line ${index + 1}`;
    if (weight === undefined || more !== undefined) {
      throw new BaseError(`${at} is not an address and a weight.`, {
        code: 'contributors_invalid',
        hints: ['Write one contributor a line: 0xaddress 3'],
      });
    }
    return [{ account: parseAddress(account, at), weight: parseInteger(weight, at) }];
  });
}

/** Puts a list into the content store, where its contributors find it by the CID in the event of its root. */
export async function storeContributors(dataDir: string, contributors: readonly Contributor[]): Promise<string> {
  const store = contentStoreOf(dataDir);
  return store.putJson(JSON.parse(encodeContributors(contributors)), { sync: 'each' });
}

/** The lists of a token that are at hand, and for each that is not why it cannot be paid under (`contributors_missing`). */
type ContributorEpochs = {
  readonly epochs: readonly ContributorEpoch[];
  readonly missing: readonly BaseError[];
};

/**
 * Every list of a token, from its events and the content store; `given` stands in for those that the store does not have.
 * Whoever sets lists may publish none of a later one, which keeps nobody from what was earned under those before.
 */
export async function readContributorEpochs(
  connection: Connection,
  tokenId: bigint,
  given: readonly (readonly Contributor[])[],
): Promise<ContributorEpochs> {
  const { client, contracts, dataDir } = connection;
  const address = contracts.ContributorRoots;
  if (address === undefined) return { epochs: [], missing: [] };
  const roots = await readEvents(client.publicClient, {
    address,
    abi: contributorRootsAbi,
    eventName: 'ContributorRootSet',
    args: { tokenId },
    fromBlock: firstBlockOf(client.deployment),
  });
  const trees = new Map<Hex, Omit<ContributorEpoch, 'epoch'>>();
  for (const contributors of given) {
    const tree = contributorTree(contributors, keccak256);
    trees.set(tree.root, { contributors, tree });
  }
  const store = contentStoreOf(dataDir);
  const epochs: ContributorEpoch[] = [];
  const missing: BaseError[] = [];
  for (const { args } of roots) {
    const found = trees.get(args.root) ?? (await fromStore(store, args.cid));
    if (found?.tree.root === args.root) epochs.push({ epoch: args.epoch, ...found });
    else missing.push(missingList(tokenId, args));
  }
  return { epochs, missing };
}

function missingList(
  tokenId: bigint,
  { epoch, root, cid }: { readonly epoch: number; readonly root: Hex; readonly cid: string },
): BaseError {
  return new BaseError(`List ${epoch} of token ${tokenId}, behind root ${root}, is not at hand.`, {
    code: 'contributors_missing',
    values: { tokenId, epoch, cid },
    hints: ['Pass it with --file <file>; whoever set the root has it.'],
  });
}

/** The CID is the word of whoever set the root: what it names need not be a list, nor be here. */
async function fromStore(store: ContentStore, cid: string): Promise<Omit<ContributorEpoch, 'epoch'> | undefined> {
  if (cid === '') return undefined;
  try {
    const contributors = parseContributors(await store.getJson(cid, { most: mostListBytes }));
    return { contributors, tree: contributorTree(contributors, keccak256) };
  } catch (error) {
    if (error instanceof BaseError) return undefined;
    throw error;
  }
}
