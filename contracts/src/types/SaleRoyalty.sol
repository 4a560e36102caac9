// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev One slot: what a class asks of those who resell its tokens, in basis points (ERC-2981).
struct SaleRoyalty {
    address receiver; // 160
    uint16 bps; // 176
}
