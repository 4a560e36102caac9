// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Ledger, LedgerBooks} from "../types/Ledger.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATSolvency: what is owed in an asset, beside what is held (P8).
abstract contract DATSolvency is DATExtension {
    function solvency(address asset, uint256 firstClass, uint256 lastClass)
        external
        view
        returns (uint256 owed, uint256 held)
    {
        owed = _owedTotal[asset];
        for (uint256 classId = firstClass; classId <= lastClass; ++classId) {
            Ledger storage ledger = _ledgers[classId][asset];
            LedgerBooks books = ledger.books;
            owed += uint256(books.received()) + ledger.held.backing() - books.claimed();
            owed -= _royaltiesPaid(classId, ledger);
        }
        held = asset == address(0) ? address(this).balance : IERC20(asset).balanceOf(address(this));
    }
}
