// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {DATStorage} from "../storage/DATStorage.sol";

/// @title DATPayments: assets in and out. The zero address stands for ETH.
abstract contract DATPayments is DATStorage {
    using SafeERC20 for IERC20;

    function _pay(address asset, address to, uint256 amount) internal {
        if (to == address(0)) revert IDATRevenue.DATPaymentFailed(to, amount);
        if (amount == 0) return;
        if (asset != address(0)) IERC20(asset).safeTransfer(to, amount);
        else if (!LowLevelCall.callNoReturn(to, amount, "")) revert IDATRevenue.DATPaymentFailed(to, amount);
    }

    /// @dev Returns what arrived, which is what counts (P7). The caller reads no state before it that it uses after it.
    function _pull(address asset, uint256 amount) internal returns (uint256) {
        uint256 before = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        return IERC20(asset).balanceOf(address(this)) - before;
    }

    function _requireAsset(address asset) internal view {
        if (asset.code.length == 0) revert IDATRevenue.DATInvalidAsset(asset);
    }

    function _owe(address account, address asset, uint256 amount) internal {
        // No overflow: what is owed was received, and no class receives 2^112.
        unchecked {
            _owed[account][asset] += amount;
            _owedTotal[asset] += amount;
        }
        emit IDATRevenue.OwedIncreased(account, asset, amount);
    }
}
