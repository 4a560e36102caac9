// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ReentrancyGuard} from "../base/ReentrancyGuard.sol";
import {DepositTerms, IChannelDeposits, IERC3009, TransferAuthorization} from "../interfaces/IChannelDeposits.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {Channel} from "../interfaces/IValueChannels.sol";
import {ChannelDeposit} from "./ChannelDeposit.sol";

contract ChannelDeposits is IChannelDeposits, ReentrancyGuard {
    /// @dev Of r | s | v.
    uint256 private constant SIGNATURE_LENGTH = 65;

    IDataAnchoringToken private immutable TOKEN;
    address private immutable CHANNELS;
    address private immutable DEPOSIT_CODE;

    constructor(address token_, address channels_) {
        TOKEN = IDataAnchoringToken(token_);
        CHANNELS = channels_;
        DEPOSIT_CODE = address(new ChannelDeposit());
    }

    /// @inheritdoc IChannelDeposits
    function sweep(DepositTerms calldata terms)
        external
        nonReentrant
        returns (bytes32 channelId, uint64 units, uint256 spent)
    {
        return _sweep(terms);
    }

    /// @inheritdoc IChannelDeposits
    function payAndSweep(DepositTerms calldata terms, TransferAuthorization calldata authorization)
        external
        nonReentrant
        returns (bytes32 channelId, uint64 units, uint256 spent)
    {
        _pay(IERC3009(terms.asset), depositOf(terms), authorization);
        return _sweep(terms);
    }

    /// @inheritdoc IChannelDeposits
    function refund(DepositTerms calldata terms, address asset) external nonReentrant returns (uint256 amount) {
        if (msg.sender != terms.refundTo && block.timestamp <= terms.deadline) {
            revert ChannelDepositsTooEarly(msg.sender, terms.deadline);
        }
        ChannelDeposit deposit = _at(terms);
        amount = deposit.pay(asset, terms.refundTo);
        emit DepositRefunded(address(deposit), asset, terms.refundTo, amount);
    }

    /// @inheritdoc IChannelDeposits
    function withdrawBond(DepositTerms calldata terms, address bond, address asset)
        external
        nonReentrant
        returns (uint256 amount)
    {
        if (msg.sender != terms.refundTo) revert ChannelDepositsUnauthorized(msg.sender, terms.refundTo);
        return _at(terms).withdrawBond(bond, asset, terms.refundTo);
    }

    /// @inheritdoc IChannelDeposits
    function depositOf(DepositTerms calldata terms) public view returns (address) {
        return Clones.predictDeterministicAddress(DEPOSIT_CODE, _saltOf(terms), address(this));
    }

    /// @inheritdoc IChannelDeposits
    function token() external view returns (address) {
        return address(TOKEN);
    }

    /// @inheritdoc IChannelDeposits
    function channels() external view returns (address) {
        return CHANNELS;
    }

    function _sweep(DepositTerms calldata terms) private returns (bytes32 channelId, uint64 units, uint256 spent) {
        ChannelDeposit deposit = _at(terms);
        Channel memory channel;
        (channelId, channel, spent) = deposit.open(TOKEN, CHANNELS, terms);
        units = channel.cap;
        emit DepositSwept(address(deposit), channelId, terms.operator, channel, spent);
    }

    function _pay(IERC3009 asset, address to, TransferAuthorization calldata given) private {
        bytes calldata signature = given.signature;
        bytes memory call_ = signature.length == SIGNATURE_LENGTH
            ? abi.encodeWithSignature(
                "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
                given.from,
                to,
                given.value,
                given.validAfter,
                given.validBefore,
                given.nonce,
                uint8(signature[64]),
                bytes32(signature[:32]),
                bytes32(signature[32:64])
            )
            : abi.encodeWithSignature(
                "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
                given.from,
                to,
                given.value,
                given.validAfter,
                given.validBefore,
                given.nonce,
                signature
            );
        (bool paid, bytes memory reason) = address(asset).call(call_);
        // Whoever saw the signature may have used it already: then the money is there. Whether it is, the sweep finds out.
        if (!paid && !asset.authorizationState(given.from, given.nonce)) {
            revert ChannelDepositsNotPaid(given.from, given.nonce, reason);
        }
    }

    function _at(DepositTerms calldata terms) private returns (ChannelDeposit) {
        address deposit = depositOf(terms);
        if (deposit.code.length == 0) Clones.cloneDeterministic(DEPOSIT_CODE, _saltOf(terms));
        return ChannelDeposit(payable(deposit));
    }

    function _saltOf(DepositTerms calldata terms) private pure returns (bytes32) {
        return keccak256(abi.encode(terms));
    }
}
