// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MintItem} from "../interfaces/IDATBatches.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {ClaimState} from "../types/ClaimState.sol";
import {Ledger} from "../types/Ledger.sol";
import {Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATMints} from "./DATMints.sol";

/// @title DATBatches: many tokens minted or claimed for in one call (P29). Batches of usage are in `DATUsages`.
abstract contract DATBatches is DATMints {
    function mintBatch(uint256 classId, MintItem[] calldata items)
        external
        onlyDelegated
        returns (uint256[] memory tokenIds)
    {
        _requireIssuer(classId);
        tokenIds = new uint256[](items.length);
        for (uint256 i; i < items.length; ++i) {
            MintItem calldata item = items[i];
            tokenIds[i] = _mint(classId, item.to, item.value, item.shareRatio, item.expireAt);
        }
    }

    function claimBatch(uint256[] calldata tokenIds, address asset, address payable to)
        external
        onlyDelegated
        nonReentrant
        returns (uint256 amountClaimed)
    {
        for (uint256 i; i < tokenIds.length; ++i) {
            amountClaimed += _claim(tokenIds[i], asset, to);
        }
        _pay(asset, to, amountClaimed);
    }

    /// @dev As the core's `claim`, without the payment.
    function _claim(uint256 tokenId, address asset, address to) private returns (uint256 amount) {
        Token token = _requireToken(tokenId);
        if (msg.sender != token.owner() && to != token.owner()) {
            revert IDATErrors.ERC8028Unauthorized(tokenId, msg.sender);
        }
        uint32 expireAt = token.expireAt();
        if (_isExpired(expireAt)) _observeExpired(tokenId);
        uint256 classId = TokenId.wrap(tokenId).classId();
        Ledger storage ledger = _ledgers[classId][asset];
        ClaimState state;
        (amount, state) = _earned(tokenId, classId, expireAt, ledger);
        if (amount != 0) {
            ledger.claims[tokenId] = state;
            ledger.books = ledger.books.plusClaimed(amount);
        }
        emit IDATCore.Claimed(tokenId, to, asset, amount);
    }
}
