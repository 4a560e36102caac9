import type { Address } from '@kedge/core';
import type { Connection } from './connect.js';

/** A lineage edge whose royalty is collected with a capture. */
export type RoyaltyEdge = { readonly classId: bigint; readonly parentIndex: bigint; readonly asset: Address };

/** More than this would make each capture expensive; edges beyond it are collected by whoever wants to. */
const maxEdges = 64;

/** The edges above a class that carry a royalty, each once, children before their parents: so revenue cascades in one go (R19). */
export async function royaltyEdgesOf({ client }: Connection, classId: bigint, asset: Address): Promise<RoyaltyEdge[]> {
  const parentsOf = new Map<bigint, readonly { classId: bigint; royaltyBps: number }[]>();
  const reach = async (id: bigint): Promise<void> => {
    if (parentsOf.has(id)) return;
    const { parents } = await client.getClass({ classId: id });
    parentsOf.set(id, parents);
    for (const parent of parents) await reach(parent.classId);
  };
  await reach(classId);
  // Parents are older than their children, so descending ids put every child before its parents.
  const children = [...parentsOf.keys()].toSorted((left, right) => (left > right ? -1 : 1));
  const edges = children.flatMap((child) =>
    parentsOf
      .get(child)!
      .flatMap(({ royaltyBps }, index) =>
        royaltyBps === 0 ? [] : [{ classId: child, parentIndex: BigInt(index), asset }],
      ),
  );
  return edges.slice(0, maxEdges);
}
