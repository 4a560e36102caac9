// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {DepositTerms, IChannelDeposits} from "../interfaces/IChannelDeposits.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {LotTerms} from "../interfaces/IDATLots.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {IOperatorBond} from "../interfaces/IOperatorBond.sol";
import {IValueSales} from "../interfaces/IValueSales.sol";
import {Channel} from "../interfaces/IValueChannels.sol";

/// @title ChannelDeposit: holds what was paid for one channel, at the word of `ChannelDeposits` alone.
/// @dev A minimal proxy of one code for each terms, without storage: the caller passes the terms that its address is derived
/// from.
contract ChannelDeposit {
    using SafeERC20 for IERC20;

    address private immutable DEPOSITS = msg.sender;

    /// @notice Thrown when somebody else than `ChannelDeposits` calls.
    error ChannelDepositNotDeposits(address caller);

    modifier onlyDeposits() {
        if (msg.sender != DEPOSITS) revert ChannelDepositNotDeposits(msg.sender);
        _;
    }

    receive() external payable {}

    /// @notice Buys, locks all that was bought, and hands the token on.
    function open(IDataAnchoringToken token, address channels, DepositTerms calldata terms)
        external
        onlyDeposits
        returns (bytes32 channelId, Channel memory channel, uint256 spent)
    {
        uint256 tokenId;
        uint64 units;
        (tokenId, units, spent) = _buy(token, terms);
        channel = Channel(
            address(this),
            tokenId,
            terms.operator,
            terms.channelKey,
            units,
            terms.rate,
            terms.burst,
            terms.deadline,
            terms.grace,
            terms.mode,
            terms.salt
        );
        channelId = token.lock(tokenId, units, channels, abi.encode(channel));
        IDATCore(address(token)).transferToken(tokenId, terms.holder);
    }

    /// @notice Pays all that is held of an asset.
    function pay(address asset, address to) external onlyDeposits returns (uint256 amount) {
        amount = _held(asset);
        if (amount == 0) revert IChannelDeposits.ChannelDepositsNothingToRefund(address(this), asset);
        if (asset != address(0)) {
            IERC20(asset).safeTransfer(to, amount);
            return amount;
        }
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert IDATRevenue.DATPaymentFailed(to, amount);
    }

    function withdrawBond(address bond, address asset, address to) external onlyDeposits returns (uint256 amount) {
        return IOperatorBond(bond).withdraw(asset, payable(to));
    }

    function _buy(IDataAnchoringToken token, DepositTerms calldata terms)
        private
        returns (uint256 tokenId, uint64 units, uint256 spent)
    {
        (address asset, uint256 held) = (terms.asset, _held(terms.asset));
        units = _unitsOf(token, terms, held);
        uint256 cost = token.lotCostUp(terms.classId, terms.lot, units);
        IValueSales market = IValueSales(terms.market);
        if (asset == address(0)) {
            (tokenId,) = market.buy{value: cost}(terms.classId, terms.lot, units, address(this), cost);
        } else {
            IERC20(asset).forceApprove(address(market), cost);
            (tokenId,) = market.buy(terms.classId, terms.lot, units, address(this), cost);
            // A market of another kind may take less. What it did not take is not left to it.
            IERC20(asset).forceApprove(address(market), 0);
        }
        spent = held - _held(asset);
    }

    /// @dev The most whose price, rounded up, is held.
    function _unitsOf(IDataAnchoringToken token, DepositTerms calldata terms, uint256 held)
        private
        view
        returns (uint64)
    {
        LotTerms memory lot = token.lotInfo(terms.classId, terms.lot).terms;
        if (lot.asset != terms.asset) revert IChannelDeposits.ChannelDepositsWrongAsset(lot.asset, terms.asset);
        // No lot costs more than 96 bits a unit, and there are 64 bits of them; nor is any free, or without a denominator.
        uint256 budget = held < type(uint160).max ? held : type(uint160).max;
        uint256 units = budget * lot.priceDenominator / lot.priceNumerator;
        if (units == 0) revert IChannelDeposits.ChannelDepositsNothingToSweep(address(this), held);
        return units < type(uint64).max ? uint64(units) : type(uint64).max;
    }

    function _held(address asset) private view returns (uint256) {
        return asset == address(0) ? address(this).balance : IERC20(asset).balanceOf(address(this));
    }
}
