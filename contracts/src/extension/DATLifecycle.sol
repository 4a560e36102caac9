// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATDeposits} from "../base/DATDeposits.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATLifecycle, SplitPart} from "../interfaces/IDATLifecycle.sol";
import {Lot} from "../types/Lot.sol";
import {Share, Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATHandovers} from "./DATHandovers.sol";

/// @title DATLifecycle: topping up, burning, splitting and merging (P27, R22).
abstract contract DATLifecycle is DATHandovers, DATDeposits {
    function topUp(uint256 tokenId, uint64 units) external payable onlyDelegated nonReentrantView {
        _requireUnexpired(tokenId, _requireToken(tokenId).expireAt());
        if (units == 0) revert IDATErrors.DATZeroUnits();
        TokenId id = TokenId.wrap(tokenId);
        address minter = _minterOf(id);
        if (msg.sender != minter) revert IDATLifecycle.DATNotToppedUpBy(tokenId, msg.sender, minter);
        _requireCurrentLot(id);
        uint256 deposit;
        if (id.isBacked()) deposit = _depositFor(id, units);
        else _takeDeposit(address(0), 0);
        // Read anew: an asset may have called while it was pulled.
        _giveValue(tokenId, _tokens[tokenId], units);
        emit IDATLifecycle.ValueToppedUp(tokenId, units, deposit);
    }

    function burnValue(uint256 tokenId, uint64 units) external onlyDelegated nonReentrantView {
        (Token token,) = _requireOwn(tokenId);
        _requireUnexpired(tokenId, token.expireAt());
        if (units == 0) revert IDATErrors.DATZeroUnits();
        _takeValue(tokenId, token, units);
        TokenId id = TokenId.wrap(tokenId);
        uint256 revenue;
        if (id.isBacked()) {
            Lot storage lot = _lots[id.lotKey()];
            address asset = lot.head.asset();
            revenue = _takeUnits(id, lot, asset, units);
            if (revenue != 0) _settle(id.classId(), asset, revenue);
        }
        emit IDATLifecycle.ValueBurned(tokenId, units, revenue);
    }

    function retireShare(uint256 tokenId) external onlyDelegated {
        (Token token,) = _requireOwn(tokenId);
        uint256 classId = TokenId.wrap(tokenId).classId();
        _endShare(tokenId, classId, token, _requireActiveShare(tokenId, classId, token));
    }

    function split(uint256 tokenId, SplitPart[] calldata parts)
        external
        onlyDelegated
        returns (uint256[] memory tokenIds)
    {
        (Token token,) = _requireOwn(tokenId);
        _requireUnexpired(tokenId, token.expireAt());
        bool bound = TokenId.wrap(tokenId).isNonTransferable();
        uint256 units;
        uint256 sum;
        for (uint256 i; i < parts.length; ++i) {
            if (bound && parts[i].to != msg.sender) revert IDATErrors.DATNonTransferable(tokenId);
            // Else any holder could fill anybody's wallet with tokens of the class that hold nothing.
            if (parts[i].units == 0 && parts[i].share == 0) revert IDATErrors.DATZeroUnits();
            units += parts[i].units;
            sum += parts[i].share;
        }
        _takeValue(tokenId, token, units);
        Share begun = sum == 0 ? Share.wrap(0) : _handOverParts(tokenId, token, sum);
        tokenIds = new uint256[](parts.length);
        for (uint256 i; i < parts.length; ++i) {
            tokenIds[i] = _splitOff(TokenId.wrap(tokenId), token.expireAt(), parts[i], begun);
        }
    }

    function merge(uint256[] calldata fromTokenIds, uint256 toTokenId) external onlyDelegated {
        (Token target,) = _requireOwn(toTokenId);
        TokenId to = TokenId.wrap(toTokenId);
        _requireUnexpired(toTokenId, target.expireAt());
        for (uint256 i; i < fromTokenIds.length; ++i) {
            uint256 fromTokenId = fromTokenIds[i];
            if (fromTokenId == toTokenId) revert IDATErrors.DATSameToken(fromTokenId);
            (Token source,) = _requireOwn(fromTokenId);
            TokenId from = TokenId.wrap(fromTokenId);
            if (from.classId() != to.classId()) revert IDATErrors.ERC8028ClassMismatch(fromTokenId, toTokenId);
            if (from.lotKey() != to.lotKey()) revert IDATErrors.DATLotMismatch(fromTokenId, toTokenId);
            _requireUnexpired(fromTokenId, source.expireAt());
            _requireNoOutliving(fromTokenId, source, toTokenId, target);
            uint64 units = source.value();
            if (units == 0) revert IDATErrors.DATZeroUnits();
            _tokens[fromTokenId] = source.withValue(0);
            _giveValue(toTokenId, _tokens[toTokenId], units);
            emit IDATCore.ValueTransferred(fromTokenId, toTokenId, units);
        }
    }

    /// @dev As `mintFromLot` takes it.
    function _depositFor(TokenId id, uint64 units) private returns (uint256 deposit) {
        Lot storage lot = _lots[id.lotKey()];
        address asset = lot.head.asset();
        deposit = lot.price.costUp(units);
        _takeDeposit(asset, deposit);
        _addBacking(id.classId(), lot, asset, units, deposit);
    }

    function _handOverParts(uint256 tokenId, Token token, uint256 sum) private returns (Share) {
        // A share does not leave a token from which it is about to be taken.
        _requireNoRevocation(tokenId);
        uint256 classId = TokenId.wrap(tokenId).classId();
        Share share = _requireActiveShare(tokenId, classId, token);
        if (sum != share.ratio()) revert IDATLifecycle.DATWrongParts(tokenId, sum, share.ratio());
        return _handOver(tokenId, classId, share, _classShares[classId]);
    }

    function _splitOff(TokenId id, uint32 expireAt, SplitPart calldata part, Share begun)
        private
        returns (uint256 tokenId)
    {
        uint256 classId = id.classId();
        tokenId = _mintToken(classId, id.lot(), _heads[classId], part.to, part.units, part.share, expireAt);
        // The bucket of the expiry, if any, keeps its weight: the parts expire when the whole would have.
        if (part.share != 0) _shares[tokenId] = begun.withRatio(part.share);
        emit IDATLifecycle.TokenSplit(TokenId.unwrap(id), tokenId, part.units, part.share);
    }
}
