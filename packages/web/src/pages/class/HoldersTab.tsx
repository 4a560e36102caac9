import type { ClassDetail } from '@kedge/core';
import { AddressText } from '../../ui/AddressText.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped, showPart } from '../../ui/format.js';
import { numbers, Table } from '../../ui/Table.js';

/** Who holds shares of the class, the largest first. */
export function HoldersTab({ detail }: { detail: ClassDetail }) {
  const { holders, holderCount, totalShare, shareCap, dilutable } = detail;
  if (holders.length === 0) {
    return (
      <section className="card">
        <EmptyState title="Nobody holds a share">Revenue waits until the issuer mints the first share.</EmptyState>
      </section>
    );
  }
  return (
    <section className="card" aria-labelledby="holders-title">
      <header>
        <h2 id="holders-title">Holders and shares</h2>
        <p>
          {grouped(String(totalShare))} active share in all
          {shareCap > 0n && ` of at most ${grouped(String(shareCap))}`}
          {dilutable && ', and no cap: the issuer may mint more at any time'}
          {holderCount > holders.length && `, the largest ${holders.length} of ${holderCount}`}
        </p>
      </header>
      <Table
        label="Holders and shares"
        columns={[
          'Holder',
          numbers('Tokens'),
          numbers('Share'),
          numbers('Of revenue'),
          { title: 'Part, drawn', kind: 'wide' },
        ]}
        rows={holders.map(({ owner, share, pendingShare, tokenCount }) => ({
          key: owner,
          cells: [
            <AddressText address={owner} />,
            grouped(String(tokenCount)),
            <>
              {grouped(String(share))}
              {pendingShare > 0n && <span className="muted"> + {grouped(String(pendingShare))} soon</span>}
            </>,
            showPart(share, totalShare),
            <span className="part" aria-hidden="true">
              <span style={{ width: totalShare === 0n ? 0 : `${Number((share * 1000n) / totalShare) / 10}%` }} />
            </span>,
          ],
        }))}
      />
    </section>
  );
}
