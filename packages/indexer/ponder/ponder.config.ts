import { zeroAddress, type Address } from '@kedge/core';
import { createConfig } from 'ponder';
import { indexedContracts } from '../src/indexedContracts.js';
import { readSettings, rpcUrlsOf } from '../src/settings.js';

const settings = readSettings(process.env);
const { startBlock, database } = settings;

type Sources = {
  readonly [key in keyof typeof indexedContracts]: {
    readonly chain: 'chain';
    readonly startBlock: number;
    readonly abi: (typeof indexedContracts)[key]['abi'];
    readonly address: Address;
  };
};

// Nothing is ever heard of the zero address, which stands where a deployment is older than a contract.
const contracts = Object.fromEntries(
  Object.entries(indexedContracts).map(([key, { name, abi }]) => [
    key,
    { chain: 'chain', startBlock, abi, address: settings.contracts[name] ?? zeroAddress },
  ]),
) as Sources;

export default createConfig({
  ordering: 'multichain',
  database:
    database.kind === 'postgres'
      ? { kind: 'postgres', connectionString: database.url }
      : { kind: 'pglite', directory: database.directory },
  chains: {
    chain: {
      id: settings.chainId,
      rpc: rpcUrlsOf(settings),
      pollingInterval: settings.pollingMs,
      disableCache: settings.disableCache,
    },
  },
  contracts,
});
