// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @notice OpenZeppelin's ERC-1155 as it is: none of the draft's functions.
contract PlainERC1155 is ERC1155 {
    constructor() ERC1155("ipfs://{id}") {}
}
