import {
  BaseError,
  contributorTree,
  isSameAddress,
  zeroAddress,
  type Contributor,
  type ContributorTree,
} from '@kedge/core';
import { keccak256 } from './keccak256.js';

/**
 * The tree of a list that is about to be set. What the zero address gets is lost, and no list can be taken back; of one that
 * is in force the others claim all the same, so only here it is refused.
 */
export function newContributorTree(contributors: readonly Contributor[]): ContributorTree {
  const tree = contributorTree(contributors, keccak256);
  const index = contributors.findIndex(({ account }) => isSameAddress(account, zeroAddress));
  if (index === -1) return tree;
  throw new BaseError(
    'The list of contributors is not valid. It names the zero address, whose part nobody would get.',
    {
      code: 'contributors_invalid',
      values: { index, ...contributors[index] },
      hints: ['Name an account that somebody has, or leave that entry out.'],
    },
  );
}
