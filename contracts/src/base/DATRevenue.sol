// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {Checkpoint, ClaimState, ClassShare, Ledger, Share} from "../types/Records.sol";
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
        emit IDATCore.RevenueSettled(classId, asset, amount);
        _accrue(classId, asset, amount, _syncExpired(classId));
    }

    /// @dev Adds revenue to the class: the parents' part is reserved, the rest goes to the active shares, or, when there
    /// are none, to the beneficiary, or waits as orphan (R20). Never fails for lack of shares. `share` is synced.
    function _accrue(uint256 classId, address asset, uint256 amount, ClassShare memory share) internal {
        Ledger storage ledger = _ledgers[classId][asset];
        uint256 before = ledger.received;
        uint256 received = before + amount;
        if (received > type(uint112).max) revert IDATErrors.DATAmountTooLarge(received);
        // Checked above. Whatever is counted below is part of `received` and so below 2^112, too.
        ledger.received = uint112(received);

        uint256 toHolders = _holdersPartDown(received, share.royaltyBps) - _holdersPartDown(before, share.royaltyBps);
        uint256 index = ledger.index;
        if (share.totalShare == 0) {
            _accrueOrphan(classId, asset, ledger, toHolders);
        } else {
            uint256 orphan = share.orphanAssets == 0 ? 0 : _takeOrphan(classId, ledger);
            index = _raiseIndex(ledger, toHolders + orphan, share);
        }
        emit IDATRevenue.RevenueAccrued(classId, asset, amount, toHolders, index, share.totalShare);
    }

    /// @dev Cumulative, so that the split of a sum does not depend on its parts.
    function _holdersPartDown(uint256 received, uint256 royaltyBps) internal pure returns (uint256) {
        return received * (BASIS_POINTS - royaltyBps) / BASIS_POINTS;
    }

    /// @dev Each step keeps rise x totalShare + new carry = amount x 2^48 + old carry. As totalShare >= 1, index + carry
    /// never exceeds all amounts x 2^48 < 2^160; and carry < totalShare < 2^48, one smallest unit.
    function _raiseIndex(Ledger storage ledger, uint256 amount, ClassShare memory share)
        private
        returns (uint256 index)
    {
        index = ledger.index;
        if (amount == 0) return index;
        if (ledger.lastEpoch != share.epoch) {
            // A first settlement in this epoch; the epoch is not 0, for it has shares. The cast: index is a uint160.
            ledger.checkpoints[ledger.checkpointCount++] = Checkpoint({epoch: share.epoch, index: uint160(index)});
        }
        uint256 scaled = (amount << SCALE_BITS) + ledger.carry;
        uint256 totalShare = share.totalShare;
        index += scaled / totalShare;
        // Both casts: see above.
        ledger.index = uint160(index);
        ledger.carry = uint48(scaled % totalShare);
        ledger.lastEpoch = share.epoch;
    }

    function _accrueOrphan(uint256 classId, address asset, Ledger storage ledger, uint256 amount) private {
        if (amount == 0) return;
        address beneficiary = _records[classId].beneficiary;
        // Both casts: amounts are parts of `received`, which fits.
        if (beneficiary != address(0)) {
            ledger.claimed += uint112(amount);
            _owe(beneficiary, asset, amount);
        } else {
            if (ledger.orphan == 0) _classShares[classId].orphanAssets += 1;
            ledger.orphan += uint112(amount);
        }
    }

    function _takeOrphan(uint256 classId, Ledger storage ledger) private returns (uint256 orphan) {
        orphan = ledger.orphan;
        if (orphan == 0) return 0;
        ledger.orphan = 0;
        _classShares[classId].orphanAssets -= 1;
    }

    /// @dev What a token could claim, and its claim state after that.
    function _earned(uint256 tokenId, uint256 classId, uint32 expireAt, Ledger storage ledger)
        internal
        view
        returns (uint256 amount, ClaimState memory state)
    {
        Share memory share = _shares[tokenId];
        if (share.ratio == 0) return (0, state);
        state = ledger.claims[tokenId];
        uint256 start = state.index;
        if (start == 0) start = _indexAtEpoch(ledger, share.entryEpoch);
        uint256 end = _endIndex(classId, expireAt, ledger);
        // No overflow: ratio < 2^32 and index < 2^160. The end is never before the start: an exit comes after its entry,
        // and until it is stored nothing is settled after the expiry, so an earlier claim ended at this index at most.
        uint256 scaled = uint256(share.ratio) * (end - start) + state.fraction;
        amount = scaled >> SCALE_BITS;
        // Casts: an index is a uint160; the fraction keeps the 48 bits below one smallest unit.
        state.index = uint160(end);
        state.fraction = uint48(scaled);
    }

    /// @dev Where earning ends: at the exit of an expired share, exactly, whoever observed it when (P2). An expired share
    /// that was not yet taken out of the total saw no settlement since, so the current index is right for it.
    function _endIndex(uint256 classId, uint32 expireAt, Ledger storage ledger) private view returns (uint256) {
        if (_isExpired(expireAt)) {
            uint32 exitEpoch = _buckets[classId][expireAt].exitEpoch;
            if (exitEpoch != 0) return _indexAtEpoch(ledger, exitEpoch);
        }
        return ledger.index;
    }

    /// @dev The index when `epoch` began: that of the first checkpoint at or after it, for until then nothing was settled;
    /// without one, nothing was settled since.
    function _indexAtEpoch(Ledger storage ledger, uint32 epoch) private view returns (uint256) {
        uint256 count = ledger.checkpointCount;
        uint256 low;
        uint256 high = count;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (ledger.checkpoints[middle].epoch < epoch) low = middle + 1;
            else high = middle;
        }
        return low == count ? ledger.index : ledger.checkpoints[low].index;
    }
}
