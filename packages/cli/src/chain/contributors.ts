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

/**
 * Every list of a token, from its events and the content store; `given` stands in for those that the store does not have.
 *
 * @throws BaseError `contributors_missing` for a list that is nowhere.
 */
export async function readContributorEpochs(
  connection: Connection,
  tokenId: bigint,
  given: readonly (readonly Contributor[])[],
): Promise<ContributorEpoch[]> {
  const { client, contracts, dataDir } = connection;
  const address = contracts.ContributorRoots;
  if (address === undefined) return [];
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
  for (const { args } of roots) {
    const known = trees.get(args.root);
    const found = known ?? (await fromStore(store, args.cid));
    if (found?.tree.root !== args.root) {
      throw new BaseError(`The list behind root ${args.root} of token ${tokenId} is not at hand.`, {
        code: 'contributors_missing',
        values: { tokenId, epoch: args.epoch, cid: args.cid },
        hints: ['Pass it with --file <file>; whoever set the root has it.'],
      });
    }
    epochs.push({ epoch: args.epoch, ...found });
  }
  return epochs;
}

async function fromStore(store: ContentStore, cid: string): Promise<Omit<ContributorEpoch, 'epoch'> | undefined> {
  if (cid === '') return undefined;
  const json = await store.getJson(cid).catch((error: unknown) => {
    // Not stored here: the caller says which list is missing, and how to pass it.
    if (error instanceof BaseError) return undefined;
    throw error;
  });
  if (json === undefined) return undefined;
  const contributors = parseContributors(json);
  return { contributors, tree: contributorTree(contributors, keccak256) };
}
