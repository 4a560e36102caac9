import { parseUpFile, type UpFile } from '@kedge/core';
import { developmentAccount } from '../accounts/developmentAccount.js';
import { roles, type Role } from '../accounts/roles.js';
import type { DataPaths } from '../files/dataPaths.js';
import { gatewayFilesOf } from '../gateway/gatewayFiles.js';
import type { Ports } from './ports.js';
import type { SetUp } from './setUp.js';

/** The content of `.kedge/up.json`: what any program needs to use the stack. */
export function upFileOf(
  paths: DataPaths,
  ports: Ports,
  apiKey: string,
  made: SetUp,
  runs: { readonly dashboard: boolean; readonly indexer: boolean },
): UpFile {
  const { docs, agent, channel, deployment, lot, policy, tokenId } = made;
  const addresses = Object.keys(roles).map((role) => [role, developmentAccount(role as Role).address]);
  return parseUpFile({
    ...deployment,
    rpcUrl: `http://127.0.0.1:${ports.chain}`,
    gatewayUrl: `http://127.0.0.1:${ports.gateway}/v1`,
    apiKey,
    ...(runs.dashboard ? { dashboardUrl: `http://127.0.0.1:${ports.dashboard}` } : {}),
    ...(runs.indexer ? { indexerUrl: `http://127.0.0.1:${ports.indexer}` } : {}),
    classes: [
      {
        classId: String(docs.classId),
        kind: 'dataset',
        name: docs.name,
        shareTokenId: String(docs.shareTokenId),
        manifestCid: docs.manifestCid,
      },
      {
        classId: String(agent.classId),
        kind: 'agent',
        name: agent.name,
        shareTokenId: String(agent.shareTokenId),
        policyCid: agent.policyCid,
      },
    ],
    lot,
    tokenId: String(tokenId),
    channelId: channel.channelId,
    channel: { ...channel, ...textOf(channel) },
    models: policy.models,
    accounts: Object.fromEntries(addresses),
    contentStoreDir: paths.store,
    channelsFile: gatewayFilesOf(paths).channels,
  });
}

/** The integers of a record as decimal strings. */
function textOf(record: object): Record<string, string> {
  const integers = Object.entries(record).filter(([, value]) => typeof value === 'bigint');
  return Object.fromEntries(integers.map(([name, value]) => [name, String(value)]));
}
