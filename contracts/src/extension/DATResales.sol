// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {IDATResale, PendingTerm, Resale} from "../interfaces/IDATResale.sol";
import {Revocation} from "../types/Revocation.sol";
import {Share, Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATResales: a token that is sold on, its seller paid first, and what its buyer gets (P23, R30).
abstract contract DATResales is DATExtension {
    function transferWithTerms(
        address from,
        address to,
        uint256 tokenId,
        uint64 minValue,
        PendingTerm[] calldata minPending
    ) external onlyDelegated {
        (Token token, uint256 place) = _ownedBy(tokenId, from);
        if (token.value() < minValue) revert IDATResale.DATLessValue(tokenId, token.value(), minValue);
        uint256 classId = TokenId.wrap(tokenId).classId();
        for (uint256 i; i < minPending.length; ++i) {
            (address asset, uint256 least) = (minPending[i].asset, minPending[i].minPending);
            (uint256 pending,) = _earned(tokenId, classId, token.expireAt(), _ledgers[classId][asset]);
            if (pending < least) revert IDATResale.DATLessPending(tokenId, asset, pending, least);
        }
        _transfer(token, place, to, tokenId);
    }

    function safeTransferWithClaim(
        address from,
        address to,
        uint256 tokenId,
        address[] calldata assets,
        bytes calldata data
    ) external onlyDelegated nonReentrant returns (uint256[] memory amounts) {
        (Token token, uint256 place) = _ownedBy(tokenId, from);
        amounts = new uint256[](assets.length);
        for (uint256 i; i < assets.length; ++i) {
            amounts[i] = _claim(tokenId, assets[i], from);
        }
        _transfer(token, place, to, tokenId);
        for (uint256 i; i < assets.length; ++i) {
            _pay(assets[i], from, amounts[i]);
        }
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, tokenId, data);
    }

    function resaleOf(uint256 tokenId, address[] calldata assets) external view returns (Resale memory resale) {
        Token token = _requireToken(tokenId);
        TokenId id = TokenId.wrap(tokenId);
        Share share = _shares[tokenId];
        Revocation memory revocation = _revocations[tokenId];
        resale.owner = token.owner();
        resale.value = token.value();
        resale.shareRatio = share.ratio();
        resale.activateAt = share.activateAt();
        resale.expireAt = token.expireAt();
        if (revocation.isPending()) resale.revokedAt = revocation.effectiveAt;
        // An unbacked lot bears the number of its policy version.
        resale.policyVersion = id.isBacked() ? _lots[id.lotKey()].head.policyVersion() : id.lot();
        resale.transferable = !id.isNonTransferable();
        resale.shareOutlivesExpiry = share.outlivesExpiry();
        resale.pending = new uint256[](assets.length);
        for (uint256 i; i < assets.length; ++i) {
            (resale.pending[i],) = _earned(tokenId, id.classId(), token.expireAt(), _ledgers[id.classId()][assets[i]]);
        }
    }

    function _ownedBy(uint256 tokenId, address from) private view returns (Token token, uint256 place) {
        (token, place) = _tokenAndPlace(tokenId);
        address owner = token.owner();
        if (owner != from) revert IERC721Errors.ERC721IncorrectOwner(from, tokenId, owner);
    }
}
