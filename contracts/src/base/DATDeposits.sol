// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATLots} from "../interfaces/IDATLots.sol";
import {Ledger, LedgerHeld} from "../types/Ledger.sol";
import {Lot, LotSupply, packLotSupply} from "../types/Lot.sol";
import {DATBacking} from "./DATBacking.sol";

/// @title DATDeposits: payment that comes in behind a lot's value (R2).
abstract contract DATDeposits is DATBacking {
    function _takeDeposit(address asset, uint256 deposit) internal {
        uint256 expectedETH = asset == address(0) ? deposit : 0;
        if (msg.value != expectedETH) revert IDATLots.DATWrongDeposit(expectedETH, msg.value);
        if (asset != address(0)) _pullDeposit(asset, deposit);
    }

    /// @dev Guarded, because the asset may call; ETH that came calls nobody.
    function _pullDeposit(address asset, uint256 deposit) private nonReentrant {
        uint256 received = _pull(asset, deposit);
        if (received != deposit) revert IDATLots.DATWrongDeposit(deposit, received);
    }

    function _addBacking(uint256 classId, Lot storage lot, address asset, uint64 units, uint256 deposit) internal {
        LotSupply supply = lot.supply;
        uint64 spent = supply.spent();
        // No overflow: 64 bits each, and 96 and 160.
        unchecked {
            uint256 outstanding = uint256(supply.outstanding()) + units;
            // Keeps the lot's spent units below 2^64 for ever, so that spending cannot fail.
            if (outstanding + spent > type(uint64).max) revert IDATErrors.DATValueTooLarge(outstanding + spent);
            uint256 escrow = supply.escrow() + deposit;
            if (escrow > type(uint96).max) revert IDATErrors.DATAmountTooLarge(escrow);
            // Both checked above.
            lot.supply = packLotSupply(uint64(outstanding), spent, uint96(escrow));

            Ledger storage ledger = _ledgers[classId][asset];
            LedgerHeld held = ledger.held;
            uint256 backing = held.backing() + deposit;
            if (backing > type(uint112).max) revert IDATErrors.DATAmountTooLarge(backing);
            ledger.held = held.plusBacking(deposit);
        }
    }
}
