// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATRenewals} from "../interfaces/IDATRenewals.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {IDATRevocations} from "../interfaces/IDATRevocations.sol";

/// @title ContributorVault: owns one committed token and holds what it earned, at the word of `ContributorRoots` alone.
/// @dev One for each token, so that whatever arrives, by whoever's claim, is that token's: anyone may have the token
/// contract pay an owner. A minimal proxy of one code; it cannot give the token away.
contract ContributorVault {
    using SafeERC20 for IERC20;

    address private immutable ROOTS = msg.sender;

    /// @notice Thrown when somebody else than `ContributorRoots` calls.
    error ContributorVaultNotRoots(address caller);

    modifier onlyRoots() {
        if (msg.sender != ROOTS) revert ContributorVaultNotRoots(msg.sender);
        _;
    }

    receive() external payable {}

    /// @notice Claims the token's revenue and answers what is held in `asset` after that.
    function collect(IDATCore token, uint256 tokenId, address asset) external onlyRoots returns (uint256 held) {
        token.claim(tokenId, asset, payable(address(this)));
        return asset == address(0) ? address(this).balance : IERC20(asset).balanceOf(address(this));
    }

    /// @notice Takes the renewal that the issuer offered: the share goes on in a new token of this vault.
    function renewShare(IDATRenewals token, uint256 tokenId, uint64 expireAt)
        external
        onlyRoots
        returns (uint256 newTokenId)
    {
        return token.renewShare(tokenId, expireAt);
    }

    function appealRevocation(IDATRevocations token, uint256 tokenId, string calldata statement) external onlyRoots {
        token.appealRevocation(tokenId, statement);
    }

    /// @notice Moves value that somebody gave the token; contributors have none.
    function moveValue(IDATCore token, uint256 tokenId, uint256 toTokenId, uint256 value) external onlyRoots {
        token.transferValue(tokenId, toTokenId, value);
    }

    function pay(address asset, address payable to, uint256 amount) external onlyRoots {
        if (asset != address(0)) return IERC20(asset).safeTransfer(to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert IDATRevenue.DATPaymentFailed(to, amount);
    }
}
