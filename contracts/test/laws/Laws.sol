// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LotInfo} from "../../src/interfaces/IDATLots.sol";
import {RevenueInfo} from "../../src/interfaces/IDATRevenue.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {World} from "./World.sol";

/// @notice Compares the contracts with the model, law by law. The ledgers are those of docs/specs/protocol.md.
contract Laws is World {
    function checkL1() external view {
        uint256 n = classIds.length;
        uint256[] memory held = new uint256[](n);
        uint256[] memory locked = new uint256[](n);
        uint256[] memory outstanding = new uint256[](lots.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 value = core.valueOf(tokens[i].tokenId);
            held[indexOf(tokens[i].classId)] += value;
            (bool backed, uint256 lot) = lotIndexOf(tokens[i]);
            if (backed) outstanding[lot] += value;
        }
        for (uint256 i = 0; i < opened.length; ++i) {
            (, uint64 remaining,) = token.lockInfo(address(channels), opened[i].id);
            locked[indexOf(tokens[opened[i].token].classId)] += remaining;
            (bool backed, uint256 lot) = lotIndexOf(tokens[opened[i].token]);
            if (backed) outstanding[lot] += remaining;
        }
        for (uint256 i = 0; i < n; ++i) {
            UnitsModel storage u = units[classIds[i]];
            assertEq(
                u.minted,
                held[i] + locked[i] + u.captured + u.recorded + u.refunded + u.swept + u.burned,
                "L1: units of a class are conserved"
            );
        }
        for (uint256 i = 0; i < lots.length; ++i) {
            LotInfo memory info = token.lotInfo(lots[i].classId, lots[i].lot);
            assertEq(info.outstanding, outstanding[i], "L1: outstanding is held + locked");
            assertEq(info.spent, lots[i].spent, "L1: a lot counts what was spent");
        }
    }

    function checkL2() external view {
        for (uint256 i = 0; i < opened.length; ++i) {
            ChannelModel storage c = opened[i];
            assertLe(c.captured, c.signed, "L2: captured <= signed");
            assertLe(c.captured, c.channel.cap, "L2: captured <= locked");
            if (c.channel.rate != 0) {
                assertLe(
                    c.captured,
                    uint256(c.channel.burst) + uint256(c.channel.rate) * (block.timestamp - c.openedAt),
                    "R9: captured <= rate x time + burst"
                );
            }
            (bool open, uint64 captured, uint64 remaining,) = channels.channelState(c.channel);
            assertEq(open, c.open);
            if (!open) continue;
            assertEq(captured, c.captured, "R8: min(signed, locked, rate) is what was captured");
            assertEq(remaining, c.channel.cap - c.captured);
        }
    }

    function checkL3() external view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            uint256 unpaid;
            for (uint256 i = 0; i < classIds.length; ++i) {
                unpaid += checkLedger(classIds[i], asset);
            }
            uint256 owedToAccounts;
            for (uint256 i = 0; i < accounts.length; ++i) {
                uint256 expected = owed[accounts[i]][asset];
                assertEq(token.owedTo(accounts[i], assetOf(asset)), expected, "R3: owed to an account");
                owedToAccounts += expected;
            }
            uint256 actual = asset == 0 ? address(token).balance : usd.balanceOf(address(token));
            assertEq(actual, balance[asset], "L3: what came in and did not go out is there");
            assertEq(actual, unpaid + owedToAccounts, "L3: the contract holds what it owes");
            (uint256 solvencyOwed, uint256 solvencyHeld) =
                token.solvency(assetOf(asset), classIds[0], classIds[classIds.length - 1]);
            assertEq(solvencyHeld, actual);
            assertLe(solvencyOwed, solvencyHeld, "P8: solvent");
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
            uint256 dueNow = token.royaltyDue(classId, i, assetOf(asset));
            assertEq(dueNow, due(classId, i, asset), "R19: what an edge owes");
            royaltiesOwed += dueNow;
        }
        uint256 escrow;
        for (uint256 i = 0; i < lots.length; ++i) {
            if (lots[i].classId != classId || lots[i].asset != asset) continue;
            assertEq(token.lotInfo(classId, lots[i].lot).escrow, lots[i].escrow, "R2: escrow of a lot");
            escrow += lots[i].escrow;
        }
        assertEq(info.backing, escrow, "L3: backing");
        assertEq(info.orphan, m.orphan, "R20: orphan revenue");
        assertEq(info.received, m.received, "L3: received");
        assertEq(info.claimed, m.claimed + m.beneficiary, "L3: claimed");
        assertEq(info.royaltiesPaid, m.royaltiesOut, "L3: royalties out");
        assertEq(info.carry, m.carry, "P5: carry");

        uint256 named = claimable + royaltiesOwed + m.orphan + escrow;
        assertGe(unpaid, named, "L3: money is conserved");
        // Less than one smallest unit for each share, each edge, the holders' part and the carry.
        assertLt(unpaid - named, shares + edges[classId].length + 2, "P5: nothing is stranded beyond the dust");
    }

    function checkL4() external view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                assertLe(tokens[i].claimed[asset], earned(tokens[i], asset), "L4: nobody is paid twice");
            }
        }
    }

    function checkL6() external view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                assertEq(
                    core.pendingRevenue(tokens[i].tokenId, assetOf(asset)) + tokens[i].claimed[asset],
                    earned(tokens[i], asset),
                    "L6: a share earns what arrived while it was active, and no more"
                );
            }
        }
        for (uint256 i = 0; i < classIds.length; ++i) {
            assertEq(token.totalShareOf(classIds[i]), activeShare(classIds[i]), "P3: only active shares count");
        }
    }

    function checkL7() external view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[i];
            if (!t.seenExpired) continue;
            for (uint256 asset = 0; asset < 2; ++asset) {
                assertEq(
                    core.pendingRevenue(t.tokenId, assetOf(asset)) + t.claimed[asset],
                    t.earnedAtExpiry[asset],
                    "L7: expiry ends new revenue and keeps what was earned"
                );
            }
        }
        for (uint256 i = 0; i < opened.length; ++i) {
            ChannelModel storage c = opened[i];
            if (!c.open || block.timestamp <= endOf(c.channel)) continue;
            (,,, uint64 capturable) = channels.channelState(c.channel);
            assertEq(capturable, 0, "L7: nothing is captured after the grace");
        }
    }

    /// @notice Fails when a history left a term of the ledgers at zero: laws over idle histories hold by themselves.
    function checkEverythingHappened() external view {
        UnitsModel memory u;
        MoneyModel memory m;
        for (uint256 i = 0; i < classIds.length; ++i) {
            UnitsModel storage v = units[classIds[i]];
            u.captured += v.captured;
            u.recorded += v.recorded;
            u.refunded += v.refunded;
            u.swept += v.swept;
            u.burned += v.burned;
            for (uint256 asset = 0; asset < 2; ++asset) {
                MoneyModel storage n = money[classIds[i]][asset];
                m.settled += n.settled;
                m.deposited += n.deposited;
                m.royaltiesIn += n.royaltiesIn;
                m.claimed += n.claimed;
                m.refunded += n.refunded;
                m.operators += n.operators;
                m.beneficiary += n.beneficiary;
                m.orphan += n.orphan;
                m.carry += n.carry;
            }
        }
        assertGt(u.captured, 0, "captured");
        assertGt(u.recorded, 0, "recorded");
        assertGt(u.refunded, 0, "refunded");
        assertGt(u.swept, 0, "swept");
        assertGt(u.burned, 0, "burned");
        assertGt(m.settled, 0, "settled");
        assertGt(m.deposited, 0, "deposited");
        assertGt(m.royaltiesIn, 0, "royalties");
        assertGt(m.claimed, 0, "claimed");
        assertGt(m.refunded, 0, "refunded money");
        assertGt(m.operators, 0, "operators");
        assertGt(m.beneficiary, 0, "beneficiary");
        assertGt(m.carry, 0, "carry");
        uint256 expiredEarners;
        uint256 closed;
        for (uint256 i = 0; i < tokens.length; ++i) {
            if (tokens[i].seenExpired && earned(tokens[i], 0) != 0) ++expiredEarners;
        }
        for (uint256 i = 0; i < opened.length; ++i) {
            if (!opened[i].open && opened[i].captured != 0) ++closed;
        }
        assertGt(expiredEarners, 0, "expired shares that earned");
        assertGt(closed, 0, "channels that were used and closed");
    }

    function indexOf(uint256 classId) private view returns (uint256 index) {
        while (classIds[index] != classId) ++index;
    }
}
