import type { Address } from '@kedge/core';
import { linkTo } from '../../app/router.js';
import { useIndexedPages } from '../../data/useIndexed.js';
import { AddressText } from '../../ui/AddressText.js';
import { Copyable } from '../../ui/Copyable.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { showDay, showMoment, showUnits } from '../../ui/format.js';
import { numbers } from '../../ui/Table.js';
import { TableCard } from '../../ui/TableCard.js';

/** The open channels of an operator: what it may still capture, from whom, until when. */
export function OperatorChannels({ operator }: { operator: Address }) {
  const { items, error, more, isAsked } = useIndexedPages('channels', { operator, open: 'true', limit: 20 });
  return (
    <TableCard
      title="Open channels"
      note="in units of their classes"
      rows={items}
      error={error}
      more={more}
      isAsked={isAsked}
      height={100}
      empty={<EmptyState title="No open channel">A holder opens one under My tokens.</EmptyState>}
      columns={['Channel', 'Class', 'Holder', 'Mode', numbers('Captured'), numbers('Left'), numbers('Until')]}
      row={(channel) => ({
        key: channel.channelId,
        cells: [
          <Copyable value={channel.channelId} label="channel id" />,
          <a className="nobreak" href={linkTo('class', channel.classId)} title={channel.className ?? undefined}>
            Class {String(channel.classId)}
          </a>,
          <AddressText address={channel.holder} />,
          <span className="pill">{channel.mode}</span>,
          showUnits(channel.capturedUnits, channel.unitDecimals),
          showUnits(channel.remainingUnits, channel.unitDecimals),
          <span className="nobreak" title={showMoment(channel.deadline)}>
            {showDay(channel.deadline)}
          </span>,
        ],
      })}
    />
  );
}
