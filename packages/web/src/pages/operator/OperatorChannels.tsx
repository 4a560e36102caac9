import type { Address } from '@kedge/core';
import { linkTo } from '../../app/router.js';
import { useIndexed } from '../../data/useIndexed.js';
import { AddressText } from '../../ui/AddressText.js';
import { Copyable } from '../../ui/Copyable.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { showDay, showMoment, showUnits } from '../../ui/format.js';
import { numbers } from '../../ui/Table.js';
import { TableCard } from '../../ui/TableCard.js';

/** The open channels of an operator: what it may still capture, from whom, until when. */
export function OperatorChannels({ operator }: { operator: Address }) {
  const { data, error } = useIndexed('channels', { operator, open: 'true', limit: 20 });
  return (
    <TableCard
      title="Open channels"
      note="in units of their classes"
      rows={data?.items}
      error={error}
      height={100}
      empty={<EmptyState title="No open channel">A holder opens one under My tokens.</EmptyState>}
      columns={['Channel', 'Class', 'Holder', 'Mode', numbers('Captured'), numbers('Left'), numbers('Until')]}
    >
      {(channel) => (
        <tr key={channel.channelId}>
          <td>
            <Copyable value={channel.channelId} label="channel id" />
          </td>
          <td className="nobreak">
            <a href={linkTo('class', channel.classId)} title={channel.className ?? undefined}>
              Class {String(channel.classId)}
            </a>
          </td>
          <td>
            <AddressText address={channel.holder} />
          </td>
          <td>
            <span className="pill">{channel.mode}</span>
          </td>
          <td className="number">{showUnits(channel.capturedUnits, channel.unitDecimals)}</td>
          <td className="number">{showUnits(channel.remainingUnits, channel.unitDecimals)}</td>
          <td className="number nobreak" title={showMoment(channel.deadline)}>
            {showDay(channel.deadline)}
          </td>
        </tr>
      )}
    </TableCard>
  );
}
