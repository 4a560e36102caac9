import type { LineageEdge } from '@kedge/core';
import type { ReactNode } from 'react';
import { linkTo } from '../../app/router.js';
import { mainOf, othersOf } from '../../data/mainOf.js';
import { ClassName } from '../../ui/ClassName.js';
import { showBps } from '../../ui/format.js';
import { OtherAmounts } from '../../ui/OtherAmounts.js';
import { ShowMore } from '../../ui/ShowMore.js';
import { numbers, Table } from '../../ui/Table.js';
import { useFirst } from '../../ui/useFirst.js';

const pageSize = 20;

type Amount = 'collected' | 'due';

/** What flows along each edge of a lineage. */
export function FlowTable({
  edges,
  show,
}: {
  edges: readonly LineageEdge[];
  show: (asset: `0x${string}`, amount: bigint) => ReactNode;
}) {
  const { shown, more } = useFirst(edges, pageSize);
  const amounts = ({ flows }: LineageEdge, which: Amount): ReactNode => {
    const main = mainOf(flows);
    if (main === undefined) return '0';
    const others = othersOf(flows, main).filter((flow) => flow[which] > 0n);
    return (
      <>
        {show(main.asset, main[which])}
        <OtherAmounts amounts={others.map((flow) => show(flow.asset, flow[which]))} />
      </>
    );
  };
  return (
    <div className="flows stack">
      <Table
        label="Flow of revenue"
        columns={['From', 'To', numbers('Royalty'), numbers('Collected'), numbers('Due now')]}
        rows={shown.map((edge) => ({
          key: `${edge.childId}/${edge.parentIndex}`,
          cells: [
            <a href={linkTo('class', edge.childId)}>
              <ClassName classId={edge.childId} name={edge.childName} />
            </a>,
            <>
              <a href={linkTo('class', edge.parentId)}>
                <ClassName classId={edge.parentId} name={edge.parentName} />
              </a>{' '}
              {edge.accepted && <span className="pill good">accepted</span>}
            </>,
            showBps(edge.royaltyBps),
            amounts(edge, 'collected'),
            amounts(edge, 'due'),
          ],
        }))}
      />
      <ShowMore more={more} />
    </div>
  );
}
