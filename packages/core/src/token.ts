import { BaseError } from './baseError.js';

/** A token's id in parts: `classId << 64 | lot << 32 | serial`. */
export type TokenIdParts = { readonly classId: bigint; readonly lot: number; readonly serial: number };

export const classKinds = ['unspecified', 'dataset', 'model', 'agent'] as const;
export type ClassKind = (typeof classKinds)[number];

/** Largest share weight of one token; the contract would saturate what is above (P10). */
export const shareRatioMax = (1n << 32n) - 1n;

const uint32Max = 2 ** 32 - 1;

/**
 * The token id of a serial in a lot of a class. Backed lots have the highest of their 32 bits set.
 *
 * @throws BaseError `token_id_invalid`.
 *
 * @example
 * tokenIdOf({ classId: 1n, lot: 0x80000001, serial: 1 });
 */
export function tokenIdOf({ classId, lot, serial }: TokenIdParts): bigint {
  if (classId < 0n || classId >> 64n !== 0n || !isUint32(lot) || !isUint32(serial)) {
    throw new BaseError('A part of a token id is outside of its range.', {
      code: 'token_id_invalid',
      values: { classId, lot, serial },
    });
  }
  return (classId << 64n) | (BigInt(lot) << 32n) | BigInt(serial);
}

/**
 * The parts of a token id.
 *
 * @throws BaseError `token_id_invalid` beyond 2^128 - 1.
 *
 * @example
 * const { classId, lot } = splitTokenId(tokenId);
 */
export function splitTokenId(tokenId: bigint): TokenIdParts {
  if (typeof tokenId !== 'bigint' || tokenId < 0n || tokenId >> 128n !== 0n) {
    throw new BaseError('That is not the id of a token.', { code: 'token_id_invalid', values: { tokenId } });
  }
  return {
    classId: tokenId >> 64n,
    lot: Number((tokenId >> 32n) & 0xffffffffn),
    serial: Number(tokenId & 0xffffffffn),
  };
}

/**
 * Whether a token stays with the holder that it was minted to (ERC-5192): the highest bit of its serial says so.
 *
 * @example
 * isNonTransferable(tokenIdOf({ classId: 1n, lot: 0, serial: 0x80000001 })); // true
 */
export function isNonTransferable(tokenId: bigint): boolean {
  return ((tokenId >> 31n) & 1n) === 1n;
}

/** Whether value of this lot is backed by escrowed payment (R1). */
export function isBackedLot(lot: number): boolean {
  return lot >= 2 ** 31;
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= uint32Max;
}
