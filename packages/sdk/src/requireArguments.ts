import { BaseError } from '@kedge/core';
import { isAddress, isHex, type Abi } from 'viem';

type Call = {
  readonly abi: Abi;
  readonly functionName: string;
  readonly args?: readonly unknown[];
  readonly value?: bigint;
};

/** What a value is to be: a parameter of an ABI, or a field of typed data. */
export type Field = {
  readonly name?: string | undefined;
  readonly type: string;
  readonly components?: readonly Field[];
};

/**
 * Refuses what a compiler would have refused, by its name and before the chain hears of it: else a number goes out without the digits
 * that it lost beyond 2^53, and `null` as the text "null".
 *
 * @param doing What is being done, as it continues "Could not …".
 *
 * @throws BaseError `argument_invalid`.
 */
export function requireArguments(doing: string, call: Call): void {
  const { abi, functionName, args = [] } = call;
  const named = abi.flatMap((item) => (item.type === 'function' && item.name === functionName ? [item.inputs] : []));
  const [inputs, other] = named.filter(({ length }) => length === args.length);
  if (inputs !== undefined && other === undefined) requireValues(doing, inputs, args);
  if ('value' in call) requireValues(doing, [{ name: 'amount', type: 'uint256' }], [call.value]);
}

/** The same of values that are in no call: of parameters, in their order. */
export function requireValues(doing: string, inputs: readonly Field[], values: readonly unknown[]): void {
  for (const [index, input] of inputs.entries()) {
    for (const { name, type, value } of faultsIn(input, values[index], input.name ?? '')) {
      const shown = typeof value === 'string' ? `"${value}"` : String(value);
      throw new BaseError(`Could not ${doing}: ${name} cannot be ${shown}.`, {
        code: 'argument_invalid',
        values: { argument: name, value },
        hints: [`Give ${formOf(type)}.`],
      });
    }
  }
}

/**
 * What is one of some words.
 *
 * @throws BaseError `argument_invalid`.
 */
export function requireOneOf(name: string, words: readonly string[], value: unknown): void {
  if (words.includes(value as string)) return;
  throw new BaseError(`${name} cannot be ${String(value)}.`, {
    code: 'argument_invalid',
    values: { argument: name, value },
    hints: [`Give one of: ${words.join(', ')}.`],
  });
}

type Fault = { readonly name: string; readonly type: string; readonly value: unknown };

function* faultsIn(input: Field, value: unknown, name: string): Generator<Fault> {
  const { type } = input;
  const [, element] = /^(.*)\[\d*\]$/.exec(type) ?? [];
  if (element !== undefined) {
    if (!Array.isArray(value)) return yield { name, type, value };
    for (const [index, each] of value.entries())
      yield* faultsIn({ ...input, type: element }, each, `${name}[${index}]`);
  } else if (input.components !== undefined) {
    if (typeof value !== 'object' || value === null) return yield { name, type, value };
    const fields = value as Readonly<Record<string, unknown>>;
    // What the contract takes as one struct are parameters of their own to the caller.
    const within = name.endsWith(']') ? `${name}.` : '';
    for (const part of input.components) yield* faultsIn(part, fields[part.name!], `${within}${part.name}`);
  } else if (!isOfType(type, value)) yield { name, type, value };
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'address') return isAddress(value as string);
  if (type === 'string') return typeof value === 'string';
  if (type === 'bool') return typeof value === 'boolean';
  if (type.startsWith('bytes')) return isHex(value) && (type === 'bytes' || value.length === 2 + 2 * sizeOf(type));
  const isDecimal = typeof value === 'string' && /^\d{1,78}$/.test(value);
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value) && !isDecimal) return false;
  const whole = BigInt(value as bigint);
  return whole >= 0n && whole < 2n ** BigInt(sizeOf(type));
}

/** The number at the end of `uint64` or `bytes32`. */
const sizeOf = (type: string): number => Number(/\d+$/.exec(type)?.[0]);

/** How an address is written. */
export const addressForm =
  '0x and 40 hex digits: all letters in lower case, or in both cases as the checksum of the address has them (EIP-55)';

function formOf(type: string): string {
  if (type.endsWith(']')) return 'a list';
  if (type === 'tuple') return 'an object';
  if (type === 'address') return addressForm;
  if (type === 'string') return 'a text';
  if (type === 'bool') return 'true or false';
  if (type === 'bytes') return '0x and two hex digits for each byte';
  if (type.startsWith('bytes')) return `0x and ${2 * sizeOf(type)} hex digits`;
  return `a whole number from 0 to 2^${sizeOf(type)} - 1, as a bigint such as 5n`;
}
