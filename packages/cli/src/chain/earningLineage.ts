import { dataAnchoringTokenAbi } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import type { Connection } from './connect.js';
import { someOf } from './someOf.js';

/** An edge from a class to one of its parents. */
export type LineageEdge = { readonly classId: bigint; readonly parentIndex: number };

/**
 * The edges by which revenue reaches some classes, over however many levels, children before their parents: collected in this
 * order, all of it arrives (R19).
 */
export async function earningLineage(connection: Connection, classIds: Iterable<bigint>): Promise<LineageEdge[]> {
  const reaching = new Set(classIds);
  const edges: LineageEdge[] = [];
  for (let level = [...reaching]; level.length > 0;) {
    const linked = await readLinks(connection, level);
    const paying = linked.filter(({ royaltyBps }) => royaltyBps > 0);
    edges.push(...paying);
    level = [...new Set(paying.map(({ classId }) => classId))].filter((classId) => !reaching.has(classId));
    for (const classId of level) reaching.add(classId);
  }
  // Parents are older than their children and have smaller numbers.
  return edges.toSorted((one, other) => Number(other.classId - one.classId) || other.parentIndex - one.parentIndex);
}

/** The edges to some classes from those that name them as a parent. */
async function readLinks(
  { client, contracts }: Connection,
  parentIds: readonly bigint[],
): Promise<(LineageEdge & { readonly royaltyBps: number })[]> {
  const linked = await someOf(parentIds, (parentId) =>
    readEvents(client.publicClient, {
      address: contracts.DataAnchoringToken,
      abi: dataAnchoringTokenAbi,
      eventName: 'ParentLinked',
      args: { parentId },
      fromBlock: firstBlockOf(client.deployment),
    }),
  );
  return linked.map(({ args: { classId, parentIndex, royaltyBps } }) => ({
    classId,
    parentIndex: Number(parentIndex),
    royaltyBps,
  }));
}
