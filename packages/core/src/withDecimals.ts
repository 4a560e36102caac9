/**
 * A replacer for `JSON.stringify`: integers that JSON's numbers cannot hold become decimal strings.
 *
 * @example
 * const text = JSON.stringify({ units: 10n }, withDecimals);
 */
export function withDecimals(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
