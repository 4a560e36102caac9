// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "../base/ReentrancyGuard.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {IValueSales} from "../interfaces/IValueSales.sol";

/// @title LotSeller: takes a lot's price and mints from it. What may be bought when, its heirs decide.
abstract contract LotSeller is IValueSales, ReentrancyGuard {
    using SafeERC20 for IERC20;

    IDataAnchoringToken internal immutable TOKEN;

    constructor(address token_) {
        TOKEN = IDataAnchoringToken(token_);
    }

    /// @inheritdoc IValueSales
    function token() external view returns (address) {
        return address(TOKEN);
    }

    /// @dev Pulls an ERC-20, or takes ETH and returns the surplus: each lets somebody else call.
    function _sellQuoted(uint256 classId, uint32 lot, uint64 units, address to, uint64 expireAt, uint256 maxCost)
        internal
        nonReentrant
        returns (uint256 tokenId, uint256 cost)
    {
        address asset;
        (cost, asset) = TOKEN.lotQuoteUp(classId, lot, units);
        if (cost > maxCost) revert ValueMarketTooExpensive(cost, maxCost);
        if (asset == address(0) ? msg.value < cost : msg.value != 0) revert ValueMarketWrongPayment(cost, msg.value);

        if (asset == address(0)) {
            tokenId = TOKEN.mintFromLot{value: cost}(classId, lot, to, units, expireAt);
        } else {
            _pullExactly(IERC20(asset), cost);
            IERC20(asset).forceApprove(address(TOKEN), cost);
            tokenId = TOKEN.mintFromLot(classId, lot, to, units, expireAt);
        }
        emit ValueBought(tokenId, msg.sender, to, units, asset, cost);
        if (asset == address(0) && msg.value > cost) _returnSurplus(msg.value - cost);
    }

    function _requireIssuer(uint256 classId) internal view {
        if (TOKEN.issuerOf(classId) != msg.sender) revert ValueMarketNotIssuer(classId, msg.sender);
    }

    function _pullExactly(IERC20 asset, uint256 cost) private {
        uint256 before = asset.balanceOf(address(this));
        asset.safeTransferFrom(msg.sender, address(this), cost);
        uint256 received = asset.balanceOf(address(this)) - before;
        if (received != cost) revert ValueMarketWrongPayment(cost, received);
    }

    function _returnSurplus(uint256 surplus) private {
        (bool paid,) = msg.sender.call{value: surplus}("");
        if (!paid) revert ValueMarketSurplusRefused(msg.sender, surplus);
    }
}
