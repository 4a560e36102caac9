// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLots} from "../interfaces/IDATLots.sol";
import {Ledger, Lot} from "../types/Records.sol";
import {TokenId} from "../types/TokenId.sol";
import {DATRevenue} from "./DATRevenue.sol";

/// @title DATBacking: the escrow behind a lot's unspent value (R2).
/// @dev Escrow never runs dry. Since the lot was last empty, with N units bought, S spent and R refunded or swept:
/// deposits >= price x N; released for spending < price x S + 1 (a difference of two floors); paid for R <= price x R.
/// As S + R <= N, what left < deposits + 1, and both are integers.
abstract contract DATBacking is DATRevenue {
    /// @dev Releases the backing of spent units: the operator's cut is owed to it, the rest is revenue of the class (R3).
    /// No operator: no cut. Does nothing for unbacked value.
    function _releaseSpent(TokenId id, uint64 units, address operator) internal {
        if (units == 0 || !id.isBacked()) return;
        Lot storage lot = _lots[id.lotKey()];
        uint64 spent = lot.spent;
        uint256 released = _priceDown(lot, spent + units) - _priceDown(lot, spent);
        lot.spent = spent + units;
        (address asset, uint256 residue) = _takeBacking(id, lot, units, released);

        uint256 operatorAmount = operator == address(0) ? 0 : released * lot.operatorBps / BASIS_POINTS;
        uint256 revenue = released - operatorAmount + residue;
        if (operatorAmount != 0) _owe(operator, asset, operatorAmount);
        emit IDATLots.BackingReleased(id.classId(), id.lot(), operator, operatorAmount, revenue);
        if (revenue != 0) _settle(id.classId(), asset, revenue);
    }

    /// @dev Takes `units` out of the lot and `amount` out of its escrow. Where nothing is outstanding any more, what
    /// rounding left in the escrow is taken, too, and is the class's (R2).
    function _takeBacking(TokenId id, Lot storage lot, uint64 units, uint256 amount)
        internal
        returns (address asset, uint256 residue)
    {
        asset = lot.asset;
        uint64 outstanding = lot.outstanding - units;
        uint256 escrow = lot.escrow - amount;
        if (outstanding == 0) (residue, escrow) = (escrow, 0);
        lot.outstanding = outstanding;
        // Smaller than before.
        lot.escrow = uint96(escrow);
        Ledger storage ledger = _ledgers[id.classId()][asset];
        ledger.backing = uint112(ledger.backing - amount - residue);
    }

    function _priceDown(Lot storage lot, uint256 units) internal view returns (uint256) {
        return lot.priceNumerator * units / lot.priceDenominator;
    }

    function _priceUp(Lot storage lot, uint256 units) internal view returns (uint256) {
        uint256 denominator = lot.priceDenominator;
        return (lot.priceNumerator * units + denominator - 1) / denominator;
    }
}
