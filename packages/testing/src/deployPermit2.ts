import type { Address } from '@kedge/core';
import type { Wallet } from '@kedge/sdk';
import type { PublicClient } from 'viem';
import { compileContract } from './compileContract.js';

// Not the published Permit2: its signature transfer with a witness, written after its documentation, for EOAs.
const source = `
pragma solidity 0.8.34;
interface IAsset { function transferFrom(address from, address to, uint256 amount) external returns (bool); }
contract Permit2 {
  struct TokenPermissions { address token; uint256 amount; }
  struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }
  struct Details { address to; uint256 requestedAmount; }
  error InvalidNonce();
  error InvalidSigner();
  mapping(address => mapping(uint256 => bool)) private used;
  function permitWitnessTransferFrom(
    PermitTransferFrom calldata permit, Details calldata details, address owner,
    bytes32 witness, string calldata witnessType, bytes calldata signature
  ) external {
    require(block.timestamp <= permit.deadline && details.requestedAmount <= permit.permitted.amount, "late or too much");
    if (used[owner][permit.nonce]) revert InvalidNonce();
    used[owner][permit.nonce] = true;
    bytes32 permissions = keccak256(abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), permit.permitted));
    bytes32 typeHash = keccak256(abi.encodePacked(
      "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,", witnessType));
    bytes32 hash = keccak256(abi.encode(typeHash, permissions, msg.sender, permit.nonce, permit.deadline, witness));
    bytes32 domain = keccak256(abi.encode(
      keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
      keccak256("Permit2"), block.chainid, address(this)));
    address signer = ecrecover(keccak256(abi.encodePacked(hex"1901", domain, hash)),
      uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
    if (signer == address(0) || signer != owner) revert InvalidSigner();
    IAsset(permit.permitted.token).transferFrom(owner, details.to, details.requestedAmount);
  }
}`;

/**
 * Deploys what `PermitBuyer` needs of Permit2.
 *
 * @example
 * const permit2 = await deployPermit2({ publicClient, walletClient });
 */
export async function deployPermit2(client: {
  readonly publicClient: PublicClient;
  readonly walletClient: Wallet;
}): Promise<Address> {
  const { publicClient, walletClient } = client;
  const data = compileContract(source, 'Permit2');
  const hash = await walletClient.sendTransaction({ account: walletClient.account, chain: null, data });
  const { contractAddress } = await publicClient.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error('Permit2 was not deployed');
  return contractAddress;
}
