// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LotInfo} from "../../src/interfaces/IDATLots.sol";
import {Authority} from "./Authority.sol";

/// @notice M1-M6: lots, what is listed of them, and the policies they were sold under.
abstract contract MarketLaws is Authority {
    function checkM1ListingsSellWhatTheyOffer() public view {
        for (uint256 i = 0; i < lots.length; ++i) {
            if (!lots[i].onMarket) continue;
            assertEq(
                market.listingOf(lots[i].classId, lots[i].lot).supply, lots[i].listed, "M1: offered less what was sold"
            );
        }
    }

    function checkM2TheMarketKeepsNothing() public view {
        assertEq(address(market).balance, 0, "M2: no ETH");
        assertEq(usd.balanceOf(address(market)), 0, "M2: no asset");
        assertEq(usd.allowance(address(market), address(token)), 0, "M2: no allowance");
        assertEq(token.balanceOf(address(market)), 0, "M2: no token");
    }

    /// @notice R1, L10: bought terms do not change; refunds may only be opened.
    function checkM3LotsKeepTheirTerms() public view {
        for (uint256 i = 0; i < lots.length; ++i) {
            LotModel storage l = lots[i];
            LotInfo memory info = token.lotInfo(l.classId, l.lot);
            assertEq(info.terms.asset, assetOf(l.asset), "M3: asset");
            assertEq(info.terms.priceNumerator, l.numerator, "M3: numerator");
            assertEq(info.terms.priceDenominator, l.denominator, "M3: denominator");
            assertEq(info.terms.operatorBps, l.operatorBps, "M3: operator's part");
            assertEq(info.terms.refundable, l.refundable, "M3: refunds");
            assertEq(info.terms.expiredToClass, l.expiredToClass, "M3: who gets what expires");
            assertEq(info.terms.seller, l.onMarket ? address(market) : directSeller, "M3: seller");
            assertEq(info.policyVersion, l.policyVersion, "M3: policy");
        }
    }

    /// @notice L10: a price is ceil(price x units), whatever was published since.
    function checkM4PricesHold(uint64 amount) public view {
        for (uint256 i = 0; i < lots.length; ++i) {
            LotModel storage l = lots[i];
            assertEq(
                token.lotCostUp(l.classId, l.lot, amount),
                (l.numerator * amount + l.denominator - 1) / l.denominator,
                "M4: a lot's price holds"
            );
        }
    }

    /// @notice R25.
    function checkM5SupersededLotsAreKnown() public view {
        for (uint256 i = 0; i < lots.length; ++i) {
            assertEq(
                token.isSuperseded(lots[i].classId, lots[i].lot),
                lots[i].policyVersion != policyVersionOf[lots[i].classId],
                "M5: superseded by the next policy"
            );
        }
    }

    /// @notice P18: a version that was published stays what it was.
    function checkM6PoliciesStay() public view {
        for (uint256 i = 0; i < classIds.length; ++i) {
            assertEq(
                token.classInfo(classIds[i]).policyVersion, policyVersionOf[classIds[i]], "M6: versions are counted"
            );
            PolicyModel[] storage published = policies[classIds[i]];
            assertEq(published.length, policyVersionOf[classIds[i]], "M6: one after the other");
            for (uint32 version = 1; version <= published.length; ++version) {
                (string memory uri, bytes32 hash) = token.policyOf(classIds[i], version);
                assertEq(uri, published[version - 1].uri, "M6: the text of every version");
                assertEq(hash, published[version - 1].hash, "M6: and its hash");
            }
            (,,, string memory current) = core.getClassMeta(classIds[i]);
            assertEq(current, published[published.length - 1].uri, "M6: the newest is the class's");
        }
    }
}
