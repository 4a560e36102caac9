import type { ClassDetail } from '@kedge/core';
import { AddressText } from '../../ui/AddressText.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped, showPart } from '../../ui/format.js';

/** Who holds shares of the class, the largest first. */
export function HoldersTab({ detail: { holders, holderCount, totalShare } }: { detail: ClassDetail }) {
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
          {holderCount > holders.length && `, the largest ${holders.length} of ${holderCount}`}
        </p>
      </header>
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Holders and shares">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Holder</th>
              <th scope="col" className="number">
                Tokens
              </th>
              <th scope="col" className="number">
                Share
              </th>
              <th scope="col" className="number">
                Of revenue
              </th>
              <th scope="col" className="wide">
                <span className="visually-hidden">Part, drawn</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {holders.map(({ owner, share, pendingShare, tokenCount }) => (
              <tr key={owner}>
                <td>
                  <AddressText address={owner} />
                </td>
                <td className="number">{tokenCount}</td>
                <td className="number">
                  {grouped(String(share))}
                  {pendingShare > 0n && <span className="muted"> + {grouped(String(pendingShare))} soon</span>}
                </td>
                <td className="number">{showPart(share, totalShare)}</td>
                <td className="wide">
                  <span className="part" aria-hidden="true">
                    <span style={{ width: totalShare === 0n ? 0 : `${Number((share * 1000n) / totalShare) / 10}%` }} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
