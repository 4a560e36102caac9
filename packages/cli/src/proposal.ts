import type { TargetOption } from './command.js';
import { commandTable } from './commandTable.js';
import type { Context } from './context.js';
import { shellWord } from './human.js';

const flags: Readonly<Record<TargetOption, string>> = {
  rpc: '--rpc',
  contracts: '--contracts',
  account: '--account',
  dataDir: '--data-dir',
};

/** Before a proposal: that somebody else is to run it, who signs with a key of their own. */
const forSomebodyElse = /\b(as|issuer|holder|verifier)\b/i;

/**
 * Completes the command that a line proposes, so that it works as it is pasted: with what the user gave to say on what to work
 * and as whom. A line proposes what stands behind its last colon, up to its end: `next: kedge claim`. What only mentions a
 * command stays as it is.
 *
 * @param options those that were given on the command line
 * @param program what to type for `kedge`
 *
 * @example
 * completeProposal('next: kedge claim', { dataDir: 'other' }, () => 'npx kedge') // 'next: npx kedge claim --data-dir other'
 */
export function completeProposal(
  line: string,
  options: Context['options'],
  program: () => string = () => 'kedge',
): string {
  const [, before, typed, redirected = ''] = /^(.*: )(kedge .*?)( [>|] .*)?$/.exec(line) ?? [];
  // With a full stop it is a sentence about a command.
  if (before === undefined || typed === undefined || /\S\.$/.test(typed)) return line;
  const [, first, second] = typed.split(' ');
  const entry =
    commandTable.find(({ name }) => name === `${first} ${second}`) ?? commandTable.find(({ name }) => name === first);
  if (entry === undefined) return line;
  // A placeholder of texts that know no URL.
  const bare = options['rpc'] === undefined ? typed : typed.replace(' --rpc URL', '');
  const missing = entry.takes.filter(
    (option) => !bare.includes(` ${flags[option]} `) && !(option === 'account' && forSomebodyElse.test(before)),
  );
  return `${before}${bare.replace('kedge', program)}${missing.map((option) => written(option, options[option])).join('')}${redirected}`;
}

function written(option: TargetOption, value: unknown): string {
  const shown = typeof value !== 'string' ? undefined : option === 'rpc' ? shownUrl(value) : withoutKey(value);
  return shown === undefined ? '' : ` ${flags[option]} ${shellWord(shown)}`;
}

/**
 * A URL as others may read it, who see the screen or a log: RPC providers put keys into paths and queries. What may be one is
 * left out, with a mark that makes the rest no URL of anything else.
 */
export function shownUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, username, password, pathname, search, hash } = new URL(url);
  const isPlain = username + password + search + hash === '' && /^(\/[a-z]{1,9})*\/?$/.test(pathname);
  return isPlain ? url : `${origin}/…`;
}

/** What was taken for a name and is a private key is written nowhere. */
function withoutKey(value: string): string | undefined {
  return /^(0x)?[0-9a-f]{64}$/i.test(value) ? undefined : value;
}
