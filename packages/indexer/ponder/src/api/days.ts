import { metricLabels, metricTypeOf, type ClassSummary, type Hex, type RevenueDay, type UsageDay } from '@kedge/core';
import { asc, eq, inArray, sql, type PgColumn } from 'ponder';
import { db } from 'ponder:api';
import { revenueDay, usageDay } from 'ponder:schema';
import { keccak256 } from '../keccak256';

const labels = new Map<Hex, string>(metricLabels.map((label) => [metricTypeOf(label, keccak256), label]));

/** The label of a metric that is in the registry (P26). */
export function metricOf(metricType: Hex): string | null {
  return labels.get(metricType) ?? null;
}

function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

export async function usageDays(classId: bigint): Promise<UsageDay[]> {
  const rows = await db
    .select()
    .from(usageDay)
    .where(eq(usageDay.classId, classId))
    .orderBy(asc(usageDay.day), asc(usageDay.metricType));
  return rows.map(({ day, metricType, units, paidUnits, selfReportedUnits, records }) => ({
    day: dateOf(day),
    metric: metricOf(metricType),
    metricType,
    units,
    paidUnits,
    selfReportedUnits,
    records,
  }));
}

/** All use of each class. */
export async function usageOf(classIds: readonly bigint[]): Promise<Map<bigint, ClassSummary['usage']>> {
  const sum = (column: PgColumn) => sql<string>`sum(${column})`;
  const { classId, units, paidUnits, selfReportedUnits, records } = usageDay;
  const rows = await db
    .select({
      classId,
      units: sum(units),
      paidUnits: sum(paidUnits),
      selfReportedUnits: sum(selfReportedUnits),
      records: sum(records),
    })
    .from(usageDay)
    .where(inArray(classId, [...classIds]))
    .groupBy(classId);
  return new Map(
    rows.map((row) => [
      row.classId,
      {
        units: BigInt(row.units),
        paidUnits: BigInt(row.paidUnits),
        selfReportedUnits: BigInt(row.selfReportedUnits),
        records: Number(row.records),
      },
    ]),
  );
}

export async function revenueDays(classId: bigint): Promise<RevenueDay[]> {
  const rows = await db
    .select()
    .from(revenueDay)
    .where(eq(revenueDay.classId, classId))
    .orderBy(asc(revenueDay.day), asc(revenueDay.asset));
  return rows.map(({ day, asset, received, royalties }) => ({ day: dateOf(day), asset, received, royalties }));
}
