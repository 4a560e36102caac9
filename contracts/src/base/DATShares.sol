// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATOptions} from "../interfaces/IDATOptions.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {ExpiryQueue} from "../libraries/ExpiryQueue.sol";
import {DATStorage} from "../storage/DATStorage.sol";
import {ClassShare, ExpiryBucket} from "../types/Class.sol";
import {packShare} from "../types/Token.sol";

/// @title DATShares: the active share of a class, and when it changed.
/// @dev The epoch of a class grows by one whenever its total share changes. A token's share lives from the start of its
/// entry epoch to the start of its expiry's exit epoch, in every asset, without a loop over assets (P1, P2).
abstract contract DATShares is DATStorage {
    using ExpiryQueue for uint32[64];

    /// @dev Takes every share that expired before now out of the total (P3), and lets in what was to enter before now (P17).
    /// Every settlement begins here, so nothing is ever settled between such a moment and what it changes, whenever that
    /// comes. Returns the class's shares as stored.
    function _syncExpired(uint256 classId) internal returns (ClassShare share) {
        share = _classShares[classId];
        uint32 expireAt = share.nextExpiry();
        if (expireAt == 0 || expireAt >= block.timestamp) return share;

        uint32[64] storage queue = _expiries[classId];
        mapping(uint256 => ExpiryBucket) storage buckets = _buckets[classId];
        uint48 totalShare = share.totalShare();
        uint32 exitEpoch = share.epoch() + 1;
        uint8 count = share.expiryCount();
        do {
            ExpiryBucket storage bucket = buckets[expireAt];
            (uint48 weight, uint48 entering) = (bucket.weight, bucket.entering);
            bucket.exitEpoch = exitEpoch;
            if (entering != 0) {
                totalShare += entering;
                emit IDATOptions.SharesActivated(classId, expireAt, entering, totalShare);
            }
            if (weight != 0) {
                totalShare -= weight;
                emit IDATRevenue.SharesExpired(classId, expireAt, weight, totalShare);
            }
            --count;
            expireAt = count == 0 ? 0 : queue[count - 1];
        } while (expireAt != 0 && expireAt < block.timestamp);
        share = share.withTotal(totalShare).withExpiries(expireAt, count);
        _classShares[classId] = share;
    }

    /// @dev Adds a new token's share.
    function _addShare(uint256 classId, uint256 tokenId, uint32 ratio, uint32 expireAt) internal {
        ClassShare share = _syncExpired(classId);
        uint256 totalShare = uint256(share.totalShare()) + ratio;
        if (totalShare > type(uint48).max) revert IDATRevenue.DATTotalShareTooHigh(classId, totalShare);
        // Checked above.
        share = share.withTotal(uint48(totalShare));
        if (expireAt != 0) {
            share = _atMoment(classId, expireAt, share);
            _buckets[classId][expireAt].weight += ratio;
        }
        _classShares[classId] = share;
        _shares[tokenId] = packShare(ratio, share.epoch());
    }

    /// @dev The caller puts a share into the bucket of `moment`. One that was processed is never met again: it was processed
    /// when its second was past, and no share comes or goes at the end of a second that is past. So an empty bucket is not in
    /// the queue.
    function _atMoment(uint256 classId, uint32 moment, ClassShare share) internal returns (ClassShare) {
        ExpiryBucket storage bucket = _buckets[classId][moment];
        if (bucket.weight != 0 || bucket.entering != 0) return share;
        return _enqueue(classId, moment, share);
    }

    function _enqueue(uint256 classId, uint32 expireAt, ClassShare share) private returns (ClassShare) {
        uint8 count = share.expiryCount();
        if (count == ExpiryQueue.CAPACITY) revert IDATRevenue.DATTooManyExpiries(classId, ExpiryQueue.CAPACITY);
        _expiries[classId].insert(count, expireAt);
        uint32 next = share.nextExpiry();
        return share.withExpiries(next == 0 || expireAt < next ? expireAt : next, count + 1);
    }

    function _dequeue(uint256 classId, uint32 moment, ClassShare share) internal returns (ClassShare) {
        uint8 count = share.expiryCount();
        uint32[64] storage queue = _expiries[classId];
        queue.remove(count, moment);
        --count;
        return share.withExpiries(count == 0 ? 0 : queue[count - 1], count);
    }

    /// @dev The total as `_syncExpired` would leave it.
    function _activeShare(uint256 classId) internal view returns (uint256 totalShare) {
        ClassShare share = _classShares[classId];
        totalShare = share.totalShare();
        uint32[64] storage queue = _expiries[classId];
        for (uint256 position = share.expiryCount(); position != 0; --position) {
            uint32 expireAt = queue[position - 1];
            if (expireAt >= block.timestamp) break;
            ExpiryBucket storage bucket = _buckets[classId][expireAt];
            totalShare = totalShare + bucket.entering - bucket.weight;
        }
    }

    /// @dev What waits to enter and has not.
    function _pendingShare(uint256 classId) internal view returns (uint256 pending) {
        uint32[64] storage queue = _expiries[classId];
        for (uint256 position = _classShares[classId].expiryCount(); position != 0; --position) {
            uint32 moment = queue[position - 1];
            if (moment >= block.timestamp) pending += _buckets[classId][moment].entering;
        }
    }
}
