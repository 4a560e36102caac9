// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATBacking} from "../base/DATBacking.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {Parent} from "../interfaces/IDATClasses.sol";
import {Ledger} from "../types/Ledger.sol";

/// @title DATPayouts: royalties collected and dues withdrawn (R3, R19, R20). The part of `IDATRevenue` that is called often.
abstract contract DATPayouts is DATBacking {
    function collectRoyalty(uint256 classId, uint256 parentIndex, address asset)
        external
        nonReentrantView
        returns (uint256 amount)
    {
        Parent memory parent = _requireParent(classId, parentIndex);
        Ledger storage ledger = _ledgers[classId][asset];
        uint256 collected = ledger.collected[parentIndex];
        amount = _royaltyDown(ledger.books.received(), parent.royaltyBps) - collected;
        if (amount == 0) return 0;
        // The sum is the royalty of all that was received.
        unchecked {
            ledger.collected[parentIndex] = collected + amount;
        }
        emit IDATRevenue.RoyaltyCollected(classId, parent.classId, asset, parentIndex, amount);
        _accrue(parent.classId, asset, _ledgers[parent.classId][asset], amount, _syncExpired(parent.classId));
    }

    function withdraw(address asset, address payable to) external nonReentrant returns (uint256 amount) {
        amount = _owed[msg.sender][asset];
        if (amount == 0) return 0;
        delete _owed[msg.sender][asset];
        _owedTotal[asset] -= amount;
        emit IDATRevenue.Withdrawn(msg.sender, asset, to, amount);
        _pay(asset, to, amount);
    }
}
