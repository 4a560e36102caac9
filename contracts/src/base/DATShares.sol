// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {ExpiryQueue} from "../libraries/ExpiryQueue.sol";
import {DATStorage} from "../storage/DATStorage.sol";
import {ClassShare, ExpiryBucket, Share} from "../types/Records.sol";

/// @title DATShares: the active share of a class, and when it changed.
/// @dev The epoch of a class grows by one whenever its total share changes. A token's share lives from the start of its
/// entry epoch to the start of its expiry's exit epoch, in every asset, without a loop over assets (P1, P2).
abstract contract DATShares is DATStorage {
    using ExpiryQueue for uint32[64];

    /// @dev Takes every share that expired before now out of the total (P3). Every settlement begins here, so nothing is
    /// ever settled between an expiry and its removal, whenever that comes. Returns the class's shares as stored.
    function _syncExpired(uint256 classId) internal returns (ClassShare memory share) {
        share = _classShares[classId];
        if (share.nextExpiry == 0 || share.nextExpiry >= block.timestamp) return share;

        uint32[64] storage queue = _expiries[classId];
        uint32 epoch = share.epoch + 1;
        uint32 expireAt = share.nextExpiry;
        do {
            ExpiryBucket storage bucket = _buckets[classId][expireAt];
            uint48 weight = bucket.weight;
            bucket.exitEpoch = epoch;
            share.totalShare -= weight;
            emit IDATRevenue.SharesExpired(classId, expireAt, weight, share.totalShare);
            expireAt = --share.expiryCount == 0 ? 0 : queue[share.expiryCount - 1];
        } while (expireAt != 0 && expireAt < block.timestamp);
        share.nextExpiry = expireAt;
        share.epoch = epoch;
        _classShares[classId] = share;
    }

    /// @dev Adds a new token's share. A bucket that was processed is never met again: it was processed when its second was
    /// past, and a token is born with `expireAt` not in the past. So a bucket without weight is not in the queue.
    function _addShare(uint256 classId, uint256 tokenId, uint32 ratio, uint32 expireAt) internal {
        ClassShare memory share = _syncExpired(classId);
        uint256 totalShare = uint256(share.totalShare) + ratio;
        if (totalShare > type(uint48).max) revert IDATRevenue.DATTotalShareTooHigh(classId, totalShare);
        // Checked above.
        share.totalShare = uint48(totalShare);
        share.epoch += 1;
        if (expireAt != 0) {
            ExpiryBucket storage bucket = _buckets[classId][expireAt];
            uint48 weight = bucket.weight;
            if (weight == 0) {
                if (share.expiryCount == ExpiryQueue.CAPACITY) {
                    revert IDATRevenue.DATTooManyExpiries(classId, ExpiryQueue.CAPACITY);
                }
                _expiries[classId].insert(share.expiryCount, expireAt);
                share.expiryCount += 1;
                if (share.nextExpiry == 0 || expireAt < share.nextExpiry) share.nextExpiry = expireAt;
            }
            bucket.weight = weight + ratio;
        }
        _classShares[classId] = share;
        _shares[tokenId] = Share({ratio: ratio, entryEpoch: share.epoch});
    }

    /// @dev The total as `_syncExpired` would leave it.
    function _activeShare(uint256 classId) internal view returns (uint256 totalShare) {
        ClassShare memory share = _classShares[classId];
        totalShare = share.totalShare;
        uint32[64] storage queue = _expiries[classId];
        for (uint256 position = share.expiryCount; position != 0; --position) {
            uint32 expireAt = queue[position - 1];
            if (expireAt >= block.timestamp) break;
            totalShare -= _buckets[classId][expireAt].weight;
        }
    }
}
