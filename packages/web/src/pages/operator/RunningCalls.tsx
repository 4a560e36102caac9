import type { GatewayLive } from '@kedge/core';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped } from '../../ui/format.js';
import { numbers } from '../../ui/Table.js';
import { TableCard } from '../../ui/TableCard.js';
import { secondsText } from './secondsText.js';

const most = 4;

/** Calls that are answered now, the oldest first: what hangs is on top. */
export function RunningCalls({ live }: { live: GatewayLive }) {
  const { at, running, runningCount } = live;
  return (
    <TableCard
      title="Calls under way"
      note={runningCount > most ? `the oldest ${most} of ${grouped(String(runningCount))}` : 'the oldest first'}
      rows={running.slice(0, most).map((call, place) => ({ ...call, place }))}
      error={null}
      height={200}
      empty={
        <EmptyState title="No call is under way">A call stands here from its reservation to its receipt.</EmptyState>
      }
      columns={['Surface', 'Model', numbers('Base units reserved'), numbers('Age')]}
      row={({ place, surface, model, startedAt, units }) => ({
        key: String(place),
        cells: [surface, model, grouped(String(units)), secondsText(at - startedAt)],
      })}
    />
  );
}
