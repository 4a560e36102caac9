// Published contracts to compare with, each as its package ships it: OpenZeppelin's ERC-1155 and ERC-721 compiled here at the
// settings of OpenZeppelin's own builds, its PaymentSplitter as built in the package.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import solc from 'solc';

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

/** ABI and bytecode of each peer by its name. */
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
  return { erc1155: artifact(erc1155), erc721: artifact(erc721), paymentSplitter };
}
