import type { Option } from '../command.js';
import type { Context } from '../context.js';
import { humanAmount } from '../human.js';
import { parseInteger, textOption } from '../parse.js';
import { usageError } from '../usageError.js';

/** Of a class that mints no share at its creation: parts of it are then basis points. */
const usualShareCap = 10_000n;

/** Of a command that creates a class: what binds its issuer in minting shares (R23). */
export const shareCapOptions: readonly Option[] = [
  {
    flags: '--share-cap <weight>',
    summary:
      'the most that the weights of all shares may ever sum to; without it what is minted with the class, or 10000 where nothing is',
  },
  { flags: '--dilutable', summary: 'fix no such cap: you may mint shares without a bound, and readers are told so' },
];

/**
 * The cap of a new class, for ever; 0 for none, which only `--dilutable` gives (R23).
 *
 * @param minted the weight that is minted with the class
 */
export function shareCapOf(context: Pick<Context, 'options'>, minted = 0n): bigint {
  const text = textOption(context, 'shareCap');
  if (context.options['dilutable'] === true) {
    if (text === undefined) return 0n;
    throw usageError('A class is either capped or dilutable.', 'Pass --share-cap or --dilutable.');
  }
  if (text === undefined) return minted > 0n ? minted : usualShareCap;
  const cap = parseInteger(text, '--share-cap');
  if (cap >= 1n << 48n) throw usageError('--share-cap is below 2^48.');
  if (cap === 0n) throw usageError('--share-cap is at least 1.', 'For a class without a cap pass --dilutable.');
  if (minted <= cap) return cap;
  throw usageError(`--share ${minted} is above --share-cap ${cap}.`, 'Mint a smaller weight, or allow more.');
}

/** The line about it where a class was created. */
export function shareCapText(shareCap: bigint): string {
  return shareCap === 0n
    ? 'dilutable: no cap on what you may mint'
    : `weights of ${humanAmount(shareCap, 0)} in all at most, for ever`;
}

/** The line that says what comes next for a class without a share. */
export function firstShareText(classId: bigint, shareCap: bigint): string {
  const share = shareCap > 0n && shareCap < 1_000n ? shareCap : 1_000n;
  return `next: kedge mint ${classId} --share ${share}`;
}
