import type { Address } from '@kedge/core';
import { useIndexed } from '../../data/useIndexed.js';
import { AddressText } from '../../ui/AddressText.js';
import { Copyable } from '../../ui/Copyable.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped, showMoment } from '../../ui/format.js';
import { Skeleton } from '../../ui/Skeleton.js';

/** The open channels of an operator: what it may still capture, from whom, until when. */
export function OperatorChannels({ operator }: { operator: Address }) {
  const { data } = useIndexed('channels', { operator, open: 'true', limit: 20 });
  return (
    <section className="card" aria-labelledby="channels-title">
      <header>
        <h2 id="channels-title">Open channels</h2>
      </header>
      {data === undefined ? (
        <Skeleton height={100} />
      ) : data.items.length === 0 ? (
        <EmptyState title="No open channel">A holder opens one under My tokens.</EmptyState>
      ) : (
        <div className="table-scroll" tabIndex={0} role="group" aria-label="Open channels">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Channel</th>
                <th scope="col">Holder</th>
                <th scope="col">Mode</th>
                <th scope="col" className="number">
                  Captured
                </th>
                <th scope="col" className="number">
                  Left
                </th>
                <th scope="col" className="number">
                  Until
                </th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((channel) => (
                <tr key={channel.channelId}>
                  <td>
                    <Copyable value={channel.channelId} label="channel id" />
                  </td>
                  <td>
                    <AddressText address={channel.holder} />
                  </td>
                  <td>
                    <span className="pill">{channel.mode}</span>
                  </td>
                  <td className="number">{grouped(String(channel.capturedUnits))}</td>
                  <td className="number">{grouped(String(channel.remainingUnits))}</td>
                  <td className="number">{showMoment(channel.deadline)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
