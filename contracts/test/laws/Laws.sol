// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ApprovalLaws} from "./ApprovalLaws.sol";
import {Authority} from "./Authority.sol";
import {BackingLaws} from "./BackingLaws.sol";
import {ChannelLaws} from "./ChannelLaws.sol";
import {MarketLaws} from "./MarketLaws.sol";
import {RevenueLaws} from "./RevenueLaws.sol";
import {ValueLaws} from "./ValueLaws.sol";

/// @notice Compares the contracts with the model, law by law. The ledgers are those of docs/specs/protocol.md; what each
/// check is of is listed in docs/security/invariants.md.
contract Laws is ValueLaws, BackingLaws, RevenueLaws, ChannelLaws, MarketLaws, ApprovalLaws {
    function setUp() public override(Authority) {
        super.setUp();
    }

    function checkValue() external view {
        checkV1UnitsOfAClassAreConserved();
        checkV2LotsCountTheirUnits();
        checkV3EveryTokenHasOneHolder();
        checkV4TokensKeepTheirTerms();
        checkV5ExpiredTokensGainNothing();
        checkV6ClassesCountTheirTokens();
    }

    function checkBacking() external view {
        checkB1EscrowIsWhatIsNotReleased();
        checkB2AClassBacksItsLots();
        checkB3EscrowCoversEveryRefund();
        checkB4AnEmptyLotHoldsNothing();
        checkB5TheContractHoldsWhatCameIn();
        checkB6TheContractIsSolvent();
    }

    function checkRevenue() external view {
        checkR1MoneyIsConserved();
        checkR2TheBooksAreRight();
        checkR3NobodyIsPaidTwice();
        checkR4AShareEarnsWhileItIsActive();
        checkR5ExpiryKeepsWhatWasEarned();
        checkR6OnlyActiveSharesCount();
        checkR7EdgesGetTheirPart();
        checkR8AccountsAreOwedTheirPart();
        checkR9IndicesNeverFall();
    }

    function checkChannels() external view {
        checkC1CapturedIsSigned();
        checkC2CapturedIsLocked();
        checkC3CapturedKeepsToTheRate();
        checkC4CapturesAreExact();
        checkC5NothingIsCapturedLate();
        checkC6ClosedChannelsStayClosed();
        checkC7LocksStayWithTheirToken();
    }

    function checkMarket() external view {
        checkM1ListingsSellWhatTheyOffer();
        checkM2TheMarketKeepsNothing();
        checkM3LotsKeepTheirTerms();
        checkM4PricesHold(12_345);
        checkM5SupersededLotsAreKnown();
        checkM6PoliciesStay();
    }

    function checkApprovals() external view {
        checkA1AllowancesAreSpentExactly();
        checkA2ClassOperatorsAreThoseApproved();
        checkA3NoncesCountPermits();
        checkA4ApprovalsEndWithATransfer();
        checkA5ABystanderLosesNothing();
        checkA6AStrangerGainsNothing();
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
            u.revoked += v.revoked;
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
        assertGt(u.revoked, 0, "revoked");
        assertGt(m.settled, 0, "settled");
        assertGt(m.deposited, 0, "deposited");
        assertGt(m.royaltiesIn, 0, "royalties");
        assertGt(m.claimed, 0, "claimed");
        assertGt(m.refunded, 0, "refunded money");
        assertGt(m.operators, 0, "operators");
        assertGt(m.beneficiary, 0, "beneficiary");
        assertGt(m.carry, 0, "carry");
        uint256 expiredEarners;
        uint256 outliving;
        uint256 closed;
        for (uint256 i = 0; i < tokens.length; ++i) {
            if (tokens[i].seenExpired && earned(tokens[i], 0) != 0) ++expiredEarners;
            for (uint256 asset = 0; asset < 2; ++asset) {
                if (tokens[i].seenExpired && earned(tokens[i], asset) > tokens[i].earnedAtExpiry[asset]) ++outliving;
            }
        }
        for (uint256 i = 0; i < opened.length; ++i) {
            if (!opened[i].open && opened[i].captured != 0) ++closed;
        }
        assertGt(trespasses, 0, "trespasses");
        assertGt(refusedUses, 0, "uses without an allowance");
        assertGt(expiredEarners, 0, "expired shares that earned");
        assertGt(outliving, 0, "shares that earned after their expiry");
        assertGt(closed, 0, "channels that were used and closed");
    }
}
