import type { Connection } from './connect.js';
import { classCountOf } from './readTokens.js';

/** An edge from a class to one of its parents. */
export type LineageEdge = { readonly classId: bigint; readonly parentIndex: number };

/**
 * The edges by which revenue reaches some classes, over however many levels, children before their parents: collected in this
 * order, all of it arrives (R19).
 */
export async function earningLineage(connection: Connection, classIds: Iterable<bigint>): Promise<LineageEdge[]> {
  const count = await classCountOf(connection);
  const ids = Array.from({ length: Number(count) }, (_, index) => BigInt(index + 1));
  const classes = await Promise.all(ids.map((classId) => connection.client.getClass({ classId })));
  const reaching = new Set(classIds);
  const edges: LineageEdge[] = [];
  // Parents are older than their children and have smaller numbers.
  for (const { classId, parents } of classes) {
    for (const [parentIndex, parent] of parents.entries()) {
      if (parent.royaltyBps === 0 || !reaching.has(parent.classId)) continue;
      edges.unshift({ classId, parentIndex });
      reaching.add(classId);
    }
  }
  return edges;
}
