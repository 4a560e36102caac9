// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {RevenueInfo} from "../../src/interfaces/IDATRevenue.sol";
import {Authority} from "./Authority.sol";

/// @notice R1-R9: revenue, from where it arrives to who is paid.
abstract contract RevenueLaws is Authority {
    /// @notice L3: all that the contract holds is named, per class and asset.
    function checkR1MoneyIsConserved() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            uint256 unpaid;
            for (uint256 i = 0; i < classIds.length; ++i) {
                unpaid += checkLedger(classIds[i], asset);
            }
            for (uint256 i = 0; i < accounts.length; ++i) {
                unpaid += token.owedTo(accounts[i], assetOf(asset));
            }
            assertEq(held(asset), unpaid, "R1: the contract holds what it owes");
        }
    }

    /// @return unpaid What the class still holds, dust included.
    function checkLedger(uint256 classId, uint256 asset) private view returns (uint256 unpaid) {
        MoneyModel storage m = money[classId][asset];
        RevenueInfo memory info = token.revenueInfo(classId, assetOf(asset));
        unpaid = m.settled + m.deposited + m.royaltiesIn - m.claimed - m.refunded - m.operators - m.beneficiary
            - m.royaltiesOut;

        uint256 claimable;
        uint256 shares;
        for (uint256 i = 0; i < tokens.length; ++i) {
            if (tokens[i].classId != classId || (tokens[i].share == 0 && !tokens[i].retired)) continue;
            claimable += core.pendingRevenue(tokens[i].tokenId, assetOf(asset));
            ++shares;
        }
        uint256 royaltiesOwed;
        for (uint256 i = 0; i < edges[classId].length; ++i) {
            royaltiesOwed += token.royaltyDue(classId, i, assetOf(asset));
        }
        uint256 named = claimable + royaltiesOwed + info.orphan + info.backing;
        assertGe(unpaid, named, "R1: money is conserved");
        // Less than one smallest unit for each share, each edge, the holders' part and the carry.
        assertLt(unpaid - named, shares + edges[classId].length + 2, "R1: nothing is stranded beyond the dust (P5)");
    }

    /// @notice What each class has counted is what the model has.
    function checkR2TheBooksAreRight() public view {
        for (uint256 i = 0; i < classIds.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                MoneyModel storage m = money[classIds[i]][asset];
                RevenueInfo memory info = token.revenueInfo(classIds[i], assetOf(asset));
                assertEq(info.received, m.received, "R2: received");
                assertEq(info.claimed, m.claimed + m.beneficiary, "R2: claimed");
                assertEq(info.royaltiesPaid, m.royaltiesOut, "R2: royalties out");
                assertEq(info.carry, m.carry, "R2: carry (P5)");
                assertEq(info.orphan, m.orphan, "R2: orphan revenue (R20)");
            }
        }
    }

    /// @notice L4.
    function checkR3NobodyIsPaidTwice() public view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                assertLe(tokens[i].claimed[asset], earned(tokens[i], asset), "R3: nobody is paid twice");
            }
        }
    }

    /// @notice L6, P1, P2.
    function checkR4AShareEarnsWhileItIsActive() public view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                assertEq(
                    core.pendingRevenue(tokens[i].tokenId, assetOf(asset)) + tokens[i].claimed[asset],
                    earned(tokens[i], asset),
                    "R4: a share earns what arrived while it was active, and no more"
                );
            }
        }
    }

    /// @notice L7, P21.
    function checkR5ExpiryKeepsWhatWasEarned() public view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[i];
            if (!t.seenExpired) continue;
            for (uint256 asset = 0; asset < 2; ++asset) {
                uint256 sum = core.pendingRevenue(t.tokenId, assetOf(asset)) + t.claimed[asset];
                assertGe(sum, t.earnedAtExpiry[asset], "R5: expiry keeps what was earned");
                if (t.classId == outlivingClass) continue;
                assertEq(sum, t.earnedAtExpiry[asset], "R5: expiry ends new revenue, but of shares that outlive it");
            }
        }
    }

    /// @notice P3, P17.
    function checkR6OnlyActiveSharesCount() public view {
        for (uint256 i = 0; i < classIds.length; ++i) {
            assertEq(token.totalShareOf(classIds[i]), activeShare(classIds[i]), "R6: only active shares count");
        }
    }

    /// @notice R19: an edge gets its part of all that was received, never more, however often it is collected.
    function checkR7EdgesGetTheirPart() public view {
        for (uint256 i = 0; i < classIds.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                uint256 sum = token.revenueInfo(classIds[i], assetOf(asset)).royaltiesPaid;
                for (uint256 j = 0; j < edges[classIds[i]].length; ++j) {
                    uint256 dueNow = token.royaltyDue(classIds[i], j, assetOf(asset));
                    assertEq(dueNow, due(classIds[i], j, asset), "R7: what an edge owes");
                    sum += dueNow;
                }
                assertLe(
                    sum,
                    money[classIds[i]][asset].received * royaltyBpsOf(classIds[i]) / 10_000,
                    "R7: all edges together get their part at most"
                );
            }
        }
    }

    /// @notice R3: operators and beneficiaries.
    function checkR8AccountsAreOwedTheirPart() public view {
        for (uint256 i = 0; i < accounts.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                assertEq(token.owedTo(accounts[i], assetOf(asset)), owed[accounts[i]][asset], "R8: owed to an account");
            }
        }
    }

    /// @notice P4: what a share was given per unit of weight is never taken back.
    function checkR9IndicesNeverFall() public view {
        for (uint256 i = 0; i < classIds.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                RevenueInfo memory info = token.revenueInfo(classIds[i], assetOf(asset));
                assertGe(info.index, seenIndex[classIds[i]][asset], "R9: an index never falls");
                assertGe(info.received, seenReceived[classIds[i]][asset], "R9: what was received stays received");
            }
        }
    }
}
