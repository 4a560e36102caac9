// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
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
import {ChannelHash} from "./ChannelHash.sol";
import {LockIds, LockStates, LockUses, newLockIds, newLockUses} from "./LockCalls.sol";

contract ValueChannels is IValueChannels, ILockModule, EIP712 {
    uint256 private constant MIN_GRACE = 1 days;

    /// @dev The metric of units themselves: what was measured is in the receipts (P26).
    bytes32 private constant METRIC_UNITS = keccak256("units");

    IDataAnchoringToken private immutable TOKEN;

    /// @dev What a capture works with. The first `used` of `uses` wait to be consumed for `operator`; `indexes` says which
    /// item each of them is.
    struct Batch {
        bytes32 domain;
        LockIds ids;
        LockStates states;
        LockUses uses;
        uint256[] indexes;
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
        Channel memory channel = abi.decode(data, (Channel));

        if (channel.holder != holder) revert ValueChannelsInvalidTerms("holder");
        if (channel.tokenId != tokenId) revert ValueChannelsInvalidTerms("tokenId");
        if (channel.cap != units) revert ValueChannelsInvalidTerms("cap");
        if (channel.operator == address(0)) revert ValueChannelsInvalidTerms("operator");
        if (channel.channelKey == address(0)) revert ValueChannelsInvalidTerms("channelKey");
        if (channel.deadline <= block.timestamp) revert ValueChannelsInvalidTerms("deadline");
        if (channel.grace < MIN_GRACE) revert ValueChannelsInvalidTerms("grace");
        if (expireAt != 0 && _end(channel.deadline, channel.grace) > expireAt) {
            revert ValueChannelsInvalidTerms("expireAt");
        }
        if (channel.mode == ChannelMode.Capped && channel.rate == 0) revert ValueChannelsInvalidTerms("rate");
        (, bytes32 policyHash) = TOKEN.policyOfToken(tokenId);
        if (policyHash == 0) revert ValueChannelsInvalidTerms("policyHash");

        channelId = _hashTypedDataV4(ChannelHash.ofMemory(channel));
        emit ChannelOpened(channelId, holder, channel.operator, channel);
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
        Batch memory batch;
        batch.domain = _domainSeparatorV4();
        batch.ids = _idsOf(items, batch.domain);
        batch.states = batch.ids.read(address(TOKEN));
        batch.uses = newLockUses(items.length);
        batch.indexes = new uint256[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            CaptureItem calldata item = items[i];
            bytes32 channelId = batch.ids.lockIdOf(i);
            (bool due, uint64 remaining) = _due(i, item, channelId, batch);
            if (!due) continue;
            address operator = item.channel.operator;
            if (operator != batch.operator) {
                _consume(items, batch);
                (batch.used, batch.operator) = (0, operator);
            }
            uint256 used = batch.used++;
            batch.uses.setUse(used, channelId, remaining);
            batch.indexes[used] = i;
        }
        _consume(items, batch);
    }

    function _idsOf(CaptureItem[] calldata items, bytes32 domain) private pure returns (LockIds ids) {
        ids = newLockIds(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            ids.setLockId(i, MessageHashUtils.toTypedDataHash(domain, ChannelHash.ofCalldata(items[i].channel)));
        }
    }

    /// @dev What the lock shall come down to, if the item is good and asks for something new.
    function _due(uint256 index, CaptureItem calldata item, bytes32 channelId, Batch memory batch)
        private
        returns (bool, uint64)
    {
        Channel calldata channel = item.channel;
        (uint256 tokenId, uint256 remaining, uint256 lockedAt) = batch.states.at(index);
        if (tokenId == 0) {
            emit CaptureFailed(index, channelId, abi.encodeWithSelector(ValueChannelsNotOpen.selector, channelId));
            return (false, 0);
        }
        // From here on the terms are those that `onLock` accepted: `channelId` commits to them.
        if (block.timestamp > _end(channel.deadline, channel.grace)) {
            emit CaptureFailed(
                index,
                channelId,
                abi.encodeWithSelector(ValueChannelsTooLate.selector, channelId, channel.deadline, channel.grace)
            );
            return (false, 0);
        }
        address signer = _signerOf(item, channelId, batch.domain);
        if (signer != channel.channelKey) {
            emit CaptureFailed(
                index,
                channelId,
                abi.encodeWithSelector(ValueChannelsWrongSigner.selector, channelId, signer, channel.channelKey)
            );
            return (false, 0);
        }
        uint64 target = _allowed(channel, lockedAt);
        if (item.cumulativeUnits < target) target = item.cumulativeUnits;
        // No underflow: what is allowed is at most the cap.
        unchecked {
            uint64 rest = channel.cap - target;
            return (rest < remaining, rest);
        }
    }

    /// @dev In one call; where that fails, one by one, so that items fail alone (R8).
    function _consume(CaptureItem[] calldata items, Batch memory batch) private {
        uint256 count = batch.used;
        LockUses uses = batch.uses;
        address operator = batch.operator;
        bool together = count > 1 && uses.consume(address(TOKEN), 0, count, METRIC_UNITS, operator);
        for (uint256 i = 0; i < count; ++i) {
            uint256 index = batch.indexes[i];
            if (!together && !uses.consume(address(TOKEN), i, 1, METRIC_UNITS, operator)) {
                emit CaptureFailed(index, uses.lockIdAt(i), _returnData());
                continue;
            }
            uint64 units = uses.unitsAt(together ? i : 0);
            // Another voucher of the channel in this batch took as much or more.
            if (units == 0) continue;
            CaptureItem calldata item = items[index];
            emit ChannelCaptured(
                uses.lockIdAt(i), units, item.channel.cap - uses.remainingAt(i), item.seq, item.receiptHash
            );
        }
    }

    /// @dev Zero, which no channel has as its key, for a signature of the wrong length, a high `s` or no key at all.
    function _signerOf(CaptureItem calldata item, bytes32 channelId, bytes32 domain)
        private
        pure
        returns (address signer)
    {
        bytes calldata signature = item.signature;
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            domain, ChannelHash.ofVoucher(channelId, item.cumulativeUnits, item.receiptHash, item.seq)
        );
        if (signature.length == 64) {
            (signer,,) = ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
        } else {
            (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
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
        return MessageHashUtils.toTypedDataHash(_domainSeparatorV4(), ChannelHash.ofCalldata(channel));
    }

    /// @inheritdoc IValueChannels
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(
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
            uint64 allowed = _allowed(channel, lockedAt);
            // Time only moves forward and the rate is fixed, so what was captured stays allowed.
            capturableUnits = allowed - capturedUnits;
        }
        return (true, capturedUnits, remaining, capturableUnits);
    }

    /// @dev Last second at which captures work. In 256 bits, so that no deadline wraps around.
    function _end(uint256 deadline, uint256 grace) private pure returns (uint256) {
        return deadline + grace;
    }

    /// @dev What may be captured since opening, signatures aside: the cap, and the rate where there is one (R9).
    function _allowed(Channel calldata channel, uint256 lockedAt) private view returns (uint64) {
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
