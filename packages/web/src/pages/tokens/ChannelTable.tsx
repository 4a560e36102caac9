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
    >
      {channels.map((channel) => (
        <tr key={channel.channelId}>
          <td>
            <Copyable value={channel.channelId} label="channel id" />
          </td>
          <td>
            <AddressText address={channel.operator} />
          </td>
          <td>
            {isSameAddress(channel.channelKey, channel.operator) ? (
              'operator’s'
            ) : (
              <Copyable value={channel.channelKey} label="channel key" />
            )}{' '}
            <span className="pill">{channel.mode}</span>
          </td>
          <td className="number">{showUnits(channel.capturedUnits, unitDecimals)}</td>
          <td className="number">{channel.open ? showUnits(channel.remainingUnits, unitDecimals) : 'closed'}</td>
          <td className="nobreak">{showMoment(channel.deadline)}</td>
          <td className="number">
            {channel.open && (
              <button
                className="button small"
                type="button"
                onClick={() => open(closeChannelForm(channel, unitDecimals))}
              >
                Close
              </button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
