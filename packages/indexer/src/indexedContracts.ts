import {
  attestationRegistryAbi,
  channelDepositsAbi,
  contributorRootsAbi,
  dataAnchoringTokenAbi,
  operatorBondAbi,
  valueChannelsAbi,
  valueMarketAbi,
  valuePlansAbi,
  type DeployedContracts,
} from '@kedge/core';

/** The contracts whose events are read, by the names that handlers have for them. */
export const indexedContracts = {
  Token: { name: 'DataAnchoringToken', abi: dataAnchoringTokenAbi },
  Channels: { name: 'ValueChannels', abi: valueChannelsAbi },
  Market: { name: 'ValueMarket', abi: valueMarketAbi },
  Plans: { name: 'ValuePlans', abi: valuePlansAbi },
  Roots: { name: 'ContributorRoots', abi: contributorRootsAbi },
  Bond: { name: 'OperatorBond', abi: operatorBondAbi },
  Registry: { name: 'AttestationRegistry', abi: attestationRegistryAbi },
  Deposits: { name: 'ChannelDeposits', abi: channelDepositsAbi },
} as const;

type IndexedName = (typeof indexedContracts)[keyof typeof indexedContracts]['name'];

/** Their addresses. */
export type IndexerContracts = Pick<DeployedContracts, IndexedName>;
