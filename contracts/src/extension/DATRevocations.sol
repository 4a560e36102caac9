// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATRevocations} from "../interfaces/IDATRevocations.sol";
import {Lot} from "../types/Lot.sol";
import {Revocation} from "../types/Revocation.sol";
import {Share, Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATHandovers} from "./DATHandovers.sol";

/// @title DATRevocations: an issuer takes back, after an appeal window, what a class said may be taken back (P27).
abstract contract DATRevocations is DATHandovers {
    function announceRevocation(uint256 tokenId, string calldata reason) external onlyDelegated {
        uint256 classId = _requireRevoker(tokenId);
        uint32 window = _classOptions[classId].appealWindow;
        if (window == 0) revert IDATRevocations.DATNotRevocable(classId);
        if (bytes(reason).length == 0) revert IDATRevocations.DATNoReason();
        _requireNoRevocation(tokenId);
        _requireRevocable(tokenId, _tokens[tokenId]);
        // A window has 32 bits.
        uint64 effectiveAt = uint64(block.timestamp + window);
        _revocations[tokenId] = Revocation(effectiveAt, window, false);
        emit IDATRevocations.RevocationAnnounced(tokenId, effectiveAt, reason);
    }

    function appealRevocation(uint256 tokenId, string calldata statement) external onlyDelegated {
        _requireOwn(tokenId);
        Revocation memory pending = _requirePending(tokenId);
        if (pending.appealed || block.timestamp >= pending.effectiveAt) revert IDATRevocations.DATNoAppeal(tokenId);
        // A window has 32 bits.
        uint64 effectiveAt = uint64(block.timestamp + pending.window);
        _revocations[tokenId] = Revocation(effectiveAt, pending.window, true);
        emit IDATRevocations.RevocationAppealed(tokenId, effectiveAt, statement);
    }

    function withdrawRevocation(uint256 tokenId) external onlyDelegated {
        _requireRevoker(tokenId);
        _requirePending(tokenId);
        delete _revocations[tokenId];
        emit IDATRevocations.RevocationWithdrawn(tokenId);
    }

    function revoke(uint256 tokenId) external onlyDelegated nonReentrantView {
        uint256 classId = _requireRevoker(tokenId);
        uint64 effectiveAt = _requirePending(tokenId).effectiveAt;
        if (block.timestamp < effectiveAt) revert IDATRevocations.DATAppealRunning(tokenId, effectiveAt);
        Token token = _tokens[tokenId];
        _requireRevocable(tokenId, token);
        delete _revocations[tokenId];

        Share share = _shares[tokenId];
        uint32 ratio = share.ratio();
        if (ratio != 0) {
            share = _requireActiveShare(tokenId, classId, token);
            _endShare(tokenId, classId, token, share);
        }
        uint64 units = token.value();
        uint256 amount;
        if (units != 0) {
            _tokens[tokenId] = token.withValue(0);
            amount = _returnBacking(TokenId.wrap(tokenId), units, token.owner());
        }
        emit IDATRevocations.TokenRevoked(tokenId, token.owner(), units, ratio, amount);
    }

    function revocationOf(uint256 tokenId) external view returns (uint64 effectiveAt, bool appealed) {
        _requireToken(tokenId);
        Revocation memory revocation = _revocations[tokenId];
        return revocation.isPending() ? (revocation.effectiveAt, revocation.appealed) : (0, false);
    }

    /// @dev Owed, not paid: a holder that cannot be paid blocks nothing (P7).
    function _returnBacking(TokenId id, uint64 units, address holder) private returns (uint256 amount) {
        if (!id.isBacked()) return 0;
        Lot storage lot = _lots[id.lotKey()];
        address asset = lot.head.asset();
        amount = _takeUnits(id, lot, asset, units);
        if (amount != 0) _owe(holder, asset, amount);
    }

    /// @dev What has expired is nothing to take back, but for a share that outlives it (P21), whose token is unbacked.
    function _requireRevocable(uint256 tokenId, Token token) private view {
        if (!_shares[tokenId].outlivesExpiry()) _requireUnexpired(tokenId, token.expireAt());
    }

    function _requireRevoker(uint256 tokenId) private view returns (uint256 classId) {
        _requireToken(tokenId);
        classId = TokenId.wrap(tokenId).classId();
        _requireIssuer(classId);
    }

    function _requirePending(uint256 tokenId) private view returns (Revocation memory revocation) {
        revocation = _revocations[tokenId];
        if (!revocation.isPending()) revert IDATRevocations.DATNothingRevoked(tokenId);
    }
}
