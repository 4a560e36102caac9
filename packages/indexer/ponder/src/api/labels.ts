import { inArray } from 'ponder';
import { db } from 'ponder:api';
import { classBook } from 'ponder:schema';
import { documentOf } from './documents';
import { textOf } from './textOf';

/** What lists show of a class's metadata. */
export type Label = {
  readonly name: string | null;
  readonly description: string | null;
  readonly licence: string | null;
};

export async function labelOf(metadataURI: string): Promise<Label> {
  const document = await documentOf(metadataURI);
  const fields = (typeof document === 'object' && document !== null ? document : {}) as Record<string, unknown>;
  return {
    name: textOf(fields['name']),
    description: textOf(fields['description']),
    licence: textOf(fields['license'] ?? fields['licence']),
  };
}

/** Labels of classes by id. */
export async function labelsOf(
  classIds: readonly bigint[],
): Promise<Map<bigint, Label & { readonly kind: number; readonly unitDecimals: number }>> {
  const ids = [...new Set(classIds)];
  if (ids.length === 0) return new Map();
  const rows = await db.select().from(classBook).where(inArray(classBook.classId, ids));
  const labels = rows.map(async ({ classId, metadataURI, kind, unitDecimals }) => {
    return [classId, { ...(await labelOf(metadataURI)), kind, unitDecimals }] as const;
  });
  return new Map(await Promise.all(labels));
}
