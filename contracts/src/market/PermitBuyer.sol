// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "../base/ReentrancyGuard.sol";
import {IDATLots} from "../interfaces/IDATLots.sol";
import {
    IPermitBuyer,
    ISignatureTransfer,
    PermitTransferFrom,
    Purchase,
    SignatureTransferDetails,
    TokenPermit
} from "../interfaces/IPermitBuyer.sol";
import {IValueSales} from "../interfaces/IValueSales.sol";

contract PermitBuyer is IPermitBuyer, ReentrancyGuard {
    using SafeERC20 for IERC20;

    bytes32 private constant PURCHASE_TYPEHASH =
        keccak256("Purchase(address market,uint256 classId,uint32 lot,uint64 units,address to,uint256 maxCost)");
    string private constant WITNESS_TYPE =
        "Purchase witness)Purchase(address market,uint256 classId,uint32 lot,uint64 units,address to,uint256 maxCost)TokenPermissions(address token,uint256 amount)";

    IDATLots private immutable TOKEN;
    ISignatureTransfer private immutable PERMIT2;

    constructor(address token_, address permit2_) {
        TOKEN = IDATLots(token_);
        PERMIT2 = ISignatureTransfer(permit2_);
    }

    /// @inheritdoc IPermitBuyer
    function buyWithPermit(Purchase calldata purchase, TokenPermit calldata permit)
        external
        nonReentrant
        returns (uint256 tokenId, uint256 cost)
    {
        address asset;
        (cost, asset) = _quote(purchase);
        // Whoever saw the signature may have used it already: then the allowance is there.
        try IERC20Permit(asset)
            .permit(msg.sender, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s) {}
            catch {}
        uint256 before = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransferFrom(msg.sender, address(this), cost);
        tokenId = _buy(purchase, IERC20(asset), cost, before, msg.sender);
    }

    /// @inheritdoc IPermitBuyer
    function buyWithPermit2(
        Purchase calldata purchase,
        address payer,
        PermitTransferFrom calldata permit,
        bytes calldata signature
    ) external nonReentrant returns (uint256 tokenId, uint256 cost) {
        address asset;
        (cost, asset) = _quote(purchase);
        if (permit.permitted.token != asset) revert PermitBuyerWrongAsset(asset, permit.permitted.token);
        uint256 before = IERC20(asset).balanceOf(address(this));
        PERMIT2.permitWitnessTransferFrom(
            permit, SignatureTransferDetails(address(this), cost), payer, witnessOf(purchase), WITNESS_TYPE, signature
        );
        tokenId = _buy(purchase, IERC20(asset), cost, before, payer);
    }

    /// @inheritdoc IPermitBuyer
    function token() external view returns (address) {
        return address(TOKEN);
    }

    /// @inheritdoc IPermitBuyer
    function permit2() external view returns (address) {
        return address(PERMIT2);
    }

    /// @inheritdoc IPermitBuyer
    function witnessOf(Purchase calldata purchase) public pure returns (bytes32) {
        return keccak256(
            abi.encode(
                PURCHASE_TYPEHASH,
                purchase.market,
                purchase.classId,
                purchase.lot,
                purchase.units,
                purchase.to,
                purchase.maxCost
            )
        );
    }

    function _quote(Purchase calldata purchase) private view returns (uint256 cost, address asset) {
        (cost, asset) = TOKEN.lotQuoteUp(purchase.classId, purchase.lot, purchase.units);
        if (asset == address(0)) revert PermitBuyerNotErc20(purchase.classId, purchase.lot);
        if (cost > purchase.maxCost) revert PermitBuyerTooExpensive(cost, purchase.maxCost);
    }

    /// @dev The cost has been pulled, above the `before` that this contract held.
    function _buy(Purchase calldata purchase, IERC20 asset, uint256 cost, uint256 before, address payer)
        private
        returns (uint256 tokenId)
    {
        uint256 received = asset.balanceOf(address(this)) - before;
        if (received != cost) revert PermitBuyerWrongPayment(cost, received);
        asset.forceApprove(purchase.market, cost);
        (tokenId,) = IValueSales(purchase.market)
            .buy(purchase.classId, purchase.lot, purchase.units, purchase.to, purchase.maxCost);
        emit BoughtByPermit(tokenId, payer, purchase.market, address(asset), cost);
        // A market of another kind may take less. What it did not take is not left to it, either.
        uint256 left = asset.balanceOf(address(this)) - before;
        if (left == 0) return tokenId;
        asset.forceApprove(purchase.market, 0);
        asset.safeTransfer(payer, left);
    }
}
