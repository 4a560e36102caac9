// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATClasses, Parent} from "../interfaces/IDATClasses.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {packCheckpoint} from "../types/Checkpoint.sol";
import {ClaimState, packClaimState} from "../types/ClaimState.sol";
import {ClassShare} from "../types/Class.sol";
import {Ledger, LedgerBooks, LedgerIndex, packLedgerIndex} from "../types/Ledger.sol";
import {Share, Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATPayments} from "./DATPayments.sol";
import {DATShares} from "./DATShares.sol";
import {DATTokens} from "./DATTokens.sol";

/// @title DATRevenue: how revenue enters a class's index, and what a token has earned of it (P1-P6, R19, R20).
abstract contract DATRevenue is DATTokens, DATShares, DATPayments {
    uint256 internal constant BASIS_POINTS = 10_000;

    /// @dev An index is revenue per unit of share, times 2^48: more than any total share (P5).
    uint256 internal constant SCALE_BITS = 48;

    /// @dev Revenue that came to the class from outside. `RevenueSettled` tells exactly this; royalties, which move
    /// between classes, are told by `RoyaltyCollected`.
    function _settle(uint256 classId, address asset, uint256 amount) internal {
        _settle(classId, asset, _ledgers[classId][asset], amount, _syncExpired(classId));
    }

    /// @dev Assembly is `emit RevenueSettled(classId, asset, amount)`; the tests of revenue see it.
    function _settle(uint256 classId, address asset, Ledger storage ledger, uint256 amount, ClassShare share) internal {
        bytes32 topic = IDATCore.RevenueSettled.selector;
        assembly ("memory-safe") {
            mstore(0, amount)
            // An address may come out of a packed word, with its neighbours still above it.
            log3(0, 0x20, topic, classId, shr(96, shl(96, asset)))
        }
        _accrue(classId, asset, ledger, amount, share);
    }

    /// @dev Adds revenue to the class: the parents' part is reserved, the rest goes to the active shares, or, when there
    /// are none, to the beneficiary, or waits as orphan (R20). Never fails for lack of shares. `share` is synced.
    function _accrue(uint256 classId, address asset, Ledger storage ledger, uint256 amount, ClassShare share) internal {
        LedgerBooks books = ledger.books;
        uint256 before = books.received();
        uint256 received = before + amount;
        if (received > type(uint112).max) revert IDATErrors.DATAmountTooLarge(received);
        // Checked above. Whatever is counted below is part of `received` and so below 2^112, too.
        books = books.withReceived(uint112(received));

        uint256 toHolders = amount;
        uint256 royaltyBps = share.royaltyBps();
        if (royaltyBps != 0) {
            // More received is no smaller part.
            unchecked {
                toHolders = _holdersPartDown(received, royaltyBps) - _holdersPartDown(before, royaltyBps);
            }
        }
        uint256 index;
        if (share.totalShare() == 0) {
            index = ledger.index.index();
            books = _accrueOrphan(classId, asset, ledger, books, toHolders);
        } else {
            uint256 orphan = share.orphanAssets() == 0 ? 0 : _takeOrphan(classId, ledger, share);
            // Both are parts of `received`.
            unchecked {
                orphan += toHolders;
            }
            (index, books) = _raiseIndex(ledger, books, orphan, share);
        }
        ledger.books = books;
        emit IDATRevenue.RevenueAccrued(classId, asset, amount, toHolders, index, share.totalShare());
    }

    /// @dev Cumulative, so that the split of a sum does not depend on its parts. No overflow: 112 and 14 bits.
    function _holdersPartDown(uint256 received, uint256 royaltyBps) internal pure returns (uint256) {
        unchecked {
            return received * (BASIS_POINTS - royaltyBps) / BASIS_POINTS;
        }
    }

    /// @dev The edges' floors never sum to more than what is reserved, which is a ceiling.
    function _royaltyDown(uint256 received, uint256 royaltyBps) internal pure returns (uint256) {
        return received * royaltyBps / BASIS_POINTS;
    }

    function _royaltiesPaid(uint256 classId, Ledger storage ledger) internal view returns (uint256 sum) {
        uint256 edges = _records[classId].parents.length;
        for (uint256 i; i < edges; ++i) {
            sum += ledger.collected[i];
        }
    }

    function _requireParent(uint256 classId, uint256 parentIndex) internal view returns (Parent storage) {
        Parent[] storage parents = _records[classId].parents;
        if (parentIndex >= parents.length) {
            _requireClass(classId);
            revert IDATClasses.DATNonexistentParent(classId, parentIndex);
        }
        return parents[parentIndex];
    }

    /// @dev Each step keeps rise x totalShare + new carry = amount x 2^48 + old carry. As totalShare >= 1, index + carry
    /// never exceeds all amounts x 2^48 < 2^160; and carry < totalShare < 2^48, one smallest unit.
    function _raiseIndex(Ledger storage ledger, LedgerBooks books, uint256 amount, ClassShare share)
        private
        returns (uint256, LedgerBooks)
    {
        LedgerIndex state = ledger.index;
        uint256 index = state.index();
        if (amount == 0) return (index, books);
        uint32 epoch = share.epoch();
        if (state.lastEpoch() != epoch) {
            // A first settlement in this epoch; the epoch is not 0, for it has shares.
            ledger.checkpoints[books.checkpointCount()] = packCheckpoint(state.index(), epoch);
            books = books.plusCheckpoint();
        }
        // Neither the sums nor the casts lose a bit: see above.
        unchecked {
            uint256 scaled = (amount << SCALE_BITS) + state.carry();
            uint256 totalShare = share.totalShare();
            index += scaled / totalShare;
            ledger.index = packLedgerIndex(uint160(index), uint48(scaled % totalShare), epoch);
        }
        return (index, books);
    }

    function _accrueOrphan(uint256 classId, address asset, Ledger storage ledger, LedgerBooks books, uint256 amount)
        private
        returns (LedgerBooks)
    {
        if (amount == 0) return books;
        address beneficiary = _records[classId].beneficiary;
        if (beneficiary != address(0)) {
            _owe(beneficiary, asset, amount);
            return books.plusClaimed(amount);
        }
        uint256 orphan = ledger.held.orphan();
        if (orphan == 0) _classShares[classId] = _classShares[classId].withMoreOrphans();
        // Orphans are parts of `received`, which fits.
        ledger.held = ledger.held.withOrphan(uint112(orphan + amount));
        return books;
    }

    function _takeOrphan(uint256 classId, Ledger storage ledger, ClassShare share) private returns (uint256 orphan) {
        orphan = ledger.held.orphan();
        if (orphan == 0) return 0;
        ledger.held = ledger.held.withOrphan(0);
        _classShares[classId] = share.withFewerOrphans();
    }

    /// @dev Counts as paid what the token earned; the caller pays it.
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
        bytes32 topic = IDATCore.Claimed.selector;
        assembly ("memory-safe") {
            // emit Claimed(tokenId, to, asset, amount); the decoder has checked both addresses.
            mstore(0, amount)
            log4(0, 0x20, topic, tokenId, to, asset)
        }
    }

    /// @dev What a token could claim, and its claim state after that.
    function _earned(uint256 tokenId, uint256 classId, uint32 expireAt, Ledger storage ledger)
        internal
        view
        returns (uint256 amount, ClaimState state)
    {
        Share share = _shares[tokenId];
        uint256 ratio = share.ratio();
        if (ratio == 0) return share.isRetired() ? _earnedUntilRetired(tokenId, classId, share, ledger) : (0, state);
        state = ledger.claims[tokenId];
        uint256 start = state.index();
        if (start == 0) {
            uint256 entry = share.entry();
            if (entry > type(uint32).max) entry = _entryEpoch(classId, entry >> 32);
            start = _indexAtEpoch(ledger, entry);
        }
        uint256 end = expireAt == 0 ? ledger.index.index() : _endIndex(classId, expireAt, share, ledger);
        // No overflow: ratio < 2^32 and index < 2^160. The end is never before the start: an exit comes after its entry,
        // and until it is stored nothing is settled after the expiry, so an earlier claim ended at this index at most.
        unchecked {
            uint256 scaled = ratio * (end - start) + state.fraction();
            amount = scaled >> SCALE_BITS;
            // Casts: an index is a uint160; the fraction keeps the 48 bits below one smallest unit.
            state = packClaimState(uint160(end), uint48(scaled));
        }
    }

    /// @dev As above, for a share whose end is known.
    function _earnedUntilRetired(uint256 tokenId, uint256 classId, Share share, Ledger storage ledger)
        private
        view
        returns (uint256 amount, ClaimState state)
    {
        state = ledger.claims[tokenId];
        uint256 start = state.index();
        if (start == 0) {
            uint256 entry = share.entry();
            if (entry > type(uint32).max) entry = _entryEpoch(classId, entry >> 32);
            start = _indexAtEpoch(ledger, entry);
        }
        uint256 end = _indexAtEpoch(ledger, share.exitEpoch());
        // No overflow: see above. It was claimed up to this end at most.
        unchecked {
            uint256 scaled = share.retiredRatio() * (end - start) + state.fraction();
            amount = scaled >> SCALE_BITS;
            state = packClaimState(uint160(end), uint48(scaled));
        }
    }

    /// @dev The epoch in which a share that waited has entered (P17). If it has not, nothing was settled since its activation,
    /// if that has come: the newest index is right for it, which no epoch is too high for.
    function _entryEpoch(uint256 classId, uint256 activateAt) private view returns (uint32) {
        uint32 epoch = _buckets[classId][activateAt].exitEpoch;
        return epoch == 0 ? type(uint32).max : epoch;
    }

    /// @dev Where earning ends: at the exit of an expired share, exactly, whoever observed it when (P2). An expired share
    /// that was not yet taken out of the total saw no settlement since, so the current index is right for it.
    function _endIndex(uint256 classId, uint32 expireAt, Share share, Ledger storage ledger)
        private
        view
        returns (uint256)
    {
        if (_isExpired(expireAt) && !share.outlivesExpiry()) {
            uint32 exitEpoch = _buckets[classId][expireAt].exitEpoch;
            if (exitEpoch != 0) return _indexAtEpoch(ledger, exitEpoch);
        }
        return ledger.index.index();
    }

    /// @dev The index when `epoch` began: that of the first checkpoint at or after it, for until then nothing was settled;
    /// without one, nothing was settled since.
    function _indexAtEpoch(Ledger storage ledger, uint256 epoch) private view returns (uint256) {
        uint256 count = ledger.books.checkpointCount();
        uint256 low;
        uint256 high = count;
        // Positions have 32 bits.
        unchecked {
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if (ledger.checkpoints[middle].epoch() < epoch) low = middle + 1;
                else high = middle;
            }
        }
        return low == count ? ledger.index.index() : ledger.checkpoints[low].index();
    }
}
