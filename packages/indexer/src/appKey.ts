import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  attestationRegistryAbi,
  channelDepositsAbi,
  contributorRootsAbi,
  dataAnchoringTokenAbi,
  operatorBondAbi,
  valueChannelsAbi,
  valueMarketAbi,
  valuePlansAbi,
  type Hex,
} from '@kedge/core';
import type { IndexerSettings } from './settings.js';

/** Says of an index which code made it, of which contracts and which chain: another key is another index. */
export function appKeyOf(folder: string, settings: IndexerSettings, genesis: Hex): string {
  const { chainId, contracts, startBlock } = settings;
  const addresses = [
    contracts.DataAnchoringToken,
    contracts.ValueChannels,
    contracts.ValueMarket,
    contracts.ValuePlans,
    contracts.ContributorRoots,
    contracts.OperatorBond,
    contracts.AttestationRegistry,
    contracts.ChannelDeposits,
  ];
  const abis = [
    dataAnchoringTokenAbi,
    valueChannelsAbi,
    valueMarketAbi,
    valuePlansAbi,
    contributorRootsAbi,
    operatorBondAbi,
    attestationRegistryAbi,
    channelDepositsAbi,
  ];
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([chainId, genesis, startBlock, addresses.map((address) => address?.toLowerCase() ?? null)]),
  );
  hash.update(JSON.stringify(abis));
  const handlers = readdirSync(join(folder, 'src')).filter((name) => name.endsWith('.ts'));
  for (const file of [
    'ponder.schema.ts',
    'ponder.config.ts',
    ...handlers.toSorted().map((name) => join('src', name)),
  ]) {
    hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}
