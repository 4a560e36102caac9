import {
  attestationRegistryAbi,
  channelDepositsAbi,
  contributorRootsAbi,
  dataAnchoringTokenAbi,
  operatorBondAbi,
  valueChannelsAbi,
  valueMarketAbi,
  valuePlansAbi,
  zeroAddress,
} from '@kedge/core';
import { createConfig } from 'ponder';
import { readSettings, rpcUrlsOf } from '../src/settings.js';

const settings = readSettings(process.env);
const { contracts, startBlock, database } = settings;
const source = { chain: 'chain', startBlock } as const;

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
  contracts: {
    Token: { ...source, abi: dataAnchoringTokenAbi, address: contracts.DataAnchoringToken },
    Channels: { ...source, abi: valueChannelsAbi, address: contracts.ValueChannels },
    Market: { ...source, abi: valueMarketAbi, address: contracts.ValueMarket },
    // Nothing is ever heard of the zero address, which stands where a deployment is older than a contract.
    Registry: { ...source, abi: attestationRegistryAbi, address: contracts.AttestationRegistry ?? zeroAddress },
    Plans: { ...source, abi: valuePlansAbi, address: contracts.ValuePlans ?? zeroAddress },
    Roots: { ...source, abi: contributorRootsAbi, address: contracts.ContributorRoots ?? zeroAddress },
    Deposits: { ...source, abi: channelDepositsAbi, address: contracts.ChannelDeposits ?? zeroAddress },
    Bond: { ...source, abi: operatorBondAbi, address: contracts.OperatorBond ?? zeroAddress },
  },
});
