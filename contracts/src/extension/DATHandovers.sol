// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLifecycle} from "../interfaces/IDATLifecycle.sol";
import {IDATPolicies} from "../interfaces/IDATPolicies.sol";
import {IDATRevocations} from "../interfaces/IDATRevocations.sol";
import {ClassHead, ClassShare, ExpiryBucket} from "../types/Class.sol";
import {Revocation} from "../types/Revocation.sol";
import {Share, Token, packRetiredShare} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATHandovers: a share that ends in one token, for good or to begin in others (R22), and whose lot a token is of.
abstract contract DATHandovers is DATExtension {
    /// @dev The class's shares are synced, and this one has entered and not left.
    function _requireActiveShare(uint256 tokenId, uint256 classId, Token token) internal returns (Share share) {
        _syncExpired(classId);
        share = _shares[tokenId];
        uint256 activateAt = share.activateAt();
        bool waits = activateAt != 0 && _buckets[classId][activateAt].exitEpoch == 0;
        bool left = _isExpired(token.expireAt()) && !share.outlivesExpiry();
        if (share.ratio() == 0 || waits || left) revert IDATLifecycle.DATNoActiveShare(tokenId);
    }

    /// @dev Takes a share out of the bucket of its expiry, and the bucket out of the queue if nothing is left in it.
    function _leaveMoment(uint256 classId, uint32 moment, uint32 ratio, ClassShare share)
        internal
        returns (ClassShare)
    {
        ExpiryBucket storage bucket = _buckets[classId][moment];
        bucket.weight -= ratio;
        if (bucket.weight != 0 || bucket.entering != 0) return share;
        return _dequeue(classId, moment, share);
    }

    /// @dev Ends an active share for ever.
    function _endShare(uint256 tokenId, uint256 classId, Token token, Share share) internal {
        uint32 ratio = share.ratio();
        ClassShare shares = _classShares[classId];
        uint32 expireAt = token.expireAt();
        if (expireAt != 0 && !share.outlivesExpiry()) shares = _leaveMoment(classId, expireAt, ratio, shares);
        // The share is part of the total.
        shares = shares.withTotal(shares.totalShare() - ratio);
        _classShares[classId] = shares;
        _shares[tokenId] = packRetiredShare(share, shares.epoch());
        emit IDATLifecycle.ShareRetired(tokenId, ratio, shares.totalShare());
    }

    /// @dev The token's share ends where what takes its place begins: in a new epoch with the old total.
    function _handOver(uint256 tokenId, uint256 classId, Share share, ClassShare shares)
        internal
        returns (Share begun)
    {
        shares = shares.withTotal(shares.totalShare());
        _classShares[classId] = shares;
        _shares[tokenId] = packRetiredShare(share, shares.epoch());
        emit IDATLifecycle.ShareRetired(tokenId, share.ratio(), shares.totalShare() - share.ratio());
        return share.begunAnew(shares.epoch());
    }

    /// @dev Who may mint from the token's lot.
    function _minterOf(TokenId id) internal view returns (address) {
        return id.isBacked() ? _lots[id.lotKey()].seller : _heads[id.classId()].issuer();
    }

    function _requireCurrentLot(TokenId id) internal view {
        ClassHead head = _heads[id.classId()];
        // An unbacked lot bears the number of its policy version.
        uint32 version = id.isBacked() ? _lots[id.lotKey()].head.policyVersion() : id.lot();
        if (version != head.policyVersion()) {
            revert IDATPolicies.DATLotSuperseded(id.classId(), id.lot(), version, head.policyVersion());
        }
    }

    function _requireNoRevocation(uint256 tokenId) internal view {
        Revocation memory revocation = _revocations[tokenId];
        if (revocation.isPending()) {
            revert IDATRevocations.DATRevocationPending(tokenId, revocation.effectiveAt);
        }
    }
}
