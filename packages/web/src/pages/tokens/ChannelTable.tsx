import { isSameAddress, type ChannelSummary } from '@kedge/core';
import { closeChannelForm } from '../../actions/forms/channelForms.js';
import { useTransactionDialog } from '../../actions/TransactionProvider.js';
import { AddressText } from '../../ui/AddressText.js';
import { Copyable } from '../../ui/Copyable.js';
import { showMoment, showUnits } from '../../ui/format.js';
import { numbers, Table } from '../../ui/Table.js';

/** Channels of a token: how much is locked and used, under whose key, until when. */
export function ChannelTable({
  channels,
  unitDecimals,
}: {
  channels: readonly ChannelSummary[];
  unitDecimals: number;
}) {
  const open = useTransactionDialog();
  return (
    <Table
      label="Channels of this token"
      columns={[
        'Channel',
        'Operator',
        'Key',
        numbers('Captured'),
        numbers('Left'),
        'Until',
        { title: 'Close', kind: 'actions' },
      ]}
      rows={channels.map((channel) => ({
        key: channel.channelId,
        cells: [
          <Copyable value={channel.channelId} label="channel id" />,
          <AddressText address={channel.operator} />,
          <>
            {isSameAddress(channel.channelKey, channel.operator) ? (
              'operator’s'
            ) : (
              <Copyable value={channel.channelKey} label="channel key" />
            )}{' '}
            <span className="pill">{channel.mode}</span>
          </>,
          showUnits(channel.capturedUnits, unitDecimals),
          channel.open ? showUnits(channel.remainingUnits, unitDecimals) : 'closed',
          <span className="nobreak">{showMoment(channel.deadline)}</span>,
          channel.open && (
            <button
              className="button small"
              type="button"
              onClick={() => open(closeChannelForm(channel, unitDecimals))}
            >
              Close
            </button>
          ),
        ],
      }))}
    />
  );
}
