// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLots} from "../interfaces/IDATLots.sol";
import {Ledger} from "../types/Ledger.sol";
import {Lot, LotHead, LotPrice, LotSupply, packLotSupply} from "../types/Lot.sol";
import {TokenId, encodeLotKey} from "../types/TokenId.sol";
import {DATRevenue} from "./DATRevenue.sol";
import {ReentrancyGuard} from "./ReentrancyGuard.sol";

/// @title DATBacking: the escrow behind a lot's unspent value (R2).
/// @dev Escrow never runs dry. Since the lot was last empty, with N units bought, S spent and R refunded or swept:
/// deposits >= price x N; released for spending < price x S + 1 (a difference of two floors); paid for R <= price x R.
/// As S + R <= N, what left < deposits + 1, and both are integers.
abstract contract DATBacking is DATRevenue, ReentrancyGuard {
    /// @dev Releases the backing of spent units: the operator's cut is owed to it, the rest is revenue of the class (R3).
    /// No operator: no cut. Does nothing for unbacked value.
    function _releaseSpent(TokenId id, uint256 units, address operator) internal {
        // The cast: a lot's outstanding units, which these are of, have 64 bits.
        if (units != 0 && id.isBacked()) _releaseBacking(id, uint64(units), operator);
    }

    function _releaseBacking(TokenId id, uint64 units, address operator) private nonReentrantView {
        Lot storage lot = _lots[id.lotKey()];
        LotHead head = lot.head;
        address asset = head.asset();
        uint256 classId = id.classId();
        Ledger storage ledger = _ledgers[classId][asset];
        (uint256 released, uint256 residue) = _spendBacking(lot, ledger, units);

        uint256 operatorAmount;
        // No overflow: an escrow has 96 bits, and basis points are 10,000 at most.
        unchecked {
            if (operator != address(0)) operatorAmount = released * head.operatorBps() / BASIS_POINTS;
            released += residue - operatorAmount;
        }
        if (operatorAmount != 0) _owe(operator, asset, operatorAmount);
        emit IDATLots.BackingReleased(classId, id.lot(), operator, operatorAmount, released);
        if (released != 0) _settle(classId, asset, ledger, released, _syncExpired(classId));
    }

    function _spendBacking(Lot storage lot, Ledger storage ledger, uint64 units)
        private
        returns (uint256 released, uint256 residue)
    {
        LotSupply supply = lot.supply;
        LotPrice price = lot.price;
        uint64 spent = supply.spent();
        // spent + units fits, as outstanding units are part of that bound; and cost grows with units.
        unchecked {
            released = price.costDown(spent + units) - price.costDown(spent);
            residue = _takeBacking(lot, ledger, supply, units, spent + units, released);
        }
    }

    /// @dev Takes `units` out of the lot and `amount` out of its escrow; `spent` is what its spent units are after that.
    /// Where nothing is outstanding any more, what rounding left in the escrow is taken, too, and is the class's (R2).
    function _takeBacking(
        Lot storage lot,
        Ledger storage ledger,
        LotSupply supply,
        uint64 units,
        uint64 spent,
        uint256 amount
    ) private returns (uint256 residue) {
        uint64 outstanding = supply.outstanding() - units;
        uint256 escrow = supply.escrow() - amount;
        if (outstanding == 0) (residue, escrow) = (escrow, 0);
        // The cast: smaller than before.
        lot.supply = packLotSupply(outstanding, spent, uint96(escrow));
        // No overflow: both were in the escrow.
        unchecked {
            ledger.held = ledger.held.minusBacking(amount + residue);
        }
    }

    /// @dev Takes unspent units, which the caller took from their token, from their lot, and floor(price x units) from its
    /// backing; a last residue is the class's.
    function _takeUnits(TokenId id, Lot storage lot, address asset, uint64 units) internal returns (uint256 amount) {
        amount = lot.price.costDown(units);
        uint256 classId = id.classId();
        Ledger storage ledger = _ledgers[classId][asset];
        LotSupply supply = lot.supply;
        uint256 residue = _takeBacking(lot, ledger, supply, units, supply.spent(), amount);
        if (residue == 0) return amount;
        emit IDATLots.BackingReleased(classId, id.lot(), address(0), 0, residue);
        _settle(classId, asset, ledger, residue, _syncExpired(classId));
    }

    function _requireLot(uint256 classId, uint32 lot) internal view returns (Lot storage record) {
        record = _lots[encodeLotKey(classId, lot)];
        // The key is exact for every class id below 2^64, and there are no others.
        if (classId > type(uint64).max || record.seller == address(0)) revert IDATLots.DATNonexistentLot(classId, lot);
    }

    function _policyOf(TokenId id) internal view returns (uint32 policyVersion, bytes32 policyHash) {
        policyVersion = id.isBacked() ? _lots[id.lotKey()].head.policyVersion() : id.lot();
        policyHash = _records[id.classId()].policies[policyVersion].hash;
    }

    /// @dev No lot is made under a policy without a hash, and a published version never changes (R25).
    function _isPolicyHashed(TokenId id) internal view returns (bool) {
        return id.isBacked() || _records[id.classId()].policies[id.lot()].hash != 0;
    }
}
