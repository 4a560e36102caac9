import { BaseError, type Address, type ContractName, type Deployment, type Hex } from '@kedge/core';
import {
  attestationRegistryBytecode,
  channelDepositsBytecode,
  contributorRootsBytecode,
  dataAnchoringTokenBytecode,
  dataAnchoringTokenExtensionBytecode,
  dataAnchoringTokenSecondExtensionBytecode,
  dataAnchoringTokenThirdExtensionBytecode,
  erc3525AdapterBytecode,
  operatorBondBytecode,
  permitBuyerBytecode,
  valueChannelsBytecode,
  valueMarketBytecode,
  valuePlansBytecode,
} from '@kedge/core/bytecode';
import { encodeDeployData, getAddress, parseAbi } from 'viem';
import type { AnyReader, AnyWallet, ChainReader, Wallet, WriteClient } from '../client.js';
import { requireWalletChain } from '../requireWalletChain.js';
import { toChainError } from '../toChainError.js';
import { chainOf, sendAndWait } from '../writeContract.js';

const tokenConstructor = parseAbi(['constructor(string name, string symbol, address extension)']);
const extensionConstructor = parseAbi(['constructor(address extension)']);
const partConstructor = parseAbi(['constructor(address token)']);
const buyerConstructor = parseAbi(['constructor(address token, address permit2)']);
const besideChannelsConstructor = parseAbi(['constructor(address token, address channels)']);

/** Deployed by anyone, at one address on all chains. Where it is not, buying by its signature reverts. */
const canonicalPermit2: Address = '0x000000000022D473030F116dDEE9F6B43aC78BA3';

export type DeployContractsParameters = {
  /** Called before each contract, for whoever shows progress. */
  readonly onStep?: (contract: ContractName) => void;
  /** The Permit2 contract of the chain. Default: where it is on every chain that has it. */
  readonly permit2?: Address;
};

/**
 * Deploys all contracts, each after those whose address it is given. They have no owner: who deploys gets no rights.
 *
 * @throws BaseError `wrong_chain`, `chain_unreachable`, `insufficient_funds`.
 *
 * @example
 * const deployment = await deployContracts({ publicClient, walletClient });
 */
export async function deployContracts(
  given: { readonly publicClient: AnyReader; readonly walletClient: AnyWallet },
  { onStep, permit2 = canonicalPermit2 }: DeployContractsParameters = {},
): Promise<Deployment> {
  const client = { publicClient: given.publicClient as ChainReader, walletClient: given.walletClient as Wallet };
  let firstBlock: bigint | undefined;
  const deploy = async (contract: ContractName, data: Hex): Promise<Address> => {
    onStep?.(contract);
    const { address, blockNumber } = await deployOne(client, contract, data);
    firstBlock ??= blockNumber;
    return address;
  };
  const before = (bytecode: Hex, next: Address) =>
    encodeDeployData({ abi: extensionConstructor, bytecode, args: [next] });
  const third = await deploy('DataAnchoringTokenThirdExtension', dataAnchoringTokenThirdExtensionBytecode);
  const second = await deploy(
    'DataAnchoringTokenSecondExtension',
    before(dataAnchoringTokenSecondExtensionBytecode, third),
  );
  const extension = await deploy('DataAnchoringTokenExtension', before(dataAnchoringTokenExtensionBytecode, second));
  const token = await deploy(
    'DataAnchoringToken',
    encodeDeployData({
      abi: tokenConstructor,
      bytecode: dataAnchoringTokenBytecode,
      args: ['Kedge Data Anchoring Token', 'DAT', extension],
    }),
  );
  const part = (bytecode: Hex) => encodeDeployData({ abi: partConstructor, bytecode, args: [token] });
  const channels = await deploy('ValueChannels', part(valueChannelsBytecode));
  const market = await deploy('ValueMarket', part(valueMarketBytecode));
  const contributorRoots = await deploy('ContributorRoots', part(contributorRootsBytecode));
  const bond = await deploy(
    'OperatorBond',
    encodeDeployData({ abi: besideChannelsConstructor, bytecode: operatorBondBytecode, args: [token, channels] }),
  );
  const plans = await deploy('ValuePlans', part(valuePlansBytecode));
  const buyer = await deploy(
    'PermitBuyer',
    encodeDeployData({ abi: buyerConstructor, bytecode: permitBuyerBytecode, args: [token, permit2] }),
  );
  const deposits = await deploy(
    'ChannelDeposits',
    encodeDeployData({
      abi: besideChannelsConstructor,
      bytecode: channelDepositsBytecode,
      args: [token, channels],
    }),
  );
  const adapter = await deploy('ERC3525Adapter', part(erc3525AdapterBytecode));
  const registry = await deploy('AttestationRegistry', part(attestationRegistryBytecode));
  return {
    chainId: await client.publicClient.getChainId(),
    firstBlock: Number(firstBlock),
    contracts: {
      DataAnchoringToken: token,
      DataAnchoringTokenExtension: extension,
      DataAnchoringTokenSecondExtension: second,
      DataAnchoringTokenThirdExtension: third,
      ValueChannels: channels,
      ValueMarket: market,
      ContributorRoots: contributorRoots,
      OperatorBond: bond,
      ValuePlans: plans,
      PermitBuyer: buyer,
      ChannelDeposits: deposits,
      ERC3525Adapter: adapter,
      AttestationRegistry: registry,
    },
  };
}

async function deployOne(
  client: Pick<WriteClient, 'publicClient' | 'walletClient'>,
  contract: string,
  data: Hex,
): Promise<{ readonly address: Address; readonly blockNumber: bigint }> {
  const { publicClient, walletClient } = client;
  const doing = `deploy ${contract}`;
  try {
    const chainId = await requireWalletChain(client, doing);
    const send = (given: { readonly nonce?: number }) =>
      walletClient.sendTransaction({ account: walletClient.account, chain: chainOf(walletClient), data, ...given });
    const receipt = await sendAndWait(publicClient, walletClient, doing, send, chainId);
    const { contractAddress, transactionHash, blockNumber } = receipt;
    if (contractAddress) return { address: getAddress(contractAddress), blockNumber };
    throw new BaseError(`Could not ${doing}: the chain names no address.`, {
      kind: 'bug',
      code: 'event_missing',
      values: { transactionHash },
    });
  } catch (error) {
    throw toChainError(error, doing, walletClient.account.address);
  }
}
