import { BaseError, type Address, type Hex } from '@kedge/core';

/** Where a row happened, as answers say it. */
export function happenedOf(row: { at: number; blockNumber: number; transactionHash: Hex }) {
  return { at: row.at, blockNumber: row.blockNumber, transactionHash: row.transactionHash };
}

/** A part of a list from one row more than was asked for. */
export function pageOf<row, item>(
  rows: readonly row[],
  limit: number,
  cursorOf: (row: row) => string,
  items: readonly item[],
): { items: item[]; next: string | null } {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: items.slice(0, limit), next: last === undefined ? null : cursorOf(last) };
}

/** Rows by a text made of them. */
export function groupBy<row>(rows: readonly row[], keyOf: (row: row) => string): Map<string, row[]> {
  const groups = new Map<string, row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

export function lower(address: Address): Address {
  return address.toLowerCase() as Address;
}

/**
 * A cursor as the number that it is.
 *
 * @throws BaseError `request_invalid` (400)
 */
export function cursorOf(after: string | undefined): bigint | undefined {
  if (after === undefined) return undefined;
  if (/^\d{1,40}$/.test(after)) return BigInt(after);
  throw new BaseError(`${after.slice(0, 40)} is not where a page ends.`, {
    code: 'request_invalid',
    status: 400,
    hints: ['Give what the page before said in "next", or as "since" the "id" of an item.'],
  });
}

export type Paged = { readonly after?: string; readonly limit: number };

/** A list in an order that no event has, part by part: the cursor is the number of items before, and any greater one its end. */
export function offsetOf({ after }: Paged): number {
  return Math.min(Number(cursorOf(after) ?? 0n), Number.MAX_SAFE_INTEGER);
}

/** A part of such a list. */
export function partOf<item>(items: readonly item[], paged: Paged): { items: item[]; next: string | null } {
  const from = offsetOf(paged);
  const end = from + paged.limit;
  return { items: items.slice(from, end), next: end < items.length ? String(end) : null };
}
