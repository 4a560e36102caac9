// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {ILockModule} from "../interfaces/ILockModule.sol";
import {
    Channel,
    ChannelMode,
    IValueChannels,
    ReceiptAnchor,
    RoyaltyEdge,
    Voucher
} from "../interfaces/IValueChannels.sol";
import {packLockMeter} from "../types/LockMeter.sol";
import {CapturedItems} from "./CapturedItems.sol";
import {ChannelHash} from "./ChannelHash.sol";
import {LockUses, newLockUses} from "./LockUses.sol";

contract ValueChannels is IValueChannels, ILockModule, EIP712 {
    using CapturedItems for bytes;
    using ChannelHash for bytes;

    uint256 private constant MIN_GRACE = 1 days;

    /// @dev The metric of units themselves: what was measured is in the receipts (P26).
    bytes32 private constant METRIC_UNITS = keccak256("units");

    IDataAnchoringToken private immutable TOKEN;

    constructor(address token_) EIP712("Kedge ValueChannels", "1") {
        TOKEN = IDataAnchoringToken(token_);
    }

    /// @inheritdoc ILockModule
    function onLock(
        address holder,
        uint256 tokenId,
        uint64 units,
        uint64 expireAt,
        bool policyHashed,
        bytes calldata data
    ) external returns (bytes32 channelId) {
        if (msg.sender != address(TOKEN)) revert ValueChannelsNotToken(msg.sender);
        // Eleven words, each looked at: what has stray bits is not the terms of a channel.
        if (data.length != ChannelHash.CHANNEL_LENGTH) revert ValueChannelsInvalidTerms("length");
        uint256 operator = data.word(2);
        uint256 deadline = data.word(7);
        uint256 mode = data.word(9);
        if (data.word(0) != uint160(holder)) revert ValueChannelsInvalidTerms("holder");
        if (data.word(1) != tokenId) revert ValueChannelsInvalidTerms("tokenId");
        if (data.word(4) != units) revert ValueChannelsInvalidTerms("cap");
        if (!_isAddress(operator)) revert ValueChannelsInvalidTerms("operator");
        if (!_isAddress(data.word(3))) revert ValueChannelsInvalidTerms("channelKey");
        if (deadline <= block.timestamp || deadline > type(uint64).max) revert ValueChannelsInvalidTerms("deadline");
        if (data.word(8) < MIN_GRACE || data.word(8) > type(uint32).max) revert ValueChannelsInvalidTerms("grace");
        if (expireAt != 0 && _end(deadline, data.word(8)) > expireAt) revert ValueChannelsInvalidTerms("expireAt");
        if (mode > uint256(type(ChannelMode).max)) revert ValueChannelsInvalidTerms("mode");
        if (data.word(5) > type(uint64).max || (data.word(5) == 0 && mode == uint256(ChannelMode.Capped))) {
            revert ValueChannelsInvalidTerms("rate");
        }
        if (data.word(6) > type(uint64).max) revert ValueChannelsInvalidTerms("burst");
        if (!policyHashed) revert ValueChannelsInvalidTerms("policyHash");

        // emit ChannelOpened(channelId, holder, operator, channel)
        return data.emitOpened(ChannelOpened.selector, _domainSeparatorV4(), holder, address(uint160(operator)));
    }

    /// @inheritdoc IValueChannels
    function capture(bytes calldata items, RoyaltyEdge[] calldata edges, ReceiptAnchor[] calldata anchors) external {
        if (items.length != 0) _captureItems(items);
        for (uint256 i = 0; i < edges.length; ++i) {
            RoyaltyEdge calldata edge = edges[i];
            try TOKEN.collectRoyalty(edge.classId, edge.parentIndex, edge.asset) {}
            catch (bytes memory reason) {
                emit RoyaltyFailed(i, edge.classId, edge.parentIndex, edge.asset, reason);
            }
        }
        for (uint256 i = 0; i < anchors.length; ++i) {
            ReceiptAnchor calldata anchor = anchors[i];
            emit ReceiptsAnchored(
                msg.sender, anchor.root, anchor.epoch, anchor.firstBatch, anchor.lastBatch, anchor.cid
            );
        }
    }

    /// @dev Looks at every item, and consumes those that are in time and signed: consecutive ones of an operator in one
    /// call. Memory before the first line would be in the desk's way.
    function _captureItems(bytes calldata items) private {
        CapturedItems.openDesk(_domainSeparatorV4());
        LockUses uses = newLockUses(items.length / CapturedItems.ITEM_LENGTH);
        uint256 used;
        address operator;
        uint256 at = items.startOf();
        uint256 end = at + items.length;
        while (at < end) {
            (address runOperator, uint256 item, uint256 runEnd) = CapturedItems.openRun(at);
            if (runEnd > end) revert ValueChannelsMalformedItems(items.length);
            if (runOperator != operator) {
                _consume(items, uses, used, operator);
                (used, operator) = (0, runOperator);
            }
            while (item < runEnd) {
                address signer;
                (item, used, signer) = CapturedItems.scan(item, runEnd, uses, used);
                if (item == runEnd) break;
                _fail(items, item, signer);
                item += CapturedItems.ITEM_LENGTH;
            }
            at = runEnd;
        }
        _consume(items, uses, used, operator);
    }

    /// @dev In one call; where that fails, one by one, so that items fail alone (R8).
    function _consume(bytes calldata items, LockUses uses, uint256 used, address operator) private {
        if (used > 1 && uses.consume(address(TOKEN), 0, used, METRIC_UNITS, operator)) {
            _emitCaptured(items, uses, 0, used);
            return;
        }
        for (uint256 i = 0; i < used; ++i) {
            if (uses.consume(address(TOKEN), i, 1, METRIC_UNITS, operator)) _emitCaptured(items, uses, i, i + 1);
            else emit CaptureFailed(items.indexOf(uses.itemAt(i)), uses.lockIdAt(i), _returnData());
        }
    }

    /// @dev What nothing was taken of is not open, or has nothing new.
    function _emitCaptured(bytes calldata items, LockUses uses, uint256 first, uint256 end) private {
        uint256 position = first;
        while (true) {
            position = CapturedItems.emitCaptured(ChannelCaptured.selector, uses, first, position, end);
            if (position == end) return;
            bytes32 channelId = uses.lockIdAt(position);
            if (!_isOpen(channelId)) {
                bytes memory reason = abi.encodeWithSelector(ValueChannelsNotOpen.selector, channelId);
                emit CaptureFailed(items.indexOf(uses.itemAt(position)), channelId, reason);
            }
            ++position;
        }
    }

    /// @dev Of the item that was just looked at.
    function _fail(bytes calldata items, uint256 item, address signer) private {
        (bytes32 channelId, address channelKey, uint64 deadline, uint32 grace) = CapturedItems.scanned();
        bytes memory reason;
        if (!_isOpen(channelId)) {
            reason = abi.encodeWithSelector(ValueChannelsNotOpen.selector, channelId);
        } else if (block.timestamp > _end(deadline, grace)) {
            reason = abi.encodeWithSelector(ValueChannelsTooLate.selector, channelId, deadline, grace);
        } else {
            reason = abi.encodeWithSelector(ValueChannelsWrongSigner.selector, channelId, signer, channelKey);
        }
        emit CaptureFailed(items.indexOf(item), channelId, reason);
    }

    /// @inheritdoc IValueChannels
    function close(Channel calldata channel) external returns (uint64 returnedUnits) {
        bytes32 channelId = channelIdOf(channel);
        if (!_isOpen(channelId)) revert ValueChannelsNotOpen(channelId);
        if (msg.sender != channel.operator && block.timestamp <= _end(channel.deadline, channel.grace)) {
            revert ValueChannelsTooEarly(channelId, channel.deadline, channel.grace);
        }
        returnedUnits = TOKEN.returnLock(channelId);
        emit ChannelClosed(channelId, channel.cap - returnedUnits, returnedUnits);
    }

    /// @inheritdoc IValueChannels
    function token() external view returns (address) {
        return address(TOKEN);
    }

    /// @inheritdoc IValueChannels
    function channelIdOf(Channel calldata channel) public view returns (bytes32) {
        return ChannelHash.digest(_domainSeparatorV4(), ChannelHash.ofCalldata(channel));
    }

    /// @inheritdoc IValueChannels
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32) {
        return ChannelHash.digest(
            _domainSeparatorV4(),
            ChannelHash.ofVoucher(voucher.channelId, voucher.cumulativeUnits, voucher.receiptHash, voucher.seq)
        );
    }

    /// @inheritdoc IValueChannels
    function channelState(Channel calldata channel)
        external
        view
        returns (bool open, uint64 capturedUnits, uint64 remainingUnits, uint64 capturableUnits)
    {
        (uint256 tokenId, uint64 remaining, uint64 lockedAt) = TOKEN.lockInfo(address(this), channelIdOf(channel));
        if (tokenId == 0) return (false, 0, 0, 0);
        capturedUnits = channel.cap - remaining;
        if (block.timestamp <= _end(channel.deadline, channel.grace)) {
            // Time only moves forward and the rate is fixed, so what was captured stays allowed.
            capturableUnits = packLockMeter(channel.cap, channel.cap, channel.rate, channel.burst)
                .allowed(block.timestamp - lockedAt) - capturedUnits;
        }
        return (true, capturedUnits, remaining, capturableUnits);
    }

    function _isAddress(uint256 word) private pure returns (bool) {
        return word != 0 && word <= type(uint160).max;
    }

    /// @dev Last second at which captures work. In 256 bits, so that no deadline wraps around.
    function _end(uint256 deadline, uint256 grace) private pure returns (uint256) {
        // No overflow: 64 and 32 bits.
        unchecked {
            return deadline + grace;
        }
    }

    function _isOpen(bytes32 channelId) private view returns (bool) {
        (uint256 tokenId,,) = TOKEN.lockInfo(address(this), channelId);
        return tokenId != 0;
    }

    function _returnData() private pure returns (bytes memory data) {
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, returndatasize())
            returndatacopy(add(data, 0x20), 0, returndatasize())
            // Rounded up to whole words.
            mstore(0x40, and(add(add(data, returndatasize()), 0x3f), not(0x1f)))
        }
    }
}
