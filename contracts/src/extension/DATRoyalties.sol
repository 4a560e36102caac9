// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {RevenueInfo} from "../interfaces/IDATRevenue.sol";
import {Parent} from "../interfaces/IDATClasses.sol";
import {Ledger, LedgerBooks, LedgerHeld, LedgerIndex} from "../types/Ledger.sol";
import {Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATRoyalties: royalties due, expiry by anyone, what accounts are owed, and the books of a class (P3, R19-R21).
/// What pays, `collectRoyalty` and `withdraw`, is in the core: `DATPayouts`.
abstract contract DATRoyalties is DATExtension {
    function royaltyDue(uint256 classId, uint256 parentIndex, address asset) external view returns (uint256) {
        Parent memory parent = _requireParent(classId, parentIndex);
        Ledger storage ledger = _ledgers[classId][asset];
        return _royaltyDown(ledger.books.received(), parent.royaltyBps) - ledger.collected[parentIndex];
    }

    function syncExpired(uint256 classId) external onlyDelegated {
        _requireClass(classId);
        _syncExpired(classId);
    }

    function observeExpiry(uint256 tokenId) external onlyDelegated {
        Token token = _requireToken(tokenId);
        if (!_isExpired(token.expireAt())) return;
        _syncExpired(TokenId.wrap(tokenId).classId());
        _observeExpired(tokenId);
    }

    function owedTo(address account, address asset) external view returns (uint256) {
        return _owed[account][asset];
    }

    function revenueInfo(uint256 classId, address asset) external view returns (RevenueInfo memory) {
        _requireClass(classId);
        Ledger storage ledger = _ledgers[classId][asset];
        LedgerIndex state = ledger.index;
        LedgerBooks books = ledger.books;
        LedgerHeld held = ledger.held;
        uint112 received = books.received();
        return RevenueInfo({
            index: state.index(),
            carry: state.carry(),
            // Both casts: parts of `received`.
            received: received,
            royaltiesReserved: uint112(received - _holdersPartDown(received, _classShares[classId].royaltyBps())),
            royaltiesPaid: uint112(_royaltiesPaid(classId, ledger)),
            claimed: books.claimed(),
            orphan: held.orphan(),
            backing: held.backing()
        });
    }

    function totalShareOf(uint256 classId) external view returns (uint256) {
        _requireClass(classId);
        return _activeShare(classId);
    }
}
