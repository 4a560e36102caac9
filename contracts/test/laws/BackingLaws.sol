// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LotInfo} from "../../src/interfaces/IDATLots.sol";
import {Authority} from "./Authority.sol";

/// @notice B1-B6: the payment behind unspent value.
abstract contract BackingLaws is Authority {
    /// @notice R2: what was paid in, less what spending, refunds and sweeps released.
    function checkB1EscrowIsWhatIsNotReleased() public view {
        for (uint256 i = 0; i < lots.length; ++i) {
            assertEq(token.lotInfo(lots[i].classId, lots[i].lot).escrow, lots[i].escrow, "B1: escrow of a lot");
        }
    }

    function checkB2AClassBacksItsLots() public view {
        for (uint256 i = 0; i < classIds.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                uint256 sum;
                for (uint256 j = 0; j < lots.length; ++j) {
                    if (lots[j].classId != classIds[i] || lots[j].asset != asset) continue;
                    sum += token.lotInfo(classIds[i], lots[j].lot).escrow;
                }
                assertEq(
                    token.revenueInfo(classIds[i], assetOf(asset)).backing, sum, "B2: backing is the sum of the escrows"
                );
            }
        }
    }

    /// @notice R2: everybody at once could be refunded.
    function checkB3EscrowCoversEveryRefund() public view {
        for (uint256 i = 0; i < lots.length; ++i) {
            LotInfo memory info = token.lotInfo(lots[i].classId, lots[i].lot);
            assertGe(
                info.escrow,
                uint256(info.terms.priceNumerator) * info.outstanding / info.terms.priceDenominator,
                "B3: escrow >= floor(price x outstanding)"
            );
        }
    }

    /// @notice R2: the residue goes to the class when nothing is outstanding.
    function checkB4AnEmptyLotHoldsNothing() public view {
        for (uint256 i = 0; i < lots.length; ++i) {
            LotInfo memory info = token.lotInfo(lots[i].classId, lots[i].lot);
            if (info.outstanding == 0) assertEq(info.escrow, 0, "B4: no residue stays");
        }
    }

    /// @notice L3: every unit of an asset in the contract came in and did not go out, and nothing else is there.
    function checkB5TheContractHoldsWhatCameIn() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            assertEq(held(asset), balance[asset], "B5: what came in and did not go out is there");
        }
    }

    /// @notice P8: the public view of all classes.
    function checkB6TheContractIsSolvent() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            (uint256 owes, uint256 has) = token.solvency(assetOf(asset), classIds[0], classIds[classIds.length - 1]);
            assertEq(has, held(asset), "B6: the view says what is held");
            assertLe(owes, has, "B6: solvent");
        }
    }
}
