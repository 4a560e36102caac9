import { parseUnits as parseDecimal, type Address } from '@kedge/core';
import { getAddress, isAddress } from 'viem';
import type { Context } from './context.js';
import { usageError } from './usageError.js';

/** The text of an option, or nothing. */
export function textOption(context: Pick<Context, 'options'>, name: string): string | undefined {
  const value = context.options[name];
  return typeof value === 'string' ? value : undefined;
}

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

/** A class or token id, or another whole number. `what` names it in the error. */
export function parseInteger(text: string, what: string): bigint {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return BigInt(text);
  throw usageError(`${what} must be a whole number, not "${text}".`);
}

/** An amount in human units, such as `1000` or `0.5`, as base units. */
export function parseAmount(text: string, decimals: number, what: string): bigint {
  if (!/^\d+(\.\d+)?$/.test(text)) throw usageError(`${what} must be a decimal number, not "${text}".`);
  const fraction = text.split('.')[1] ?? '';
  if (fraction.length > decimals) {
    throw usageError(`${what} has ${fraction.length} decimals, this unit has ${decimals}.`, 'Round it.');
  }
  return parseDecimal(text, decimals);
}

/** An address, in any case; a wrong checksum is refused. */
export function parseAddress(text: string, what: string): Address {
  if (isAddress(text)) return getAddress(text);
  throw usageError(`${what} must be an address (0x and 40 hex digits with a right checksum), not "${text}".`);
}

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
  const duration = /^(\d+)([smhd])$/.exec(text);
  if (duration !== null) return nowSeconds + BigInt(duration[1]!) * durationSeconds[duration[2]!]!;
  if (/^\d{9,}$/.test(text)) return BigInt(text);
  const parsed = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(parsed)) return BigInt(Math.floor(parsed / 1000));
  throw usageError(`${what} must be a time such as 30d, 12h, 2027-01-31 or Unix seconds, not "${text}".`);
}

/** A whole number of seconds written as `1d`, `36h` or plain seconds. */
export function parseDuration(text: string, what: string): bigint {
  const duration = /^(\d+)([smhd]?)$/.exec(text);
  if (duration !== null) return BigInt(duration[1]!) * durationSeconds[duration[2] === '' ? 's' : duration[2]!]!;
  throw usageError(`${what} must be a duration such as 1d, 36h or seconds, not "${text}".`);
}
