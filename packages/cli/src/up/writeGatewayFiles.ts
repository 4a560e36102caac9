import { zeroAddress } from '@kedge/core';
import { developmentKey } from '../accounts/developmentAccount.js';
import { apiKeyHash } from './apiKey.js';
import { putChannelRecord } from '../gateway/channelsFile.js';
import type { DataPaths } from '../files/dataPaths.js';
import { agentClassName } from './demoTerms.js';
import { readIfExists, writeDurably } from '../files/durableFile.js';
import { gatewayFilesOf } from '../gateway/gatewayFiles.js';
import type { SetUp } from './setUp.js';

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
