import { BaseError } from '@kedge/core';
import * as z from 'zod';
import { chainOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { askGateway } from '../gateway/askGateway.js';
import { openKeys, type ApiKey } from '../gateway/openKeys.js';
import { humanMoment, humanUnits, shortHex } from '../human.js';
import { unixNow } from '../unixNow.js';

const units = z.string().regex(/^\d+$/).transform(BigInt);
const answer = z.object({ keys: z.array(z.object({ keyId: z.string(), usedUnits: units })) });

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
    const used = gatewayUrl === undefined ? undefined : await readUse(context, gatewayUrl);
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
        const units = (amount: bigint): string => humanUnits(amount, decimals);
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

function stateOf({ terms }: ApiKey, now: bigint): 'active' | 'expired' | 'revoked' {
  if (terms?.revokedAt !== undefined) return 'revoked';
  return terms?.expiresAt !== undefined && terms.expiresAt <= now ? 'expired' : 'active';
}

/** Undefined, and noted why, when the gateway does not say. */
async function readUse(context: Context, gatewayUrl: string): Promise<Map<string, bigint> | undefined> {
  return askGateway(context, gatewayUrl, { path: '/admin/keys', answer }).then(
    ({ keys }) => new Map(keys.map(({ keyId, usedUnits }) => [keyId, usedUnits])),
    (error: unknown) => {
      if (!(error instanceof BaseError)) throw error;
      context.output.note(`the gateway does not say what keys spent: ${error.shortMessage}`);
      return undefined;
    },
  );
}
