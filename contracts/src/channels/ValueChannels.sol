// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {ILockModule} from "../interfaces/ILockModule.sol";
import {
    CaptureItem,
    Channel,
    ChannelMode,
    IValueChannels,
    ReceiptAnchor,
    RoyaltyEdge,
    Voucher
} from "../interfaces/IValueChannels.sol";
import {CapturedItems, Finding} from "./CapturedItems.sol";
import {ChannelHash} from "./ChannelHash.sol";
import {LockIds, LockStates, LockUses, newLockIds, newLockUses} from "./LockCalls.sol";

contract ValueChannels is IValueChannels, ILockModule, EIP712 {
    using CapturedItems for CaptureItem[];
    using ChannelHash for bytes;

    uint256 private constant MIN_GRACE = 1 days;

    /// @dev The metric of units themselves: what was measured is in the receipts (P26).
    bytes32 private constant METRIC_UNITS = keccak256("units");

    IDataAnchoringToken private immutable TOKEN;

    /// @dev What a capture works with. The first `used` of `uses` wait to be consumed for `operator`.
    struct Batch {
        LockUses uses;
        uint256 used;
        address operator;
    }

    constructor(address token_) EIP712("Kedge ValueChannels", "1") {
        TOKEN = IDataAnchoringToken(token_);
    }

    /// @inheritdoc ILockModule
    function onLock(address holder, uint256 tokenId, uint64 units, uint64 expireAt, bytes calldata data)
        external
        returns (bytes32 channelId)
    {
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
        (, bytes32 policyHash) = TOKEN.policyOfToken(tokenId);
        if (policyHash == 0) revert ValueChannelsInvalidTerms("policyHash");

        // emit ChannelOpened(channelId, holder, operator, channel)
        return data.emitOpened(ChannelOpened.selector, _domainSeparatorV4(), holder, address(uint160(operator)));
    }

    /// @inheritdoc IValueChannels
    function capture(CaptureItem[] calldata items, RoyaltyEdge[] calldata edges, ReceiptAnchor[] calldata anchors)
        external
    {
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

    /// @dev Looks at every item, and consumes those with something new: consecutive ones of an operator in one call.
    function _captureItems(CaptureItem[] calldata items) private {
        bytes32 domain = _domainSeparatorV4();
        LockIds ids = newLockIds(items.length);
        items.writeIds(domain, ids.first());
        LockStates states = ids.read(address(TOKEN));
        Batch memory batch;
        batch.uses = newLockUses(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            bytes32 channelId = ids.lockIdOf(i);
            (Finding finding, uint256 rest, address signer) = items.inspect(i, domain, channelId, states.at(i));
            if (finding == Finding.Due) _put(items, i, channelId, rest, batch);
            else if (finding != Finding.NothingNew) _fail(items[i].channel, i, channelId, finding, signer);
        }
        _consume(items, batch);
    }

    function _put(CaptureItem[] calldata items, uint256 index, bytes32 channelId, uint256 rest, Batch memory batch)
        private
    {
        address operator = items.operatorAt(index);
        if (operator != batch.operator) {
            _consume(items, batch);
            (batch.used, batch.operator) = (0, operator);
        }
        uint256 used = batch.used;
        batch.uses.setUse(used, channelId, rest, index);
        // At most the number of items.
        unchecked {
            batch.used = used + 1;
        }
    }

    function _fail(Channel calldata channel, uint256 index, bytes32 channelId, Finding finding, address signer)
        private
    {
        bytes memory reason;
        if (finding == Finding.NotOpen) {
            reason = abi.encodeWithSelector(ValueChannelsNotOpen.selector, channelId);
        } else if (finding == Finding.TooLate) {
            reason = abi.encodeWithSelector(ValueChannelsTooLate.selector, channelId, channel.deadline, channel.grace);
        } else {
            reason = abi.encodeWithSelector(ValueChannelsWrongSigner.selector, channelId, signer, channel.channelKey);
        }
        emit CaptureFailed(index, channelId, reason);
    }

    /// @dev In one call; where that fails, one by one, so that items fail alone (R8).
    function _consume(CaptureItem[] calldata items, Batch memory batch) private {
        LockUses uses = batch.uses;
        uint256 count = batch.used;
        if (count > 1 && uses.consume(address(TOKEN), 0, count, METRIC_UNITS, batch.operator)) {
            items.emitCaptured(ChannelCaptured.selector, uses, 0, count);
            return;
        }
        for (uint256 i = 0; i < count; ++i) {
            if (uses.consume(address(TOKEN), i, 1, METRIC_UNITS, batch.operator)) {
                items.emitCaptured(ChannelCaptured.selector, uses, i, 1);
            } else {
                emit CaptureFailed(uses.itemIndexAt(i), uses.lockIdAt(i), _returnData());
            }
        }
    }

    /// @inheritdoc IValueChannels
    function close(Channel calldata channel) external returns (uint64 returnedUnits) {
        bytes32 channelId = channelIdOf(channel);
        (uint256 tokenId,,) = TOKEN.lockInfo(address(this), channelId);
        if (tokenId == 0) revert ValueChannelsNotOpen(channelId);
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
            capturableUnits = _allowed(channel, lockedAt) - capturedUnits;
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

    /// @dev What may be captured since opening, signatures aside: the cap, and the rate where there is one (R9).
    function _allowed(Channel calldata channel, uint64 lockedAt) private view returns (uint64) {
        uint64 cap = channel.cap;
        uint256 rate = channel.rate;
        if (rate == 0) return cap;
        uint256 metered = uint256(channel.burst) + rate * (block.timestamp - lockedAt);
        // At most `cap`, which has 64 bits.
        return metered < cap ? uint64(metered) : cap;
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
