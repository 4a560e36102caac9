import type { Address } from '@kedge/core';
import type { Wallet } from '@kedge/sdk';
import { encodeDeployData, parseAbi, type PublicClient } from 'viem';
import { compileContract } from './compileContract.js';

// EIP-3009 written after its text, for EOAs. Its EIP-712 name is "Dollar", its version "2".
const source = `
pragma solidity 0.8.34;
contract Dollar {
  event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
  event Transfer(address indexed from, address indexed to, uint256 value);
  string public constant name = "Dollar";
  uint8 public constant decimals = 6;
  mapping(address => uint256) public balanceOf;
  mapping(address => mapping(address => uint256)) public allowance;
  mapping(address => mapping(bytes32 => bool)) public authorizationState;
  constructor(uint256 supply) { balanceOf[msg.sender] = supply; }
  function approve(address spender, uint256 amount) external returns (bool) {
    allowance[msg.sender][spender] = amount;
    return true;
  }
  function transfer(address to, uint256 amount) external returns (bool) { return move(msg.sender, to, amount); }
  function transferFrom(address from, address to, uint256 amount) external returns (bool) {
    allowance[from][msg.sender] -= amount;
    return move(from, to, amount);
  }
  function transferWithAuthorization(
    address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce,
    uint8 v, bytes32 r, bytes32 s
  ) external {
    require(block.timestamp > validAfter && block.timestamp < validBefore, "authorization is early or late");
    require(!authorizationState[from][nonce], "authorization is used");
    bytes32 domain = keccak256(abi.encode(
      keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
      keccak256("Dollar"), keccak256("2"), block.chainid, address(this)));
    bytes32 hash = keccak256(abi.encode(
      keccak256("TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"),
      from, to, value, validAfter, validBefore, nonce));
    address signer = ecrecover(keccak256(abi.encodePacked(hex"1901", domain, hash)), v, r, s);
    require(signer != address(0) && signer == from, "authorization is not signed");
    authorizationState[from][nonce] = true;
    emit AuthorizationUsed(from, nonce);
    move(from, to, value);
  }
  function move(address from, address to, uint256 amount) private returns (bool) {
    balanceOf[from] -= amount;
    balanceOf[to] += amount;
    emit Transfer(from, to, amount);
    return true;
  }
}`;

export const authorizedErc20Abi = parseAbi([
  'constructor(uint256 supply)',
  'function balanceOf(address owner) view returns (uint256)',
  'function transfer(address to, uint256 amount) returns (bool)',
  'function authorizationState(address from, bytes32 nonce) view returns (bool)',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
]);

/**
 * Compiles and deploys an ERC-20 with EIP-3009 whose whole supply is the wallet's.
 *
 * @example
 * const dollar = await deployAuthorizedErc20({ publicClient, walletClient }, 1_000_000n);
 */
export async function deployAuthorizedErc20(
  client: { readonly publicClient: PublicClient; readonly walletClient: Wallet },
  supply: bigint,
): Promise<Address> {
  const { publicClient, walletClient } = client;
  const bytecode = compileContract(source, 'Dollar');
  const data = encodeDeployData({ abi: authorizedErc20Abi, bytecode, args: [supply] });
  const hash = await walletClient.sendTransaction({ account: walletClient.account, chain: null, data });
  const { contractAddress } = await publicClient.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error('the asset was not deployed');
  return contractAddress;
}
