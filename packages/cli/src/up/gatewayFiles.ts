import { join } from 'node:path';
import { zeroAddress } from '@kedge/core';
import { developmentKey } from '../accounts/developmentAccount.js';
import { apiKeyHash } from './apiKey.js';
import { putChannelRecord } from '../channelsFile.js';
import type { DataPaths } from './dataPaths.js';
import { agentClassName } from './demoTerms.js';
import { readIfExists, writeDurably } from './durableFile.js';
import type { SetUp } from './setUp.js';

/** The gateway's files in the data folder. */
export function gatewayFilesOf(paths: DataPaths): {
  readonly config: string;
  readonly channels: string;
  readonly key: string;
  readonly ledger: string;
} {
  return {
    config: join(paths.gateway, 'config.json'),
    channels: join(paths.gateway, 'channels.json'),
    key: join(paths.gateway, 'operator-key'),
    ledger: join(paths.gateway, 'ledger'),
  };
}

/** What the gateway reads when it starts, beside its configuration. */
export async function writeGatewayFiles(paths: DataPaths, apiKey: string, made: SetUp): Promise<void> {
  const { agent, channel, policy } = made;
  const files = gatewayFilesOf(paths);
  if (readIfExists(files.key) === undefined) writeDurably(files.key, `${developmentKey('operator')}\n`);
  const { channelId, ...terms } = channel;
  await putChannelRecord(files.channels, {
    name: agentClassName,
    apiKeySha256: apiKeyHash(apiKey),
    channel: terms,
    channelId,
    classId: agent.classId,
    policy,
    policyHash: agent.policyHash,
    lotAsset: zeroAddress,
    edges: [{ classId: agent.classId, parentIndex: 0n, asset: zeroAddress }],
  });
}
