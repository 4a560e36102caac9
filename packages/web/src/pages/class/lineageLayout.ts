import { graphlib, layout } from '@dagrejs/dagre';

export const nodeWidth = 210;
export const nodeHeight = 76;
/** Of the words on an edge: of a letter at most, and of the line. */
const letterWidth = 6.7;
const lineHeight = 22;

/** Of the drawing on each of its sides together, as a part of it. */
export const padding = 0.15;
/** Words that are drawn smaller cannot be read. */
const leastZoom = 0.75;
const leastHeight = 340;

export type Size = { readonly width: number; readonly height: number };

/** A middle. */
export type Place = { readonly x: number; readonly y: number };

/** An edge and the words on it. */
export type NamedEdge = { readonly childId: bigint; readonly parentId: bigint; readonly text: string };

/** Where classes, edges and their words stand, so that none is under another. `isDown`: parents are below, not beside. */
export function lineageLayout(
  classIds: readonly bigint[],
  edges: readonly NamedEdge[],
  isDown: boolean,
): {
  readonly nodes: ReadonlyMap<bigint, Place>;
  /** In the order of the edges: a path of SVG, and the middle of the words. */
  readonly edges: readonly { readonly path: string; readonly words: Place }[];
  readonly size: Size;
} {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: isDown ? 'TB' : 'LR', nodesep: 36, ranksep: 36 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of classIds) graph.setNode(String(id), { width: nodeWidth, height: nodeHeight });
  for (const { childId, parentId, text } of edges) {
    const room = { width: text.length * letterWidth, height: lineHeight, labelpos: 'c' };
    graph.setEdge(String(childId), String(parentId), room);
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    size: { width, height },
    nodes: new Map(classIds.map((id) => [id, graph.node(String(id)) as Place])),
    edges: edges.map(({ childId, parentId }) => {
      const { x, y, points } = graph.edge(String(childId), String(parentId)) as Place & { points: readonly Place[] };
      return { path: smooth(points), words: { x, y } };
    }),
  };
}

/**
 * How a drawing is shown: in a frame as high as it needs, within the room that there is, and whole unless its words would be
 * too small to be read. Else only a part of it is shown, and it is dragged.
 */
export function lineageView(
  drawing: Size,
  room: Size,
): { readonly height: number; readonly zoom: number; readonly isWhole: boolean } {
  const [width, height] = [drawing.width * (1 + padding), drawing.height * (1 + padding)];
  const byWidth = Math.min(1, room.width / width);
  const high = Math.min(room.height, Math.max(leastHeight, Math.ceil(height * Math.max(byWidth, leastZoom))));
  const zoom = Math.min(byWidth, high / height);
  return { height: high, zoom: Math.max(zoom, leastZoom), isWhole: zoom >= leastZoom };
}

/** A path through the middles between points, bent at the points. */
function smooth([first, ...rest]: readonly Place[]): string {
  const bends = rest.slice(0, -1).map(({ x, y }, index) => {
    const next = rest[index + 1]!;
    return `Q${x},${y} ${(x + next.x) / 2},${(y + next.y) / 2}`;
  });
  const last = rest.at(-1)!;
  return [`M${first!.x},${first!.y}`, ...bends, `L${last.x},${last.y}`].join(' ');
}
