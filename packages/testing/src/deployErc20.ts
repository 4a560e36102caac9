import type { Address } from '@kedge/core';
import type { Wallet } from '@kedge/sdk';
import { encodeDeployData, parseAbi, type PublicClient } from 'viem';
import { compileContract } from './compileContract.js';

// Like the assets that are hardest to handle and still honest: `approve` returns nothing, and refuses to change one
// allowance into another without passing through zero.
const source = `
pragma solidity 0.8.34;
contract Asset {
  mapping(address => uint256) public balanceOf;
  mapping(address => mapping(address => uint256)) public allowance;
  string public constant name = "Asset";
  mapping(address => uint256) public nonces;
  constructor(uint256 supply) { balanceOf[msg.sender] = supply; }
  function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
    require(block.timestamp <= deadline, "permit is late");
    bytes32 domain = keccak256(abi.encode(
      keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
      keccak256("Asset"), keccak256("1"), block.chainid, address(this)));
    bytes32 hash = keccak256(abi.encode(
      keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
      owner, spender, value, nonces[owner]++, deadline));
    address signer = ecrecover(keccak256(abi.encodePacked(hex"1901", domain, hash)), v, r, s);
    require(signer != address(0) && signer == owner, "permit is not signed");
    allowance[owner][spender] = value;
  }
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
 * const asset = await deployErc20({ publicClient, walletClient }, 1_000_000n);
 */
export async function deployErc20(
  client: { readonly publicClient: PublicClient; readonly walletClient: Wallet },
  supply: bigint,
): Promise<Address> {
  const { publicClient, walletClient } = client;
  const data = encodeDeployData({ abi: erc20Abi, bytecode: compileContract(source, 'Asset'), args: [supply] });
  const hash = await walletClient.sendTransaction({ account: walletClient.account, chain: null, data });
  const { contractAddress } = await publicClient.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error('the asset was not deployed');
  return contractAddress;
}
