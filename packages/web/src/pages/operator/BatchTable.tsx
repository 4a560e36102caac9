import type { Address } from '@kedge/core';
import { useIndexed } from '../../data/useIndexed.js';
import { Copyable } from '../../ui/Copyable.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped, showAge } from '../../ui/format.js';
import { numbers } from '../../ui/Table.js';
import { TableCard } from '../../ui/TableCard.js';

/** The newest transactions in which an operator anchored receipts, and what it captured there. */
export function BatchTable({ operator }: { operator: Address }) {
  const { data, error } = useIndexed('batches', { address: operator, limit: 10 }, 2_000);
  return (
    <TableCard
      title="Batches and their transactions"
      note="the newest ten"
      rows={data?.items}
      error={error}
      height={160}
      empty={<EmptyState title="No batch yet">Receipts are anchored some seconds after the calls.</EmptyState>}
      columns={['Batches', 'Root', 'Transaction', numbers('Captures'), numbers('Base units'), numbers('When')]}
      row={(batch) => ({
        key: `${batch.epoch}/${batch.firstBatch}`,
        cells: [
          <span className="nobreak">
            {batch.firstBatch === batch.lastBatch
              ? String(batch.firstBatch)
              : `${batch.firstBatch} to ${batch.lastBatch}`}
            <span className="muted"> of epoch {batch.epoch}</span>
          </span>,
          <Copyable value={batch.root} label="receipt root" />,
          <Copyable value={batch.transactionHash} label="transaction" />,
          grouped(String(batch.captures)),
          grouped(String(batch.units)),
          showAge(batch.at, Date.now()),
        ],
      })}
    />
  );
}
