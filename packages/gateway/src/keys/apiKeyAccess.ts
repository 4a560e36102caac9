import { type ApiKeyRecord, apiKeyIdOf, BaseError, formatUnits, type Policy } from '@kedge/core';
import type { KeyAccount } from './keyAccounts.js';

/** An API key with terms of its own, as its calls are checked against. */
export type ApiKeyAccess = ApiKeyRecord & { readonly account: KeyAccount };

/** @throws BaseError 401 `key_revoked` or `key_expired`. */
export function checkKey(key: ApiKeyAccess, nowSeconds: number): void {
  if (key.revokedAt !== undefined) throw ended(key, 'was revoked', 'key_revoked');
  if (key.expiresAt !== undefined && nowSeconds >= Number(key.expiresAt))
    throw ended(key, 'has expired', 'key_expired');
}

/**
 * Whether a key may reserve as much; false when only its own running calls stand against it.
 * @throws BaseError 402 `key_exhausted`, when its cap does.
 */
export function keyHasRoom({ account, apiKeySha256, capUnits }: ApiKeyAccess, units: bigint, policy: Policy): boolean {
  if (capUnits === undefined) return true;
  const left = capUnits - account.committedUnits;
  if (units <= left) return units + account.reservedUnits <= left;
  const { decimals, name } = policy.unit;
  throw new BaseError(
    `The API key has ${formatUnits(left > 0n ? left : 0n, decimals)} ${name} left; this call may need ${formatUnits(units, decimals)}.`,
    {
      code: 'key_exhausted',
      status: 402,
      values: {
        clause: 'key.capUnits',
        keyId: apiKeyIdOf(apiKeySha256),
        capUnits,
        remainingUnits: left,
        neededUnits: units,
      },
      hints: ['Ask who gave you the key for another, or lower max_tokens: it bounds the worst case.'],
    },
  );
}

function ended({ apiKeySha256 }: ApiKeyAccess, how: string, code: string): BaseError {
  return new BaseError(`The API key ${how}.`, {
    code,
    status: 401,
    values: { keyId: apiKeyIdOf(apiKeySha256) },
    hints: ['Ask who gave you the key for another: kedge key create makes one.'],
  });
}
