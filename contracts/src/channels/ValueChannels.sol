// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {ILockModule, LockRequest} from "../interfaces/ILockModule.sol";
import {Channel, IValueChannels, ReceiptAnchor, RoyaltyEdge, Voucher} from "../interfaces/IValueChannels.sol";
import {packLockMeter} from "../types/LockMeter.sol";
import {CapturedItems} from "./CapturedItems.sol";
import {ChannelHash} from "./ChannelHash.sol";
import {ChannelTerms} from "./ChannelTerms.sol";
import {LockUses, newLockUses} from "./LockUses.sol";

contract ValueChannels is IValueChannels, ILockModule, EIP712 {
    using CapturedItems for bytes;
    using ChannelHash for bytes;

    /// @dev The metric of units themselves: what was measured is in the receipts (P26).
    bytes32 private constant METRIC_UNITS = keccak256("units");

    IDataAnchoringToken private immutable TOKEN;
    uint256 private immutable CHAIN_ID = block.chainid;
    bytes32 private immutable DOMAIN;

    constructor(address token_) EIP712("Kedge ValueChannels", "1") {
        TOKEN = IDataAnchoringToken(token_);
        DOMAIN = _domainSeparatorV4();
    }

    /// @inheritdoc ILockModule
    function onLock(LockRequest calldata request, bytes calldata data) external returns (bytes32 channelId) {
        if (msg.sender != address(TOKEN)) revert ValueChannelsNotToken(msg.sender);
        if (!ChannelTerms.hold(request, data)) revert ValueChannelsInvalidTerms(ChannelTerms.faultIn(request, data));
        // emit ChannelOpened(channelId, holder, operator, channel)
        data.emitOpenedAndReturn(ChannelOpened.selector, _domain());
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

    /// @dev Memory before the first line would be in the desk's way.
    function _captureItems(bytes calldata items) private {
        CapturedItems.openDesk(_domain());
        LockUses uses = newLockUses(items.length / CapturedItems.UNSIGNED_LENGTH);
        uint256 index;
        uint256 at = items.startOf();
        uint256 end = at + items.length;
        while (at < end) {
            (uint256 next, uint256 used) = _scanRuns(uses, at, end, index);
            _consume(uses, used, at, next, index);
            at = next;
            // At most the number of items.
            unchecked {
                index += used;
            }
        }
    }

    /// @dev Makes uses of the consecutive runs of one operator that begin at `at`, where item `index` is the next.
    function _scanRuns(LockUses uses, uint256 at, uint256 end, uint256 index)
        private
        returns (uint256 next, uint256 used)
    {
        address operator = CapturedItems.operatorAt(at);
        uint256 first = uses.placeOf(0);
        uint256 use = first;
        next = at;
        do {
            (uint256 item, uint256 itemLength, uint256 runEnd) = CapturedItems.openRun(next);
            if (runEnd > end) revert ValueChannelsMalformedItems();
            while (true) {
                address signer;
                (item, use, signer) = CapturedItems.scan(item, itemLength, runEnd, use);
                if (item == runEnd) break;
                _fail(index + (use - first) / CapturedItems.USE_LENGTH, signer);
                use = CapturedItems.putBlank(use);
                item += itemLength;
            }
            next = runEnd;
        } while (next < end && CapturedItems.operatorAt(next) == operator);
        used = (use - first) / CapturedItems.USE_LENGTH;
        uses.answerAt(use);
    }

    /// @dev In one call; where that fails, one by one, so that items fail alone (R8). The uses are of the items in the runs
    /// from `at` to `end`, the first of which is item `index`.
    function _consume(LockUses uses, uint256 used, uint256 at, uint256 end, uint256 index) private {
        address operator = CapturedItems.operatorAt(at);
        if (uses.consume(address(TOKEN), 0, used, METRIC_UNITS, operator)) {
            if (CapturedItems.emitCaptured(ChannelCaptured.selector, uses, at, end)) _failUnknown(uses, used, index);
            return;
        }
        bytes memory reason = _returnData();
        for (uint256 i = 0; i < used; ++i) {
            bytes32 channelId = uses.lockIdAt(i);
            if (channelId == 0) continue;
            if (used == 1 || !uses.consume(address(TOKEN), i, 1, METRIC_UNITS, operator)) {
                emit CaptureFailed(index + i, channelId, used == 1 ? reason : _returnData());
            } else {
                CapturedItems.emitCapturedOne(ChannelCaptured.selector, uses, channelId, CapturedItems.itemAt(at, i));
                if (!_isOpen(channelId)) _failNotOpen(index + i, channelId);
            }
        }
    }

    /// @dev Among the uses that nothing was taken of: what is open has nothing new.
    function _failUnknown(LockUses uses, uint256 used, uint256 index) private {
        for (uint256 i = 0; i < used; ++i) {
            bytes32 channelId = uses.lockIdAt(i);
            if (channelId != 0 && !_isOpen(channelId)) _failNotOpen(index + i, channelId);
        }
    }

    function _failNotOpen(uint256 index, bytes32 channelId) private {
        emit CaptureFailed(index, channelId, abi.encodeWithSelector(ValueChannelsNotOpen.selector, channelId));
    }

    /// @dev Of the item that was just looked at.
    function _fail(uint256 index, address signer) private {
        (bytes32 channelId, address channelKey, uint64 deadline, uint32 grace) = CapturedItems.scanned();
        if (!_isOpen(channelId)) return _failNotOpen(index, channelId);
        bytes memory reason = block.timestamp > _end(deadline, grace)
            ? abi.encodeWithSelector(ValueChannelsTooLate.selector, channelId, deadline, grace)
            : abi.encodeWithSelector(ValueChannelsWrongSigner.selector, channelId, signer, channelKey);
        emit CaptureFailed(index, channelId, reason);
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
        return ChannelHash.digest(_domain(), ChannelHash.ofCalldata(channel));
    }

    /// @inheritdoc IValueChannels
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32) {
        return ChannelHash.digest(
            _domain(),
            ChannelHash.ofVoucher(voucher.channelId, voucher.cumulativeUnits, voucher.receiptHash, voucher.seq)
        );
    }

    /// @inheritdoc IValueChannels
    function channelState(Channel calldata channel)
        external
        view
        returns (bool open, uint64 capturedUnits, uint64 remainingUnits, uint64 capturableUnits)
    {
        (uint256 tokenId, uint64 units, uint64 lockedAt) = TOKEN.lockInfo(address(this), channelIdOf(channel));
        if (lockedAt == 0) return (false, 0, 0, 0);
        capturedUnits = channel.cap - units;
        if (tokenId == 0) return (false, capturedUnits, 0, 0);
        if (block.timestamp <= _end(channel.deadline, channel.grace)) {
            // Time only moves forward and the rate is fixed, so what was captured stays allowed.
            uint64 burst = channel.rate == 0 ? type(uint64).max : channel.burst;
            capturableUnits = packLockMeter(channel.cap, channel.cap, channel.rate, burst)
                .allowed(block.timestamp - lockedAt) - capturedUnits;
        }
        return (true, capturedUnits, units, capturableUnits);
    }

    /// @dev Last second at which captures work. In 256 bits, so that no deadline wraps around.
    function _end(uint256 deadline, uint256 grace) private pure returns (uint256) {
        // No overflow: 64 and 32 bits.
        unchecked {
            return deadline + grace;
        }
    }

    /// @dev A chain that splits has two. Takes no memory, because a capture's desk is to be the first there.
    function _domain() private view returns (bytes32 domain) {
        if (block.chainid == CHAIN_ID) return DOMAIN;
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        domain = _domainSeparatorV4();
        assembly ("memory-safe") {
            mstore(0x40, free)
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
