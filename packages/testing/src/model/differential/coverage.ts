import type { Hex } from '@kedge/core';
import type { Command, Outcome } from '../referenceToken.js';
import { contractNames } from './abis.js';

/** How often each function was called with success, and each error was the reason of something. */
export type Coverage = Record<string, number>;

/** What no command can bring about, and why. */
export const unreachable: Readonly<Record<string, string>> = {
  DATTotalShareTooHigh: 'takes 65,537 tokens of the highest share in one class; Revenue.t.sol has it',
  ERC721InsufficientApproval: 'declared with ERC-721; ERC8028Unauthorized is thrown instead',
  ERC721InvalidApprover: 'declared with ERC-721; ERC8028Unauthorized is thrown instead',
  ERC721InvalidSender: 'declared with ERC-721; there is no such case',
  ERC721NonexistentToken: 'declared with ERC-721; ERC8028NonexistentToken is thrown instead',
};

const names = contractNames();

export function count(
  coverage: Coverage,
  { name, args }: Command,
  { revert, emitted }: Outcome,
  reasons: Reasons,
): void {
  const add = (key: string) => (coverage[key] = (coverage[key] ?? 0) + 1);
  if (revert === undefined) add(`${name}/${args.length}`);
  else add(`${name}/${args.length} ${revert.reason || 'without reason'}`);
  if (revert !== undefined) add(revert.reason);
  for (const event of emitted) {
    add(`emit ${event.name}`);
    const isReason = ['CaptureFailed', 'RoyaltyFailed', 'Answered'].includes(event.name);
    const reason = isReason ? reasons((event.args.at(-1) as Hex).slice(0, 10)) : undefined;
    if (reason !== undefined) add(reason);
    if (reason !== undefined) add(`${event.name} ${reason}`);
  }
}

type Reasons = (selector: string) => string | undefined;

/** What was not reached and could have been. */
export function missing(coverage: Coverage): readonly string[] {
  return [
    ...names.functions.filter((name) => !coverage[name]),
    ...names.errors.filter((name) => !coverage[name] && !unreachable[name]),
  ];
}

export function coverageText(coverage: Coverage): string {
  const reached = [...names.functions, ...names.errors].filter((name) => coverage[name]);
  const all = names.functions.length + names.errors.length - Object.keys(unreachable).length;
  const most = reached.map((name) => `${name} ${coverage[name]}`).join(', ');
  return `${reached.length} of ${all} functions and errors reached: ${most}`;
}
