import { join } from 'node:path';
import type { UpFile } from '@kedge/core';
import { dataPathsOf, type DataPaths } from '../files/dataPaths.js';
import { readJsonFile } from '../files/durableFile.js';
import { reachedUrl } from '../up/reachedUrl.js';

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

const configWayOut = 'delete it, and start the gateway again as it was started: that writes it anew';

/** The configuration that the gateway of a data folder was last started with; undefined where none ever was. */
export function readGatewayConfig(dataDir: string): Readonly<Record<string, unknown>> | undefined {
  const config = readJsonFile(gatewayFilesOf(dataPathsOf(dataDir)).config, configWayOut);
  return typeof config === 'object' && config !== null ? (config as Readonly<Record<string, unknown>>) : undefined;
}

/** The gateway that commands of a data folder mean, unless another is named. */
export function gatewayUrlHere({
  up,
  dataDir,
}: {
  readonly up?: UpFile | undefined;
  readonly dataDir: string;
}): string | undefined {
  return up?.gatewayUrl ?? gatewayUrlOf(dataDir);
}

/** Where the gateway of a data folder listens; undefined where its configuration does not say the port. */
function gatewayUrlOf(dataDir: string): string | undefined {
  const { host = '127.0.0.1', port } = readGatewayConfig(dataDir) ?? {};
  if (typeof host !== 'string' || typeof port !== 'number' || port === 0) return undefined;
  return reachedUrl(`http://${host.includes(':') ? `[${host}]` : host}:${port}/v1`);
}
