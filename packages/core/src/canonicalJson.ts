import canonicalize from 'canonicalize';
import { BaseError } from './baseError.js';

/**
 * Canonical JSON text of a value (RFC 8785, JCS). Refuses what JSON cannot say, where other serialisers drop it
 * silently: two different values must never share one hash.
 *
 * @throws BaseError `json_not_canonical` for bigint, undefined, NaN, Infinity, functions, symbols, sparse arrays,
 * objects that are not plain, text with lone surrogates, and more than 256 levels.
 *
 * @example
 * canonicalJson({ b: 1, a: 'x' }); // '{"a":"x","b":1}'
 */
export function canonicalJson(value: unknown): string {
  assertJson(value, '$', new Set());
  return serialize(value)!;
}

// The package is CommonJS, and its types declare a default export that Node's interop gives as is.
const serialize = canonicalize as unknown as (value: unknown) => string | undefined;

/** Serialisers recurse, and a stack that overflows says nothing. */
const mostLevels = 256;

function assertJson(value: unknown, path: string, parents: Set<object>): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw refused(path, 'text with a lone surrogate');
    return;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(path, String(value));
    return;
  }
  if (typeof value !== 'object') throw refused(path, typeof value);
  if (parents.size === mostLevels) throw refused('$', `more than ${mostLevels} levels`);
  if (parents.has(value)) throw refused(path, 'an object that contains itself');
  parents.add(value);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) assertJson(value[index], `${path}[${index}]`, parents);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw refused(path, 'an object that is not plain');
    for (const [key, inner] of Object.entries(value)) {
      assertJson(key, `${path} (a key)`, parents);
      assertJson(inner, `${path}.${key}`, parents);
    }
  }
  parents.delete(value);
}

function refused(path: string, what: string): BaseError {
  return new BaseError(`Canonical JSON cannot say ${what}.`, {
    code: 'json_not_canonical',
    values: { path },
    hints: ['Write integers beyond 2^53 as decimal strings, and leave out what is undefined.'],
  });
}
