import type { ClassDetail, LineageEdge } from '@kedge/core';
import { graphlib, layout } from '@dagrejs/dagre';
import {
  Background,
  Controls,
  Handle,
  MarkerType,
  Position,
  ReactFlow,
  type Edge,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { linkTo } from '../../app/router.js';
import { useAssets } from '../../data/useAssets.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { showBps } from '../../ui/format.js';
import { numbers, Table } from '../../ui/Table.js';
import './lineage.css';

type ClassNode = Node<{ classId: bigint; name: string; kind: string; isShown: boolean; isDown: boolean }, 'class'>;

const nodeWidth = 210;
const nodeHeight = 76;
const nodeTypes = { class: ClassBox };
/** A narrow screen shows what is above what, instead of beside it. */
const narrow = '(max-width: 640px)';

/** Where the class comes from and what is built on it: revenue flows from what is used to what it is made of. */
export function LineageTab({ detail }: { detail: ClassDetail }) {
  const edges = [...detail.lineage.up, ...detail.lineage.down];
  const { show } = useAssets(edges.flatMap(({ flows }) => flows.map(({ asset }) => asset)));
  if (edges.length === 0) {
    return (
      <section className="card">
        <EmptyState title="No lineage">This class has no parents, and nothing is built on it yet.</EmptyState>
      </section>
    );
  }
  const { nodes, links } = graphOf(detail, edges, show);
  return (
    <>
      <section className="card" aria-labelledby="lineage-title">
        <header>
          <h2 id="lineage-title">Lineage</h2>
          <p>Revenue flows along the arrows, from a class to what it is made of.</p>
        </header>
        <div className="lineage">
          <ReactFlow
            nodes={nodes}
            edges={links}
            nodeTypes={nodeTypes}
            fitView
            fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
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
        <Table
          label="Flow of revenue"
          columns={['From', 'To', numbers('Royalty'), numbers('Collected'), numbers('Due now')]}
        >
          {edges.map((edge) => (
            <tr key={`${edge.childId}/${edge.parentIndex}`}>
              <td>
                <a href={linkTo('class', edge.childId)}>{edge.childName ?? `Class ${edge.childId}`}</a>
              </td>
              <td>
                <a href={linkTo('class', edge.parentId)}>{edge.parentName ?? `Class ${edge.parentId}`}</a>{' '}
                {edge.accepted && <span className="pill good">accepted</span>}
              </td>
              <td className="number">{showBps(edge.royaltyBps)}</td>
              <td className="number">
                {edge.flows.map(({ asset, collected }) => (
                  <div key={asset}>{show(asset, collected)}</div>
                ))}
                {edge.flows.length === 0 && '0'}
              </td>
              <td className="number">
                {edge.flows.map(({ asset, due }) => (
                  <div key={asset}>{show(asset, due)}</div>
                ))}
                {edge.flows.length === 0 && '0'}
              </td>
            </tr>
          ))}
        </Table>
      </section>
    </>
  );
}

function graphOf(
  detail: ClassDetail,
  edges: readonly LineageEdge[],
  show: (asset: `0x${string}`, amount: bigint) => string,
): { nodes: ClassNode[]; links: Edge[] } {
  const isDown = matchMedia(narrow).matches;
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: isDown ? 'TB' : 'LR', nodesep: 36, ranksep: isDown ? 80 : 190 });
  graph.setDefaultEdgeLabel(() => ({}));
  const classes = new Map([[detail.classId, { name: detail.name, kind: detail.kind as string }]]);
  for (const edge of edges) {
    classes.set(edge.childId, { name: edge.childName, kind: edge.childKind });
    classes.set(edge.parentId, { name: edge.parentName, kind: edge.parentKind });
  }
  for (const id of classes.keys()) graph.setNode(String(id), { width: nodeWidth, height: nodeHeight });
  for (const { childId, parentId } of edges) graph.setEdge(String(childId), String(parentId));
  layout(graph);
  const nodes = [...classes].map(([classId, { name, kind }]): ClassNode => {
    const { x, y } = graph.node(String(classId)) as { x: number; y: number };
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
  const links = edges.map(({ childId, parentId, parentIndex, royaltyBps, flows }): Edge => {
    const [flow] = flows;
    return {
      id: `${childId}/${parentIndex}`,
      source: String(childId),
      target: String(parentId),
      label:
        flow === undefined
          ? showBps(royaltyBps)
          : `${showBps(royaltyBps)} · ${show(flow.asset, flow.collected + flow.due)}`,
      markerEnd: { type: MarkerType.ArrowClosed, width: 20, height: 20, markerUnits: 'userSpaceOnUse' },
      // From 1.5 to 4 pixels, by what flowed.
      style: { strokeWidth: 1.5 + Number((flowOf(flows) * 250n) / most) / 100 },
    };
  });
  return { nodes, links };
}

function flowOf(flows: LineageEdge['flows']): bigint {
  return flows.reduce((sum, { collected, due }) => sum + collected + due, 0n);
}

function ClassBox({ data }: NodeProps<ClassNode>) {
  return (
    <div className={data.isShown ? 'lineage-node shown' : 'lineage-node'}>
      <Handle type="target" position={data.isDown ? Position.Top : Position.Left} isConnectable={false} />
      <span className={`pill ${data.kind}`}>{data.kind}</span>
      <a href={linkTo('class', data.classId)} className="nodrag">
        {data.name}
      </a>
      <Handle type="source" position={data.isDown ? Position.Bottom : Position.Right} isConnectable={false} />
    </div>
  );
}
