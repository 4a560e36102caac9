import { classKinds, type LineageEdge } from '@kedge/core';
import { asc, inArray } from 'ponder';
import { db } from 'ponder:api';
import { edgeFlow, ledger, royaltyEdge } from 'ponder:schema';
import { labelsOf } from './labels';

type EdgeRow = typeof royaltyEdge.$inferSelect;

const mostEdges = 500;

/** All edges above and below a class, the nearest first; five hundred each way at most. */
export async function lineageOf(classId: bigint): Promise<{ up: LineageEdge[]; down: LineageEdge[] }> {
  const [up, down] = await Promise.all([walk(classId, 'up'), walk(classId, 'down')]);
  return { up: await edgeAnswers(up), down: await edgeAnswers(down) };
}

async function walk(classId: bigint, direction: 'up' | 'down'): Promise<EdgeRow[]> {
  const [near, far] = direction === 'up' ? (['childId', 'parentId'] as const) : (['parentId', 'childId'] as const);
  const found: EdgeRow[] = [];
  const seen = new Set([classId]);
  let reached = [classId];
  while (reached.length > 0 && found.length < mostEdges) {
    const edges = await db
      .select()
      .from(royaltyEdge)
      .where(inArray(royaltyEdge[near], reached))
      .orderBy(asc(royaltyEdge.childId), asc(royaltyEdge.parentIndex))
      .limit(mostEdges - found.length);
    found.push(...edges);
    reached = [...new Set(edges.map((edge) => edge[far]))].filter((id) => !seen.has(id));
    for (const id of reached) seen.add(id);
  }
  return found;
}

async function edgeAnswers(edges: readonly EdgeRow[]): Promise<LineageEdge[]> {
  if (edges.length === 0) return [];
  const children = [...new Set(edges.map(({ childId }) => childId))];
  const [labels, flows, ledgers] = await Promise.all([
    labelsOf(edges.flatMap(({ childId, parentId }) => [childId, parentId])),
    db.select().from(edgeFlow).where(inArray(edgeFlow.childId, children)),
    db.select().from(ledger).where(inArray(ledger.classId, children)).orderBy(asc(ledger.asset)),
  ]);
  return edges.map(({ childId, parentId, parentIndex, royaltyBps, accepted }) => {
    const [child, parent] = [labels.get(childId), labels.get(parentId)];
    return {
      childId,
      childName: child?.name ?? null,
      childKind: classKinds[child?.kind ?? 0] ?? 'unspecified',
      parentId,
      parentName: parent?.name ?? null,
      parentKind: classKinds[parent?.kind ?? 0] ?? 'unspecified',
      parentIndex,
      royaltyBps,
      accepted,
      flows: ledgers
        .filter((book) => book.classId === childId)
        .map(({ asset, received }) => {
          const flow = flows.find(
            (each) => each.childId === childId && each.parentIndex === parentIndex && each.asset === asset,
          );
          const collected = flow?.collected ?? 0n;
          return { asset, collected, due: (received * BigInt(royaltyBps)) / 10_000n - collected };
        }),
    };
  });
}
