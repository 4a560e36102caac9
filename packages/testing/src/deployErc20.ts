import { createRequire } from 'node:module';
import type { Address } from '@kedge/core';
import type { Wallet } from '@kedge/sdk';
import { encodeDeployData, parseAbi, type Hex, type PublicClient } from 'viem';

// Like the assets that are hardest to handle and still honest: `approve` returns nothing, and refuses to change one
// allowance into another without passing through zero.
const source = `
pragma solidity 0.8.34;
contract Asset {
  mapping(address => uint256) public balanceOf;
  mapping(address => mapping(address => uint256)) public allowance;
  constructor(uint256 supply) { balanceOf[msg.sender] = supply; }
  function approve(address spender, uint256 amount) external {
    require(amount == 0 || allowance[msg.sender][spender] == 0, "allowance is not zero");
    allowance[msg.sender][spender] = amount;
  }
  function transfer(address to, uint256 amount) external returns (bool) { return move(msg.sender, to, amount); }
  function transferFrom(address from, address to, uint256 amount) external returns (bool) {
    allowance[from][msg.sender] -= amount;
    return move(from, to, amount);
  }
  function move(address from, address to, uint256 amount) private returns (bool) {
    balanceOf[from] -= amount;
    balanceOf[to] += amount;
    return true;
  }
}`;

export const erc20Abi = parseAbi([
  'constructor(uint256 supply)',
  'function approve(address spender, uint256 amount)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function balanceOf(address owner) view returns (uint256)',
  'function transfer(address to, uint256 amount) returns (bool)',
]);

/**
 * Compiles and deploys an ERC-20 asset whose whole supply is the wallet's.
 *
 * @example
 * const asset = await deployErc20({ publicClient, walletClient: anvil.walletOf(0) }, 1_000_000n);
 */
export async function deployErc20(
  client: { readonly publicClient: PublicClient; readonly walletClient: Wallet },
  supply: bigint,
): Promise<Address> {
  const { publicClient, walletClient } = client;
  const data = encodeDeployData({ abi: erc20Abi, bytecode: compile(), args: [supply] });
  const hash = await walletClient.sendTransaction({ account: walletClient.account, chain: null, data });
  const { contractAddress } = await publicClient.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error('the asset was not deployed');
  return contractAddress;
}

type SolcOutput = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: {
    readonly 'Asset.sol': { readonly Asset: { readonly evm: { readonly bytecode: { readonly object: string } } } };
  };
};

function compile(): Hex {
  const solc = createRequire(import.meta.url)('solc') as { compile: (input: string) => string };
  const input = {
    language: 'Solidity',
    sources: { 'Asset.sol': { content: source } },
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  const code = output.contracts?.['Asset.sol'].Asset.evm.bytecode.object;
  if (code === undefined) throw new Error(output.errors?.map((error) => error.formattedMessage).join('\n'));
  return `0x${code}`;
}
