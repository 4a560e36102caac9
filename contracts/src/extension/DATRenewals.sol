// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATLifecycle} from "../interfaces/IDATLifecycle.sol";
import {IDATOptions} from "../interfaces/IDATOptions.sol";
import {IDATRenewals} from "../interfaces/IDATRenewals.sol";
import {ClassShare} from "../types/Class.sol";
import {LotHead} from "../types/Lot.sol";
import {Share, Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATHandovers} from "./DATHandovers.sol";

/// @title DATRenewals: a later expiry for value, and for shares (P27, R22).
abstract contract DATRenewals is DATHandovers {
    function renew(uint256 tokenId, uint64 expireAt) external onlyDelegated {
        Token token = _requireToken(tokenId);
        _requireLater(tokenId, token.expireAt(), expireAt);
        TokenId id = TokenId.wrap(tokenId);
        address minter = _minterOf(id);
        if (msg.sender != minter) revert IDATRenewals.DATNotRenewedBy(tokenId, msg.sender, minter);
        _requireCurrentLot(id);
        Share share = _shares[tokenId];
        if (share.ratio() != 0 && !share.outlivesExpiry()) revert IDATRenewals.DATShareNotRenewed(tokenId);
        if (id.isBacked()) {
            LotHead head = _lots[id.lotKey()].head;
            if (!head.refundable() && !head.expiredToClass()) revert IDATRenewals.DATRenewalDelaysRefund(tokenId);
        }
        // The cast: checked above.
        _tokens[tokenId] = token.withExpiry(uint32(expireAt));
        emit IDATRenewals.TokenRenewed(tokenId, token.expireAt(), expireAt);
    }

    function offerShareRenewal(uint256 tokenId, uint64 expireAt) external onlyDelegated {
        Token token = _requireToken(tokenId);
        _requireIssuer(TokenId.wrap(tokenId).classId());
        if (expireAt != 0) {
            _requireLater(tokenId, token.expireAt(), expireAt);
            Share share = _shares[tokenId];
            if (share.ratio() == 0) revert IDATLifecycle.DATNoActiveShare(tokenId);
            if (share.outlivesExpiry()) revert IDATRenewals.DATShareOutlivesExpiry(tokenId);
        }
        // The cast: checked above.
        _renewalOffers[tokenId] = uint32(expireAt);
        emit IDATRenewals.ShareRenewalOffered(tokenId, expireAt);
    }

    function renewShare(uint256 tokenId, uint64 expireAt) external onlyDelegated returns (uint256 newTokenId) {
        (Token token,) = _requireOwn(tokenId);
        uint32 before = token.expireAt();
        _requireUnexpired(tokenId, before);
        uint32 offered = _renewalOffers[tokenId];
        // What was offered is later than the token's expiry, which a token with a share keeps.
        if (offered == 0 || offered != expireAt) {
            revert IDATRenewals.DATRenewalNotOffered(tokenId, expireAt, offered);
        }
        TokenId id = TokenId.wrap(tokenId);
        uint256 classId = id.classId();
        uint32 frozenFrom = _classOptions[classId].sharesFrozenFrom;
        if (frozenFrom != 0 && block.timestamp >= frozenFrom) revert IDATOptions.DATSharesFrozen(classId, frozenFrom);
        _requireNoRevocation(tokenId);
        Share share = _requireActiveShare(tokenId, classId, token);
        uint32 ratio = share.ratio();

        delete _renewalOffers[tokenId];
        ClassShare shares = _leaveMoment(classId, before, ratio, _classShares[classId]);
        shares = _atMoment(classId, offered, shares);
        _buckets[classId][offered].weight += ratio;
        Share begun = _handOver(tokenId, classId, share, shares);
        newTokenId = _mintToken(classId, id.lot(), _heads[classId], msg.sender, 0, ratio, offered);
        _shares[newTokenId] = begun;
        emit IDATRenewals.ShareRenewed(tokenId, newTokenId, ratio, offered);
    }

    function renewalOffer(uint256 tokenId) external view returns (uint64) {
        _requireToken(tokenId);
        return _renewalOffers[tokenId];
    }

    /// @dev A token that never expires has no later expiry.
    function _requireLater(uint256 tokenId, uint32 before, uint64 expireAt) private view {
        _requireUnexpired(tokenId, before);
        if (before == 0 || expireAt <= before || expireAt > type(uint32).max) {
            revert IDATErrors.DATInvalidExpiry(expireAt);
        }
    }
}
