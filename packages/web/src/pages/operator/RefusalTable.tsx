import type { GatewayLive } from '@kedge/core';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped } from '../../ui/format.js';
import { numbers } from '../../ui/Table.js';
import { TableCard } from '../../ui/TableCard.js';

const most = 4;

/** Why requests were refused, the most frequent reason first. */
export function RefusalTable({ refusals }: { refusals: GatewayLive['refusals'] }) {
  return (
    <TableCard
      title="Refused, by reason"
      note="since the gateway started"
      rows={refusals.slice(0, most)}
      error={null}
      height={200}
      empty={
        <EmptyState icon="check" title="Nothing was refused">
          Unknown keys, spent value, what a policy forbids, and failures of the upstream are counted here.
        </EmptyState>
      }
      columns={['Reason', 'Status', numbers('Requests')]}
    >
      {({ status, code, count }) => (
        <tr key={`${status}/${code}`}>
          <td>{code.replaceAll('_', ' ')}</td>
          <td>{status}</td>
          <td className="number">{grouped(String(count))}</td>
        </tr>
      )}
    </TableCard>
  );
}
