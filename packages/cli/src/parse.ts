import {
  formatUnits,
  parseUnits as parseDecimal,
  zeroAddress,
  type Address,
  type BaseError,
  type Hex,
} from '@kedge/core';
import { getAddress, isAddress } from 'viem';
import type { Context } from './context.js';
import { lastMoment } from './human.js';
import { usageError } from './usageError.js';

/** The text of an option, or nothing. */
export function textOption(context: Pick<Context, 'options'>, name: string): string | undefined {
  const value = context.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** What an option says, or nothing. `parse` reads it, and is told how it is written. */
export function parsedOption<value>(
  context: Pick<Context, 'options'>,
  name: string,
  parse: (text: string, flag: string) => value,
): value | undefined {
  const text = textOption(context, name);
  return text === undefined ? undefined : parse(text, flagOf(name));
}

/** How the command line writes an option: `--max-cost` for `maxCost`. */
export const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The URL of an option, or nothing. */
export const urlOption = (context: Pick<Context, 'options'>, name: string): string | undefined =>
  parsedOption(context, name, parseUrl);

/** The values of a repeatable option. */
export function listOption(context: Pick<Context, 'options'>, name: string): readonly string[] {
  const value = context.options[name];
  return typeof value === 'string' || typeof value === 'boolean' || value === undefined ? [] : value;
}

/** The positional argument at `index`, which the argument parser has checked to be there. */
export function argument(context: Pick<Context, 'arguments'>, index: number): string {
  const value = context.arguments[index];
  if (value === undefined) throw usageError(`Argument ${index + 1} is missing.`);
  return value;
}

/** A class or token id, or another whole number below 2^256. `what` names it in the error. */
export function parseInteger(text: string, what: string): bigint {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw usageError(`${what} must be a whole number, not "${text}".`);
  const number = BigInt(text);
  if (number >> 256n > 0n) throw usageError(`${what} must be below 2^256, not ${text}.`);
  return number;
}

/** A port to listen on; 0 for any that is free. */
export function parsePort(text: string, what: string): number {
  const port = parseInteger(text, what);
  if (port < 65_536n) return Number(port);
  throw usageError(`${what} must be at most 65535, not ${port}.`);
}

/** How many processes of a gateway serve calls; its configuration takes no others. */
export function parseWorkers(text: string, what: string): number | 'auto' {
  if (text === 'auto') return text;
  const count = parseInteger(text, what);
  if (count >= 1n && count <= 256n) return Number(count);
  throw usageError(`${what} is 1 to 256, not ${text}.`, 'Pass auto for one each core.');
}

/** An amount in human units, such as `1000` or `0.5`, as base units of at most `bits` bits. */
export function parseAmount(text: string, decimals: number, what: string, bits = 256): bigint {
  if (!/^\d+(\.\d+)?$/.test(text)) throw usageError(`${what} must be a decimal number, not "${text}".`);
  const fraction = text.split('.')[1] ?? '';
  if (fraction.length > decimals) {
    throw usageError(`${what} has ${fraction.length} decimals, this unit has ${decimals}.`, 'Round it.');
  }
  const amount = parseDecimal(text, decimals);
  if (amount >> BigInt(bits) === 0n) return amount;
  throw usageError(
    `${what} is at most ${formatUnits((1n << BigInt(bits)) - 1n, decimals)}, not ${text}.`,
    'Name less.',
  );
}

/** A base URL of a server. */
export function parseUrl(text: string, what: string): string {
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw usageError(`${what} must be an http or https URL, not "${text}".`, 'Example: http://127.0.0.1:8402/v1');
}

/** The weight of a share. */
export function parseShare(text: string, what: string): bigint {
  const share = parseInteger(text, what);
  if (share < 1n << 32n) return share;
  throw usageError(
    `${what} is at most ${(1n << 32n) - 1n}, the largest weight that a token can hold, not ${text}.`,
    'A share is a weight beside the others of its class: divide them all by one number.',
  );
}

/** An address, in any case; a wrong checksum is refused. */
export function parseAddress(text: string, what: string): Address {
  if (isAddress(text)) return getAddress(text);
  throw notAnAddress(text, what);
}

/** @param other what may be said in place of an address */
export function notAnAddress(text: string, what: string, other = ''): BaseError {
  return usageError(`${what} must be an address (0x and 40 hex digits with a right checksum)${other}, not "${text}".`);
}

/** The address of somebody who is to get something: the zero address is nobody's. */
export function parseRecipient(text: string, what: string): Address {
  const address = parseAddress(text, what);
  if (address !== zeroAddress) return address;
  throw usageError(`${what} is the zero address: what goes there is lost.`, 'Name an account that somebody has.');
}

/** The id of a channel. */
export function parseChannelId(text: string): Hex {
  if (isId(text)) return text.toLowerCase() as Hex;
  throw usageError(`A channel id is 0x and 64 hex digits, not "${text}".`, 'See the ids: kedge status --json');
}

/** The id of an attestation. */
export function parseAttestationId(text: string, what: string): Hex {
  if (isId(text)) return text.toLowerCase() as Hex;
  throw usageError(`${what} must be the id of an attestation (0x and 64 hex digits), not "${text}".`);
}

const isId = (text: string): boolean => /^0x[0-9a-f]{64}$/i.test(text);

/** One word of a list. */
export function parseChoice<T extends string>(text: string, choices: readonly T[], what: string): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw usageError(`${what} must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}, not "${text}".`);
}

const durationSeconds: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3_600n, d: 86_400n };

/**
 * A moment in Unix seconds: `30d`, `12h`, `90m`, `3600s` after `nowSeconds`; an ISO date such as `2027-01-31` or
 * `2027-01-31T12:00Z`; or Unix seconds.
 */
export function parseMoment(text: string, nowSeconds: bigint, what: string): bigint {
  const moment = momentOf(text, nowSeconds);
  if (moment !== undefined && moment <= lastMoment) return moment;
  if (moment !== undefined) throw usageError(`${what} is later than any date: "${text}".`, 'Name an earlier one.');
  throw usageError(`${what} must be a time such as 30d, 12h, 2027-01-31 or Unix seconds, not "${text}".`);
}

function momentOf(text: string, nowSeconds: bigint): bigint | undefined {
  const duration = /^(\d+)([smhd])$/.exec(text);
  if (duration !== null) return nowSeconds + BigInt(duration[1]!) * durationSeconds[duration[2]!]!;
  if (/^\d{9,}$/.test(text)) return BigInt(text);
  const parsed = /^\d{4}-\d{2}-\d{2}/.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : BigInt(Math.floor(parsed / 1000));
}

/** A day of the calendar, such as `2026-01-31`. */
export function parseDate(text: string, what: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && isDay(text)) return text;
  throw usageError(
    `${what} must be a day of the calendar, not "${text}".`,
    'Write it as year, month and day, for example 2026-01-31.',
  );
}

/** Date.parse takes the 31st of February for a day in March. */
function isDay(text: string): boolean {
  const parsed = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(text);
}

/** A whole number of seconds, below 2^32, written as `1d`, `36h` or plain seconds. */
export function parseDuration(text: string, what: string): bigint {
  const duration = /^(\d+)([smhd]?)$/.exec(text);
  if (duration !== null) {
    const seconds = BigInt(duration[1]!) * durationSeconds[duration[2] === '' ? 's' : duration[2]!]!;
    if (seconds < 1n << 32n) return seconds;
    throw usageError(`${what} is at most ${(1n << 32n) - 1n} seconds (136 years), not "${text}".`);
  }
  throw usageError(`${what} must be a duration such as 1d, 36h or seconds, not "${text}".`);
}
