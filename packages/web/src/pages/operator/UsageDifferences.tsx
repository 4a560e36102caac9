import { BaseError, type Hex } from '@kedge/core';
import { useQuery } from '@tanstack/react-query';
import { useConfig } from '../../app/configContext.js';
import { Copyable } from '../../ui/Copyable.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped, showAge } from '../../ui/format.js';
import { numbers } from '../../ui/Table.js';
import { TableCard } from '../../ui/TableCard.js';

/** A call whose tokens the upstream counted otherwise, beyond the policy's tolerance. `at` is in milliseconds. */
type Difference = {
  readonly at: number;
  readonly channelId: Hex;
  readonly model: string;
  readonly gateway: Counts;
  readonly upstream: { readonly [part in keyof Counts]: number | null };
  readonly terms: { readonly rules: 'gateway' | 'upstream' };
};
type Counts = { readonly inputTokens: number; readonly outputTokens: number };

/** Where the upstream's `usage` and the gateway's own count disagree; only the gateway's own machine is told. */
export function UsageDifferences() {
  const { usageDifferencesUrl } = useConfig();
  const { data, error } = useQuery({
    queryKey: ['usage-differences'],
    enabled: usageDifferencesUrl !== undefined,
    refetchInterval: 5_000,
    queryFn: () => readDifferences(usageDifferencesUrl!),
  });
  if (usageDifferencesUrl === undefined) return null;
  return (
    <TableCard
      title="Upstream’s count against our own"
      note="since the gateway started"
      rows={data?.slice(0, 10)}
      error={error}
      height={100}
      empty={
        <EmptyState icon="check" title="No differences">
          Whatever the upstream said it counted was what the gateway counted, within the policy’s tolerance.
        </EmptyState>
      }
      columns={['Channel', 'Model', numbers('Ours, in and out'), numbers('Upstream’s'), 'Charged', numbers('When')]}
      row={({ at, channelId, model, gateway, upstream, terms }) => ({
        key: `${at}/${channelId}/${gateway.outputTokens}`,
        cells: [
          <Copyable value={channelId} label="channel id" />,
          model,
          pairText(gateway),
          pairText(upstream),
          terms.rules === 'gateway' ? 'ours' : 'upstream’s',
          showAge(Math.floor(at / 1000), Date.now()),
        ],
      })}
    />
  );
}

async function readDifferences(url: string): Promise<readonly Difference[]> {
  const response = await fetch(url);
  if (response.ok) return ((await response.json()) as { differences: readonly Difference[] }).differences;
  throw new BaseError('The gateway does not say what the upstream counted.', {
    code: 'gateway_down',
    kind: 'transient',
  });
}

function pairText({ inputTokens, outputTokens }: Difference['upstream']): string {
  const show = (count: number | null): string => (count === null ? 'not said' : grouped(String(count)));
  return `${show(inputTokens)} + ${show(outputTokens)}`;
}
