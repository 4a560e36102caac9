import { BaseError, parseApiKeyUse, type ApiKeyUse, type ChannelSummary } from '@kedge/core';
import { useQuery } from '@tanstack/react-query';
import { useConfig } from '../../app/configContext.js';
import { showMoment, showUnits } from '../../ui/format.js';
import { numbers, Table } from '../../ui/Table.js';

/** API keys that pay from these channels, where the gateway is on this machine. They are made and ended by the command line. */
export function ApiKeys({ channels, unitDecimals }: { channels: readonly ChannelSummary[]; unitDecimals: number }) {
  const { apiKeysUrl } = useConfig();
  const { data, error } = useQuery({
    queryKey: ['api-keys'],
    enabled: apiKeysUrl !== undefined,
    refetchInterval: 5_000,
    queryFn: () => readKeys(apiKeysUrl!),
  });
  if (apiKeysUrl === undefined || !channels.some(({ open, mode }) => open && mode === 'capped')) return null;
  const keys = data?.filter(({ channelId }) => channels.some((channel) => channel.channelId === channelId)) ?? [];
  return (
    <>
      {keys.length > 0 && (
        <Table
          label="API keys of these channels"
          columns={['API key', 'Id', 'State', numbers('Spent'), numbers('May spend'), numbers('Until')]}
          rows={keys.map((key) => ({
            key: `${key.channelId}/${key.keyId}`,
            cells: [
              <bdi>{key.name}</bdi>,
              <span className="mono">{key.keyId}</span>,
              <span className={stateOf(key) === 'active' ? 'pill good' : 'pill'}>{stateOf(key)}</span>,
              showUnits(key.usedUnits, unitDecimals),
              key.capUnits === null ? 'what is left' : showUnits(key.capUnits, unitDecimals),
              key.expiresAt === null ? 'no end' : showMoment(key.expiresAt),
            ],
          }))}
        />
      )}
      <p className="small muted">
        {error !== null && 'The gateway does not say now which keys there are. '}
        <code>kedge key create</code> makes an API key of a channel, with a cap and an end of its own;{' '}
        <code>kedge key revoke</code> ends one.
      </p>
    </>
  );
}

function stateOf({ expiresAt, revokedAt }: ApiKeyUse): 'active' | 'expired' | 'revoked' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Number(expiresAt) <= Date.now() / 1000 ? 'expired' : 'active';
}

async function readKeys(url: string): Promise<ApiKeyUse[]> {
  const response = await fetch(url);
  if (response.ok) return parseApiKeyUse(await response.json());
  throw new BaseError('The gateway does not answer.', { code: 'gateway_down', kind: 'transient' });
}
