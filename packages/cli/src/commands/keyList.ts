import { BaseError } from '@kedge/core';
import { z } from 'zod';
import { originOf } from '../chain/connect.js';
import { chainOptions, type Command } from '../command.js';
import { humanAmount, humanMoment, shortHex } from '../human.js';
import { openKeys, type ChannelKey } from '../keys.js';
import { unixNow } from '../unixNow.js';

const useSchema = z.object({ keys: z.array(z.object({ keyId: z.string(), usedUnits: z.string() })) });

export const keyList: Command = {
  name: 'key list',
  summary: 'list the API keys of the channels that the gateway here serves',
  description:
    'Lists API keys by the first digits of their hashes, with their caps, expiries and, when the gateway answers, what they ' +
    'have spent. The first key of a channel has no cap of its own, and its use is counted with the channel: kedge status ' +
    'shows what was captured of it.',
  arguments: [],
  options: [
    { flags: '--gateway <url>', summary: 'the gateway; without it the one of the data folder, where it has a port' },
    ...chainOptions,
  ],
  examples: [{ command: 'kedge key list', summary: 'all keys' }],
  run: async (context) => {
    const { keys, gatewayUrl } = await openKeys(context);
    const used = gatewayUrl === undefined ? undefined : await readUse(gatewayUrl);
    if (gatewayUrl !== undefined && used === undefined) context.output.note('the gateway does not say what keys spent');
    const now = unixNow();
    const rows = keys.map((key) => {
      const { keyId, record, terms } = key;
      const { channelId } = record;
      const { expiresAt, capUnits, createdAt } = terms ?? {};
      const name = terms?.name ?? record.name ?? 'first key';
      return {
        keyId,
        name,
        channelId,
        state: stateOf(key, now),
        capUnits,
        usedUnits: used?.get(keyId),
        createdAt,
        expiresAt,
      };
    });
    const notTold = gatewayUrl === undefined ? 'name the gateway with --gateway' : 'the gateway does not say';
    context.output.result({ keys: rows }, () =>
      rows.flatMap((row, index) => {
        const { decimals } = keys[index]!.record.policy.unit;
        const units = (amount: bigint): string => `${humanAmount(amount, decimals)} units`;
        const uncounted = keys[index]!.terms === undefined ? 'counted with its channel' : `unknown (${notTold})`;
        const spent = row.usedUnits === undefined ? uncounted : units(row.usedUnits);
        return [
          `${row.keyId}  ${row.state.padEnd(8)} ${row.name}, channel ${shortHex(row.channelId)}`,
          `  cap ${row.capUnits === undefined ? 'none' : units(row.capUnits)}, spent ${spent}, expires ${humanMoment(row.expiresAt ?? 0n)}`,
        ];
      }),
    );
  },
};

function stateOf({ terms }: ChannelKey, now: bigint): 'active' | 'expired' | 'revoked' {
  if (terms?.revokedAt !== undefined) return 'revoked';
  return terms?.expiresAt !== undefined && terms.expiresAt <= now ? 'expired' : 'active';
}

/** Undefined when no gateway answers; it tells only its own machine. */
async function readUse(gatewayUrl: string): Promise<Map<string, bigint> | undefined> {
  const response = await fetch(`${originOf(gatewayUrl)}/admin/keys`, { signal: AbortSignal.timeout(10_000) }).catch(
    () => undefined,
  );
  if (response?.ok !== true) return undefined;
  const parsed = useSchema.safeParse(await response.json());
  if (parsed.success) return new Map(parsed.data.keys.map(({ keyId, usedUnits }) => [keyId, BigInt(usedUnits)]));
  throw new BaseError('What answers there is no gateway of this version.', {
    code: 'gateway_unknown',
    values: { gatewayUrl },
    hints: ['Name the gateway with --gateway URL.'],
  });
}
