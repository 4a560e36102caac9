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
      row={({ status, code, count }) => ({
        key: `${status}/${code}`,
        cells: [code.replaceAll('_', ' '), status, grouped(String(count))],
      })}
    />
  );
}
