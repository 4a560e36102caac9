import { join } from 'node:path';
import type { Deployment } from '@kedge/core';
import { createGateway, type Gateway } from '@kedge/gateway';
import { developmentKey } from '../src/accounts/developmentAccount.js';

/** A gateway in this process, for the channels of the data folder in `cwd`; it logs nothing. */
export function startGatewayHere(
  cwd: string,
  { chainId, contracts }: Deployment,
  { rpcUrl, upstreamUrl }: { readonly rpcUrl: string; readonly upstreamUrl: string },
): Promise<Gateway> {
  const folder = join(cwd, '.kedge', 'gateway');
  const ignore = (): void => undefined;
  return createGateway(
    {
      dataDir: join(folder, 'ledger'),
      upstream: { url: upstreamUrl },
      rpcUrl,
      chainId,
      contracts,
      operatorKeyEnv: 'OPERATOR_KEY',
      contentStoreDir: join(cwd, '.kedge', 'store'),
      channelsFile: join(folder, 'channels.json'),
    },
    { env: { OPERATOR_KEY: developmentKey('operator') }, log: { info: ignore, warn: ignore, error: ignore } },
  );
}
