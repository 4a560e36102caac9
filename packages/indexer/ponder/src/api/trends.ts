import { trendLength, type Address, type Trend } from '@kedge/core';
import { and, asc, gte, inArray, sql } from 'ponder';
import { db } from 'ponder:api';
import { accrual, revenueDay, usage, usageDay } from 'ponder:schema';

const day = 86_400;
/** Seconds of one stretch: the shortest with which thirty reach back to the class's creation. */
const widths = [60, 600, 3_600, day];

type Aged = { readonly classId: bigint; readonly createdAt: number };

/** Thirty equal stretches up to `now`. */
export function stretches(now: number, width: number): { start: number; width: number } {
  return { start: (Math.floor(now / width) + 1) * width - trendLength * width, width };
}

/** What was used and earned lately, of each class. */
export async function trendsOf(classes: readonly Aged[], now: number): Promise<Map<bigint, Trend>> {
  const trends = new Map<bigint, Trend>();
  for (const width of widths) {
    const isOfWidth = ({ createdAt }: Aged): boolean =>
      (widths.find((each) => each * (trendLength - 1) >= now - createdAt) ?? day) === width;
    const ids = classes.filter(isOfWidth).map(({ classId }) => classId);
    if (ids.length === 0) continue;
    const { start } = stretches(now, width);
    for (const classId of ids) trends.set(classId, { start, width, units: zeros(), revenue: [] });
    const [used, earned] = await (width === day ? readDays(ids, start) : readRows(ids, start, width));
    for (const { classId, stretch, sum } of used) addTo(trends.get(classId)!.units, stretch, sum);
    for (const { classId, stretch, asset, sum } of earned) {
      addTo(amountsIn(trends.get(classId)!, asset), stretch, sum);
    }
  }
  return trends;
}

function readRows(ids: bigint[], start: number, width: number) {
  const stretchOf = (at: typeof usage.at | typeof accrual.at) =>
    sql<number>`(${at} - ${sql.raw(String(start))}) / ${sql.raw(String(width))}`;
  const usedIn = stretchOf(usage.at);
  const earnedIn = stretchOf(accrual.at);
  return Promise.all([
    db
      .select({ classId: usage.classId, stretch: usedIn, sum: sql<string>`sum(${usage.units})` })
      .from(usage)
      .where(and(inArray(usage.classId, ids), gte(usage.at, start)))
      .groupBy(usage.classId, usedIn),
    db
      .select({
        classId: accrual.classId,
        asset: accrual.asset,
        stretch: earnedIn,
        sum: sql<string>`sum(${accrual.amount})`,
      })
      .from(accrual)
      .where(and(inArray(accrual.classId, ids), gte(accrual.at, start)))
      .groupBy(accrual.classId, accrual.asset, earnedIn)
      .orderBy(asc(accrual.asset)),
  ]);
}

async function readDays(ids: bigint[], start: number) {
  const first = start / day;
  const [used, earned] = await Promise.all([
    db
      .select()
      .from(usageDay)
      .where(and(inArray(usageDay.classId, ids), gte(usageDay.day, first))),
    db
      .select()
      .from(revenueDay)
      .where(and(inArray(revenueDay.classId, ids), gte(revenueDay.day, first)))
      .orderBy(asc(revenueDay.asset)),
  ]);
  return [
    used.map((row) => ({ classId: row.classId, stretch: row.day - first, sum: row.units })),
    earned.map((row) => ({ classId: row.classId, asset: row.asset, stretch: row.day - first, sum: row.received })),
  ] as const;
}

export function zeros(): bigint[] {
  return Array.from({ length: trendLength }, () => 0n);
}

export function addTo(sums: bigint[], stretch: number, sum: string | bigint): void {
  const place = Math.floor(Number(stretch));
  if (place >= 0 && place < sums.length) sums[place] = sums[place]! + BigInt(sum);
}

export function amountsIn(trend: Trend, asset: Address): bigint[] {
  let found = trend.revenue.find((each) => each.asset === asset);
  if (found === undefined) trend.revenue.push((found = { asset, amounts: zeros() }));
  return found.amounts;
}
