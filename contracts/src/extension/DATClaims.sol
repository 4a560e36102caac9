// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {ClaimState} from "../types/ClaimState.sol";
import {Ledger} from "../types/Ledger.sol";
import {Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATClaims: a claim within a larger call, which pays later.
abstract contract DATClaims is DATExtension {
    /// @dev As the core's `claim`, without the payment.
    function _claim(uint256 tokenId, address asset, address to) internal returns (uint256 amount) {
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
