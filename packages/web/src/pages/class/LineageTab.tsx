import type { Address, ClassDetail, LineageEdge } from '@kedge/core';
import {
  Background,
  BaseEdge,
  Controls,
  Handle,
  MarkerType,
  Position,
  ReactFlow,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { linkTo } from '../../app/router.js';
import { mainOf, namedOf } from '../../data/mainOf.js';
import { useAssets } from '../../data/useAssets.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { edgeText } from './edgeText.js';
import { FlowTable } from './FlowTable.js';
import { lineageLayout, lineageView, nodeHeight, nodeWidth, padding, type Place, type Size } from './lineageLayout.js';
import './lineage.css';

type ClassNode = Node<{ classId: bigint; name: string; kind: string; isShown: boolean; isDown: boolean }, 'class'>;

type FlowEdge = Edge<{ path: string; words: Place }, 'flow'>;

const nodeTypes = { class: ClassBox };
const edgeTypes = { flow: FlowLine };
/** A narrow screen shows what is above what, instead of beside it. */
const narrow = '(max-width: 640px)';
/** Of a page at most, and of it what is beside a drawing. */
const [widest, frame] = [1200, 66];

/** Where the class comes from and what is built on it: revenue flows from what is used to what it is made of. */
export function LineageTab({ detail }: { detail: ClassDetail }) {
  const edges = [...detail.lineage.up, ...detail.lineage.down];
  const { show, say } = useAssets(edges.flatMap(({ flows }) => namedOf(flows, mainOf(flows))));
  if (edges.length === 0) {
    return (
      <section className="card">
        <EmptyState title="No lineage">This class has no parents, and nothing is built on it yet.</EmptyState>
      </section>
    );
  }
  const { nodes, links, size } = graphOf(detail, edges, say);
  const isNarrow = matchMedia(narrow).matches;
  const view = lineageView(size, { width: Math.min(innerWidth, widest) - frame, height: isNarrow ? 480 : 720 });
  return (
    <>
      <section className="card" aria-labelledby="lineage-title">
        <header>
          <h2 id="lineage-title">Lineage</h2>
          <p>
            Revenue flows along the arrows, from a class to what it is made of.
            {!view.isWhole && ' Drag it to see the rest.'}
          </p>
        </header>
        <div className="lineage" style={{ height: view.height }}>
          <ReactFlow
            nodes={nodes}
            edges={links}
            nodeTypes={nodeTypes}
            edgeTypes={edgeTypes}
            fitView
            fitViewOptions={
              view.isWhole
                ? { maxZoom: 1, padding }
                : { nodes: [{ id: String(detail.classId) }], minZoom: view.zoom, maxZoom: view.zoom }
            }
            minZoom={0.2}
            nodesDraggable={false}
            nodesConnectable={false}
            edgesFocusable={false}
            nodesFocusable={false}
            zoomOnScroll={false}
            preventScrolling={false}
            proOptions={{ hideAttribution: true }}
          >
            <Background gap={24} />
            <Controls showInteractive={false} />
          </ReactFlow>
        </div>
      </section>
      <section className="card" aria-labelledby="edges-title">
        <header>
          <h2 id="edges-title">Flow of revenue</h2>
        </header>
        <FlowTable edges={edges} show={show} />
      </section>
    </>
  );
}

function graphOf(
  detail: ClassDetail,
  edges: readonly LineageEdge[],
  say: (asset: Address, amount: bigint) => string,
): { nodes: ClassNode[]; links: FlowEdge[]; size: Size } {
  const isDown = matchMedia(narrow).matches;
  const classes = new Map([[detail.classId, { name: detail.name, kind: detail.kind as string }]]);
  for (const edge of edges) {
    classes.set(edge.childId, { name: edge.childName, kind: edge.childKind });
    classes.set(edge.parentId, { name: edge.parentName, kind: edge.parentKind });
  }
  const named = edges.map(({ childId, parentId, royaltyBps, flows }) => ({
    childId,
    parentId,
    text: edgeText(royaltyBps, flows, say),
  }));
  const places = lineageLayout([...classes.keys()], named, isDown);
  const nodes = [...classes].map(([classId, { name, kind }]): ClassNode => {
    const { x, y } = places.nodes.get(classId)!;
    return {
      id: String(classId),
      type: 'class',
      position: { x: x - nodeWidth / 2, y: y - nodeHeight / 2 },
      data: { classId, name: name ?? `Class ${classId}`, kind, isShown: classId === detail.classId, isDown },
      width: nodeWidth,
      height: nodeHeight,
    };
  });
  const most = edges.reduce((top, { flows }) => (flowOf(flows) > top ? flowOf(flows) : top), 1n);
  const links = edges.map(({ childId, parentId, parentIndex, flows }, index): FlowEdge => {
    return {
      type: 'flow',
      data: places.edges[index]!,
      id: `${childId}/${parentIndex}`,
      source: String(childId),
      target: String(parentId),
      label: named[index]!.text,
      markerEnd: { type: MarkerType.ArrowClosed, width: 20, height: 20, markerUnits: 'userSpaceOnUse' },
      // From 1.5 to 4 pixels, by what flowed.
      style: { strokeWidth: 1.5 + Number((flowOf(flows) * 250n) / most) / 100 },
    };
  });
  return { nodes, links, size: places.size };
}

function flowOf(flows: LineageEdge['flows']): bigint {
  return flows.reduce((sum, { collected, due }) => sum + collected + due, 0n);
}

/** Where it was laid out, and not the shortest way: that may lead behind another class. */
function FlowLine({ data, label, markerEnd, style = {} }: EdgeProps<FlowEdge>) {
  const { path, words } = data!;
  const ends = markerEnd === undefined ? {} : { markerEnd };
  return <BaseEdge path={path} labelX={words.x} labelY={words.y} label={label} style={style} {...ends} />;
}

function ClassBox({ data }: NodeProps<ClassNode>) {
  return (
    <div className={data.isShown ? 'lineage-node shown' : 'lineage-node'}>
      <Handle type="target" position={data.isDown ? Position.Top : Position.Left} isConnectable={false} />
      <span className={`pill ${data.kind}`}>{data.kind}</span>
      <a href={linkTo('class', data.classId)} className="nodrag" dir="auto">
        {data.name}
      </a>
      <Handle type="source" position={data.isDown ? Position.Bottom : Position.Right} isConnectable={false} />
    </div>
  );
}
