// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {ClassOptions, IDATOptions} from "../interfaces/IDATOptions.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {ClassHead, ClassShare} from "../types/Class.sol";
import {packPendingShare} from "../types/Token.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATMints: minting in classes that bound their shares (P17, P21). The core mints where nothing is bound.
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
        // The expiry was checked by the mint.
        if (head.hasShareTerms()) _addBoundShare(classId, tokenId, uint32(shareRatio), uint32(expireAt));
        else _addShare(classId, tokenId, uint32(shareRatio), uint32(expireAt));
    }

    function _addBoundShare(uint256 classId, uint256 tokenId, uint32 ratio, uint32 expireAt) private {
        ClassOptions memory options = _classOptions[classId];
        _requireRoom(classId, ratio, options);
        if (options.sharesOutliveExpiry) expireAt = 0;
        if (options.activationDelay == 0) {
            _addShare(classId, tokenId, ratio, expireAt);
        } else {
            // The end of a day, so that many mints share one of the 64 moments (R21). Fits until the year 2105.
            uint256 activateAt = (block.timestamp + options.activationDelay + 1 days - 1) / 1 days * 1 days;
            _addPendingShare(classId, tokenId, ratio, expireAt, uint32(activateAt));
        }
        if (options.sharesOutliveExpiry) _shares[tokenId] = _shares[tokenId].withoutExpiry();
    }

    /// @dev Fails when the class admits no such share.
    function _requireRoom(uint256 classId, uint32 ratio, ClassOptions memory options) private {
        uint32 frozenFrom = options.sharesFrozenFrom;
        if (frozenFrom != 0 && block.timestamp >= frozenFrom) revert IDATOptions.DATSharesFrozen(classId, frozenFrom);
        uint256 shares = _syncExpired(classId).totalShare() + _pendingShare(classId) + ratio;
        // Pending shares enter later, in settlements, which must not fail.
        if (shares > type(uint48).max) revert IDATRevenue.DATTotalShareTooHigh(classId, shares);
        if (options.shareCap != 0 && shares > options.shareCap) {
            revert IDATOptions.DATShareCapExceeded(classId, shares, options.shareCap);
        }
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
