// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {ClassOptions, IDATOptions} from "../interfaces/IDATOptions.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {ClassHead, ClassShare} from "../types/Class.sol";
import {packPendingShare} from "../types/Token.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATMints: minting in classes that bound their shares (P17). The core mints where nothing is bound.
abstract contract DATMints is DATExtension {
    /// @dev Reached from the core's own `mint`, for a share in a class that bound its shares.
    function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        onlyDelegated
        returns (uint256 tokenId)
    {
        _requireIssuer(classId);
        return _mint(classId, to, value, shareRatio, expireAt);
    }

    /// @dev The caller has seen that the issuer calls.
    function _mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        internal
        returns (uint256 tokenId)
    {
        ClassHead head = _heads[classId];
        // Saturates (P10), so the casts below keep every bit.
        if (shareRatio > type(uint32).max) shareRatio = type(uint32).max;
        tokenId = _mintToken(classId, head.policyVersion(), head, to, value, shareRatio, expireAt);
        if (shareRatio == 0) return tokenId;
        uint32 activateAt = head.hasShareTerms() ? _activateAt(classId, shareRatio) : 0;
        // The expiry was checked by the mint.
        if (activateAt == 0) _addShare(classId, tokenId, uint32(shareRatio), uint32(expireAt));
        else _addPendingShare(classId, tokenId, uint32(shareRatio), uint32(expireAt), activateAt);
    }

    /// @dev When a new share is to enter, 0 for at once; fails when the class admits none.
    function _activateAt(uint256 classId, uint256 ratio) private returns (uint32) {
        ClassOptions memory options = _classOptions[classId];
        uint32 frozenFrom = options.sharesFrozenFrom;
        if (frozenFrom != 0 && block.timestamp >= frozenFrom) revert IDATOptions.DATSharesFrozen(classId, frozenFrom);
        uint256 shares = _syncExpired(classId).totalShare() + _pendingShare(classId) + ratio;
        // Pending shares enter later, in settlements, which must not fail.
        if (shares > type(uint48).max) revert IDATRevenue.DATTotalShareTooHigh(classId, shares);
        if (options.shareCap != 0 && shares > options.shareCap) {
            revert IDATOptions.DATShareCapExceeded(classId, shares, options.shareCap);
        }
        if (options.activationDelay == 0) return 0;
        // The end of a day, so that many mints share one of the 64 moments (R21). Fits until the year 2105.
        return uint32((block.timestamp + options.activationDelay + 1 days - 1) / 1 days * 1 days);
    }

    function _addPendingShare(uint256 classId, uint256 tokenId, uint32 ratio, uint32 expireAt, uint32 activateAt)
        private
    {
        if (expireAt != 0 && expireAt <= activateAt) revert IDATErrors.DATInvalidExpiry(expireAt);
        // Synced by the caller.
        ClassShare share = _atMoment(classId, activateAt, _classShares[classId]);
        _buckets[classId][activateAt].entering += ratio;
        if (expireAt != 0) {
            share = _atMoment(classId, expireAt, share);
            _buckets[classId][expireAt].weight += ratio;
        }
        _classShares[classId] = share;
        _shares[tokenId] = packPendingShare(ratio, activateAt);
        emit IDATOptions.SharePending(tokenId, activateAt);
    }
}
