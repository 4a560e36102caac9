// Published contracts to compare with, each as its package ships it: OpenZeppelin's ERC-1155 and ERC-721 compiled here at the
// settings of OpenZeppelin's own builds, its PaymentSplitter as built in the package, and 0xSplits' SplitMain as its SDK carried it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import solc from 'solc';
import { keccak256 } from 'viem';

const require = createRequire(import.meta.url);
const load = (path) => readFileSync(require.resolve(path), 'utf8');

// Only what an abstract contract needs to be deployed and minted from.
const source = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

contract PeerERC1155 is ERC1155("ipfs://metadata") {
    function mint(address to, uint256 id, uint256 value) external { _mint(to, id, value, ""); }
}

contract PeerERC721 is ERC721("Peer", "P") {
    function mint(address to, uint256 id) external { _mint(to, id); }
}`;

/** ABI and bytecode of each peer by its name. `installPeers` comes first. */
export function compilePeers() {
  const input = {
    language: 'Solidity',
    sources: { 'Peers.sol': { content: source } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: 'osaka',
      outputSelection: { 'Peers.sol': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: load(path) }) }));
  const errors = output.errors?.filter(({ severity }) => severity === 'error') ?? [];
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const { PeerERC1155: erc1155, PeerERC721: erc721 } = output.contracts['Peers.sol'];
  const artifact = ({ abi, evm }) => ({ abi, bytecode: `0x${evm.bytecode.object}` });
  // The last major version that has it is the one that the ERC-3525 package brings.
  const of3525 = createRequire(require.resolve('@solvprotocol/erc-3525/package.json'));
  const paymentSplitter = of3525('@openzeppelin/contracts/build/contracts/PaymentSplitter.json');
  // The newest version of the SDK, 6.6.0, has ABIs only.
  const ofPeers = createRequire(new URL('peers/package.json', import.meta.url));
  const splitMain = ofPeers('@0xsplits/splits-sdk/dist/artifacts/contracts/SplitMain/ethereum/SplitMain.json');
  return { erc1155: artifact(erc1155), erc721: artifact(erc721), paymentSplitter, splitMain };
}

/**
 * The keccak-256 of the code that tests/core/SoundEditionV2.t.sol of soundxyz/sound-protocol has for SplitMain at
 * 0x2ed6c4B5dA6378c7897AC67Ba9e43102Feb694EE, its address on Ethereum; and the wallet in it.
 */
const published = {
  codeHash: '0xcf8507200d119e0d2a4841eae4e5c17e0ee9488d165d4e261f823066feb596cb',
  wallet: '0xd94c0ce4f8eefa4ebf44bf6665688edeef213b33',
};

/**
 * That what was deployed is, but for the address of its own wallet, the SplitMain that is in use.
 *
 * @throws Error with both hashes where it is not.
 */
export function requirePublishedSplitMain(code, wallet) {
  const codeHash = keccak256(code.replaceAll(wallet.slice(2).toLowerCase(), published.wallet.slice(2)));
  if (codeHash === published.codeHash) return;
  throw new Error(
    `this SplitMain has the code hash ${codeHash}, and the published one ${published.codeHash}; see bench/peers`,
  );
}
