import {
  attestationRegistryAbi,
  channelDepositsAbi,
  contributorRootsAbi,
  dataAnchoringTokenAbi,
  erc3525AdapterAbi,
  operatorBondAbi,
  permitBuyerAbi,
  valueChannelsAbi,
  valueMarketAbi,
  valuePlansAbi,
} from '@kedge/core';
import { parseAbi, type Abi, type AbiParameter } from 'viem';

type ErrorItem = { readonly type: 'error'; readonly name: string; readonly inputs: readonly AbiParameter[] };

/** What an ERC-20 made of OpenZeppelin's contracts may throw. */
const openZeppelinErrors = parseAbi([
  'error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
]);

/**
 * Every custom error that a call into Kedge's contracts may end with. One contract passes on what another threw, so each
 * call is decoded with all of them.
 */
export const errorAbi: readonly ErrorItem[] = [
  ...dataAnchoringTokenAbi,
  ...valueChannelsAbi,
  ...valueMarketAbi,
  ...contributorRootsAbi,
  ...operatorBondAbi,
  ...valuePlansAbi,
  ...permitBuyerAbi,
  ...channelDepositsAbi,
  ...erc3525AdapterAbi,
  ...attestationRegistryAbi,
  ...openZeppelinErrors,
].flatMap((item) => (item.type === 'error' ? [item] : []));

/** An ABI with every error in it. */
export function withErrors<const abi extends Abi>(abi: abi): abi {
  return [...abi.filter((item) => item.type !== 'error'), ...errorAbi] as unknown as abi;
}
