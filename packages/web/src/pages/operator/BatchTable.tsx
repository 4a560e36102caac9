import type { Address } from '@kedge/core';
import { useIndexed } from '../../data/useIndexed.js';
import { Copyable } from '../../ui/Copyable.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped, showAge } from '../../ui/format.js';
import { Skeleton } from '../../ui/Skeleton.js';

/** The newest transactions in which an operator anchored receipts, and what it captured there. */
export function BatchTable({ operator }: { operator: Address }) {
  const { data } = useIndexed('batches', { address: operator, limit: 10 }, 2_000);
  return (
    <section className="card" aria-labelledby="batches-title">
      <header>
        <h2 id="batches-title">Batches and their transactions</h2>
        <p>the newest ten</p>
      </header>
      {data === undefined ? (
        <Skeleton height={160} />
      ) : data.items.length === 0 ? (
        <EmptyState title="No batch yet">Receipts are anchored some seconds after the calls.</EmptyState>
      ) : (
        <div className="table-scroll" tabIndex={0} role="group" aria-label="Batches and their transactions">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Batches</th>
                <th scope="col">Root</th>
                <th scope="col">Transaction</th>
                <th scope="col" className="number">
                  Captures
                </th>
                <th scope="col" className="number">
                  Units
                </th>
                <th scope="col" className="number">
                  When
                </th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((batch) => (
                <tr key={`${batch.epoch}/${batch.firstBatch}`}>
                  <td className="nobreak">
                    {batch.firstBatch === batch.lastBatch
                      ? String(batch.firstBatch)
                      : `${batch.firstBatch} to ${batch.lastBatch}`}
                    <span className="muted"> of epoch {batch.epoch}</span>
                  </td>
                  <td>
                    <Copyable value={batch.root} label="receipt root" />
                  </td>
                  <td>
                    <Copyable value={batch.transactionHash} label="transaction" />
                  </td>
                  <td className="number">{batch.captures}</td>
                  <td className="number">{grouped(String(batch.units))}</td>
                  <td className="number">{showAge(batch.at, Date.now())}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
