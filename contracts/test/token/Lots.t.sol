// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLots, LotInfo, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATRevenue, RevenueInfo} from "../../src/interfaces/IDATRevenue.sol";
import {FeeAsset} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthReenterer} from "../helpers/Receivers.sol";
import {TestModule} from "./Modules.sol";

/// @notice Branches: Lots.tree.
contract LotsTest is KedgeTest {
    bytes32 private constant METRIC = keccak256("inference_calls");
    uint64 private constant EXPIRY = uint64(START + 1 days);

    uint256 private classId;
    uint256 private share;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        share = mintShare(classId, stranger, 1);
        vm.deal(address(this), type(uint128).max);
    }

    /// @dev Sold by this contract.
    function terms(address asset, uint96 numerator, uint64 denominator) private view returns (LotTerms memory t) {
        t = lotTerms(asset, numerator, denominator);
        t.seller = address(this);
    }

    function backed(uint32 lot, uint64 units, uint64 expireAt) private returns (uint256) {
        return token.mintFromLot{value: token.lotCostUp(classId, lot, units)}(classId, lot, holder, units, expireAt);
    }

    function use(uint256 tokenId, uint256 units) private {
        vm.prank(holder);
        core.recordUsage(tokenId, METRIC, units);
    }

    function refund(uint256 tokenId, uint64 units) private returns (uint256) {
        vm.prank(holder);
        return token.refund(tokenId, units, payable(holder));
    }

    function assertBooks() private view {
        (uint256 owed, uint256 held) = token.solvency(ETH, 1, token.classCount());
        assertEq(owed, held);
    }

    function test_R1_ALotIsNumberedAndFixed() public {
        LotTerms memory t = terms(address(usd), 5, 3);
        (t.operatorBps, t.expiredToClass) = (250, true);
        uint32 expected = (1 << 31) | 1;
        vm.expectEmit(address(token));
        emit IDATLots.LotCreated(classId, expected, 1, t);
        assertEq(createLot(classId, t), expected);
        assertEq(createLot(classId, t), expected + 1);
        assertEq(token.classInfo(classId).lotCount, 2);
        LotInfo memory info = token.lotInfo(classId, expected);
        assertEq(abi.encode(info.terms), abi.encode(t));
        assertEq(info.policyVersion, 1);
        assertEq(info.outstanding + info.spent + info.escrow, 0);
        assertEq(token.lotCostUp(classId, expected, 2), 4);
    }

    function test_R1_OnlyTheIssuerMakesLots() public {
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        token.createLot(classId, terms(ETH, 1, 1));
    }

    function test_R25_APolicyWithoutAHashBacksNothing() public {
        vm.startPrank(issuer);
        core.updateClassPolicy(classId, "ipfs://2");
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATPolicyWithoutHash.selector, classId, 2));
        token.createLot(classId, terms(ETH, 1, 1));
    }

    function test_R1_TermsThatCannotBeKeptAreNamed() public {
        LotTerms memory t = terms(ETH, 0, 1);
        expectInvalid(t, "priceNumerator");
        t = terms(ETH, 1, 0);
        expectInvalid(t, "priceDenominator");
        t = terms(ETH, 1, 1);
        t.operatorBps = 10_001;
        expectInvalid(t, "operatorBps");
        t.operatorBps = 10_000;
        t.seller = address(0);
        expectInvalid(t, "seller");
        t.seller = address(this);
        t.asset = stranger;
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATInvalidAsset.selector, stranger));
        vm.prank(issuer);
        token.createLot(classId, t);
    }

    function expectInvalid(LotTerms memory t, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATInvalidLotTerms.selector, field));
        vm.prank(issuer);
        token.createLot(classId, t);
    }

    function test_R2_ADepositBacksItsUnits() public {
        uint32 lot = createLot(classId, terms(ETH, 5, 3));
        uint256 tokenId = (classId << 64) | (uint256(lot) << 32) | 2;
        vm.expectEmit(address(token));
        emit IDATCore.Minted(tokenId, classId, holder, 4, 0, EXPIRY);
        vm.expectEmit(address(token));
        emit IDATLots.ValueBacked(tokenId, 4, 7);
        assertEq(backed(lot, 4, EXPIRY), tokenId);
        LotInfo memory info = token.lotInfo(classId, lot);
        assertEq(info.outstanding, 4);
        assertEq(info.escrow, 7);
        assertEq(token.revenueInfo(classId, ETH).backing, 7);
        assertEq(core.shareRatioOf(tokenId), 0);
        assertEq(token.lotOf(tokenId), lot);
        assertBooks();
    }

    function test_R2_ADepositIsExact() public {
        uint32 lot = createLot(classId, terms(ETH, 5, 3));
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 7, 8));
        token.mintFromLot{value: 8}(classId, lot, holder, 4, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 7, 6));
        token.mintFromLot{value: 6}(classId, lot, holder, 4, 0);

        uint32 usdLot = createLot(classId, terms(address(usd), 5, 3));
        usd.mint(address(this), 7);
        usd.approve(address(token), 7);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 0, 7));
        token.mintFromLot{value: 7}(classId, usdLot, holder, 4, 0);
        token.mintFromLot(classId, usdLot, holder, 4, 0);
        assertEq(token.revenueInfo(classId, address(usd)).backing, 7);

        FeeAsset fee = new FeeAsset();
        uint32 feeLot = createLot(classId, terms(address(fee), 100, 1));
        fee.mint(address(this), 100);
        fee.approve(address(token), 100);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 100, 99));
        token.mintFromLot(classId, feeLot, holder, 1, 0);
    }

    /// @notice While a deposit is pulled nothing else comes in, so that what arrives is not counted twice.
    function test_R2_OneTransferIsNotADepositAndRevenueAsWell() public {
        TwofoldAsset asset = new TwofoldAsset(core, classId);
        uint32 lot = createLot(classId, terms(address(asset), 10, 1));
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 100, 0));
        token.mintFromLot(classId, lot, holder, 10, 0);
    }

    function test_R1_OnlyTheSellerMintsFromALot() public {
        uint32 lot = createLot(classId, terms(ETH, 1, 1));
        vm.deal(issuer, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNotSeller.selector, classId, lot, issuer));
        vm.prank(issuer);
        token.mintFromLot{value: 1}(classId, lot, holder, 1, 0);
        vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        token.mintFromLot(classId, lot, holder, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, START - 1));
        token.mintFromLot{value: 1}(classId, lot, holder, 1, uint64(START - 1));
    }

    function test_R2_NothingIsSoldWhileARefundIsPaid() public {
        EthReenterer seller = new EthReenterer();
        LotTerms memory terms = lotTerms(ETH, 100, 1);
        terms.seller = address(seller);
        uint32 lot = createLot(classId, terms);
        vm.deal(address(this), 1000);
        uint256 tokenId = abi.decode(
            seller.act{value: 1000}(
                address(token), abi.encodeCall(IDATLots.mintFromLot, (classId, lot, address(seller), 10, 0))
            ),
            (uint256)
        );
        seller.arm(address(token), abi.encodeCall(IDATLots.mintFromLot, (classId, lot, address(seller), 1, 0)));
        seller.act(address(token), abi.encodeCall(IDATLots.refund, (tokenId, 10, payable(address(seller)))));
        assertEq(seller.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(address(seller).balance, 1000);
    }

    function test_R1_LotsThatDoNotExist() public {
        uint32 lot = createLot(classId, terms(ETH, 1, 1));
        // The unbacked lot, the next one, and a class id whose low bits would name an existing lot.
        uint256[3] memory classes = [classId, classId, classId + (1 << 224)];
        uint32[3] memory lots = [1, lot + 1, lot];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory reason = abi.encodeWithSelector(IDATLots.DATNonexistentLot.selector, classes[i], lots[i]);
            vm.expectRevert(reason);
            token.lotInfo(classes[i], lots[i]);
            vm.expectRevert(reason);
            token.lotCostUp(classes[i], lots[i], 1);
            vm.expectRevert(reason);
            token.mintFromLot(classes[i], lots[i], holder, 1, 0);
        }
    }

    function test_R2_UnitsAndEscrowStayInRange() public {
        uint32 lot = createLot(classId, terms(ETH, 1, type(uint64).max));
        uint256 tokenId = backed(lot, type(uint64).max - 1, 0);
        use(tokenId, 10);
        // Spent units count, so that spending never overflows.
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATValueTooLarge.selector, 2 ** 64));
        token.mintFromLot{value: 1}(classId, lot, holder, 2, 0);
        backed(lot, 1, 0);

        uint32 dear = createLot(classId, terms(ETH, type(uint96).max, 1));
        backed(dear, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATAmountTooLarge.selector, 2 * uint256(type(uint96).max)));
        token.mintFromLot{value: type(uint96).max}(classId, dear, holder, 1, 0);
    }

    function test_R3_TheOperatorsCutIsOwedAndRoyaltiesAreOnTheRest() public {
        uint256 child = createClass(parent(classId, 1000), address(0));
        uint256 childShare = mintShare(child, holder, 1);
        LotTerms memory t = terms(ETH, 100, 1);
        t.operatorBps = 2500;
        uint32 lot = createLot(child, t);
        uint256 tokenId = token.mintFromLot{value: 1000}(child, lot, holder, 10, 0);
        TestModule module = new TestModule(token);
        vm.prank(holder);
        token.lock(tokenId, 10, address(module), "");

        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, keccak256("units"), 4, operator);
        vm.expectEmit(address(token));
        emit IDATRevenue.OwedIncreased(operator, ETH, 100);
        vm.expectEmit(address(token));
        emit IDATLots.BackingReleased(child, lot, operator, 100, 300);
        vm.expectEmit(address(token));
        emit IDATCore.RevenueSettled(child, ETH, 300);
        vm.expectEmit(address(token));
        emit IDATRevenue.RevenueAccrued(child, ETH, 300, 270, 270 << 48, 1);
        module.consume(0, 10, 4, operator);

        assertEq(token.owedTo(operator, ETH), 100);
        assertEq(core.pendingRevenue(childShare, ETH), 270);
        assertEq(token.royaltyDue(child, 0, ETH), 30);
        vm.prank(operator);
        assertEq(token.withdraw(ETH, payable(operator)), 100);
        assertEq(operator.balance, 100);
        // Nobody to pay: all is the class's.
        module.consume(0, 10, 5, address(0));
        assertEq(token.owedTo(address(0), ETH), 0);
        assertEq(token.revenueInfo(child, ETH).received, 400);
        assertBooks();
    }

    function test_R3_UsageRecordedByTheHolderPaysNoOperator() public {
        LotTerms memory t = terms(ETH, 100, 1);
        t.operatorBps = 10_000;
        uint256 tokenId = backed(createLot(classId, t), 10, 0);
        use(tokenId, 4);
        assertEq(token.revenueInfo(classId, ETH).received, 400);
        assertEq(core.pendingRevenue(share, ETH), 400);
    }

    function testFuzz_R2_AQuoteIsCostAndAsset(uint96 numerator, uint64 denominator, uint64 units) public {
        uint32 lot = createLot(
            classId,
            terms(address(usd), uint96(bound(numerator, 1, type(uint96).max)), denominator == 0 ? 1 : denominator)
        );
        (uint256 cost, address asset) = token.lotQuoteUp(classId, lot, units);
        assertEq(cost, token.lotCostUp(classId, lot, units));
        assertEq(asset, token.lotInfo(classId, lot).terms.asset);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNonexistentLot.selector, classId, lot + 1));
        token.lotQuoteUp(classId, lot + 1, units);
    }

    function testFuzz_R2_ReleaseDoesNotDependOnThePath(uint96 numerator, uint64 denominator, uint16[8] memory parts)
        public
    {
        numerator = uint96(bound(numerator, 1, 1e18));
        denominator = uint64(bound(denominator, 1, 1e18));
        uint32 pieces = createLot(classId, terms(ETH, numerator, denominator));
        uint32 whole = createLot(classId, terms(ETH, numerator, denominator));
        uint64 sum = 1;
        for (uint256 i = 0; i < 8; ++i) {
            sum += parts[i];
        }
        uint256 a = backed(pieces, sum, 0);
        uint256 b = backed(whole, sum, 0);
        uint256 deposit = token.lotInfo(classId, pieces).escrow;
        for (uint256 i = 0; i < 8; ++i) {
            use(a, parts[i]);
        }
        use(b, sum - 1);
        assertEq(token.lotInfo(classId, pieces).escrow, token.lotInfo(classId, whole).escrow);
        assertEq(deposit - token.lotInfo(classId, whole).escrow, uint256(numerator) * (sum - 1) / denominator);
        use(a, 1);
        assertEq(token.lotInfo(classId, pieces).escrow, 0);
        assertEq(token.lotInfo(classId, pieces).spent, sum);
        assertBooks();
    }

    /// @dev Purchases, uses, refunds and sweeps in any order: the escrow never runs dry, the residue is the class's.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_R2_EscrowNeverRunsDry(uint96 numerator, uint64 denominator, uint256 seed) public {
        LotTerms memory t = terms(ETH, uint96(bound(numerator, 1, 1e6)), uint64(bound(denominator, 1, 1e6)));
        t.expiredToClass = true;
        uint32 lot = createLot(classId, t);
        uint256[3] memory ids;
        for (uint256 i = 0; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 slot = seed % 3;
            uint256 value = ids[slot] == 0 ? 0 : core.valueOf(ids[slot]);
            if (value == 0) {
                ids[slot] = backed(lot, uint64(1 + (seed >> 8) % 9), uint64(block.timestamp + 3));
                continue;
            }
            if (block.timestamp > core.expireAtOf(ids[slot])) {
                token.sweepExpired(ids[slot]);
            } else if ((seed >> 16) % 2 == 0) {
                use(ids[slot], 1 + (seed >> 24) % value);
            } else {
                refund(ids[slot], uint64(1 + (seed >> 24) % value));
            }
            if ((seed >> 32) % 4 == 0) vm.warp(block.timestamp + 2);
            LotInfo memory info = token.lotInfo(classId, lot);
            if (info.outstanding == 0) assertEq(info.escrow, 0);
            assertGe(
                uint256(info.escrow) * t.priceDenominator + t.priceDenominator, info.outstanding * t.priceNumerator
            );
            assertBooks();
        }
    }

    function test_R3_WithoutACutNothingIsOwed() public {
        uint32 lot = createLot(classId, terms(ETH, 100, 1));
        uint256 tokenId = backed(lot, 10, 0);
        vm.recordLogs();
        use(tokenId, 4);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IDATRevenue.OwedIncreased.selector);
        }
        assertEq(core.pendingRevenue(share, ETH), 400);
    }

    function test_R2_TheResidueGoesToTheClass() public {
        uint32 lot = createLot(classId, terms(ETH, 1, 2));
        uint256 tokenId = backed(lot, 1, 0);
        vm.expectEmit(address(token));
        emit IDATLots.BackingReleased(classId, lot, address(0), 0, 1);
        use(tokenId, 1);
        assertEq(core.pendingRevenue(share, ETH), 1);

        tokenId = backed(lot, 1, 0);
        vm.expectEmit(address(token));
        emit IDATLots.BackingReleased(classId, lot, address(0), 0, 1);
        vm.expectEmit(address(token));
        emit IDATLots.ValueRefunded(tokenId, holder, 1, 0);
        assertEq(refund(tokenId, 1), 0);
        assertEq(core.pendingRevenue(share, ETH), 2);
        assertEq(token.lotInfo(classId, lot).escrow, 0);
    }

    function test_R4_UnlockedUnitsAreRefundable() public {
        uint32 lot = createLot(classId, terms(ETH, 5, 3));
        uint256 tokenId = backed(lot, 10, 0);
        TestModule module = new TestModule(token);
        vm.prank(holder);
        token.lock(tokenId, 6, address(module), "");
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 4, 5));
        vm.prank(holder);
        token.refund(tokenId, 5, payable(holder));
        vm.expectEmit(address(token));
        emit IDATLots.ValueRefunded(tokenId, holder, 4, 6);
        assertEq(refund(tokenId, 4), 6);
        assertEq(holder.balance, 6);
        assertEq(core.valueOf(tokenId), 0);
        LotInfo memory info = token.lotInfo(classId, lot);
        assertEq(info.outstanding, 6);
        assertEq(info.escrow, 17 - 6);
        module.release(0);
        assertEq(refund(tokenId, 6), 10);
        assertEq(token.lotInfo(classId, lot).escrow, 0);
        assertEq(core.pendingRevenue(share, ETH), 1);
        assertBooks();
    }

    function test_R4_OnlyTheHolderIsRefunded() public {
        uint256 tokenId = backed(createLot(classId, terms(ETH, 1, 1)), 10, 0);
        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        vm.prank(operator);
        token.refund(tokenId, 1, payable(operator));
        vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        refund(tokenId, 0);
        uint256 unbacked = mintValue(classId, holder, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNotRefundable.selector, unbacked));
        refund(unbacked, 1);
    }

    function test_R4_ALotMayRefuseRefunds() public {
        LotTerms memory t = terms(ETH, 1, 1);
        t.refundable = false;
        uint256 tokenId = backed(createLot(classId, t), 10, EXPIRY);
        vm.warp(EXPIRY);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNotRefundable.selector, tokenId));
        refund(tokenId, 1);
        // P33: expired units are the holder's by default, whatever the terms before expiry.
        vm.warp(EXPIRY + 1);
        assertEq(refund(tokenId, 10), 10);
    }

    function test_P33_ExpiredUnitsAreTheHoldersByDefault() public {
        uint256 tokenId = backed(createLot(classId, terms(ETH, 1, 1)), 10, EXPIRY);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNothingToSweep.selector, tokenId));
        token.sweepExpired(tokenId);
        vm.expectEmit(address(token));
        emit IDATCore.Expired(tokenId);
        assertEq(refund(tokenId, 10), 10);
        assertEq(holder.balance, 10);
    }

    function test_P33_ExpiredUnitsWithoutBackingAreNotRefunded() public {
        uint256 unbacked = mintValue(classId, holder, 1, EXPIRY);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNotRefundable.selector, unbacked));
        refund(unbacked, 1);
    }

    function test_R2_UseOfLessThanTheSmallestAmountSettlesNothing() public {
        uint256 tokenId = backed(createLot(classId, terms(ETH, 1, 10)), 10, 0);
        vm.recordLogs();
        use(tokenId, 1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IDATCore.RevenueSettled.selector);
        }
    }

    function test_P33_SweepingLessThanTheSmallestAmountSettlesNothing() public {
        LotTerms memory t = terms(ETH, 1, 10);
        t.expiredToClass = true;
        uint32 lot = createLot(classId, t);
        uint256 tokenId = backed(lot, 1, EXPIRY);
        backed(lot, 9, EXPIRY);
        vm.warp(EXPIRY + 1);
        vm.recordLogs();
        assertEq(token.sweepExpired(tokenId), 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IDATCore.RevenueSettled.selector);
        }
    }

    function test_P33_ExpiredUnitsAreTheClasssWhereTheLotSaysSo() public {
        LotTerms memory t = terms(ETH, 5, 3);
        (t.expiredToClass, t.operatorBps) = (true, 5000);
        uint32 lot = createLot(classId, t);
        uint256 tokenId = backed(lot, 10, EXPIRY);
        vm.warp(EXPIRY);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNothingToSweep.selector, tokenId));
        token.sweepExpired(tokenId);
        assertEq(refund(tokenId, 1), 1);

        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNotRefundable.selector, tokenId));
        refund(tokenId, 1);
        vm.expectEmit(address(token));
        emit IDATCore.Expired(tokenId);
        vm.expectEmit(address(token));
        emit IDATLots.BackingReleased(classId, lot, address(0), 0, 1);
        vm.expectEmit(address(token));
        emit IDATLots.ExpiredValueSwept(tokenId, 9, 15);
        vm.prank(makeAddr("anyone"));
        assertEq(token.sweepExpired(tokenId), 15);
        assertEq(core.valueOf(tokenId), 0);
        assertEq(core.pendingRevenue(share, ETH), 16);
        assertBooks();
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNothingToSweep.selector, tokenId));
        token.sweepExpired(tokenId);
        uint256 unbacked = mintValue(classId, holder, 1, EXPIRY + 1);
        vm.warp(EXPIRY + 2);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNothingToSweep.selector, unbacked));
        token.sweepExpired(unbacked);
    }

    function test_P33_LockedUnitsThatOutliveTheTokenComeBackAndAreSwept() public {
        LotTerms memory t = terms(ETH, 1, 1);
        t.expiredToClass = true;
        uint256 tokenId = backed(createLot(classId, t), 10, EXPIRY);
        TestModule module = new TestModule(token);
        vm.prank(holder);
        token.lock(tokenId, 10, address(module), "");
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNothingToSweep.selector, tokenId));
        token.sweepExpired(tokenId);
        module.release(0);
        assertEq(token.sweepExpired(tokenId), 10);
        assertEq(core.pendingRevenue(share, ETH), 10);
    }

    function test_L10_ALotKeepsItsPolicyAndPrice() public {
        uint32 lot = createLot(classId, terms(ETH, 3, 1));
        uint256 tokenId = backed(lot, 1, 0);
        vm.prank(issuer);
        token.publishPolicy(classId, "ipfs://2", keccak256("2"));
        (uint32 version, bytes32 hash) = token.policyOfToken(tokenId);
        assertEq(version, 1);
        assertEq(hash, keccak256("policy"));
        assertEq(token.lotInfo(classId, createLot(classId, terms(ETH, 4, 1))).policyVersion, 2);
        assertEq(refund(tokenId, 1), 3);
        RevenueInfo memory info = token.revenueInfo(classId, ETH);
        assertEq(info.backing, 0);
    }
}

/// @notice Asked to move a deposit, it moves as much as revenue instead.
contract TwofoldAsset is ERC20 {
    IDATCore private immutable TOKEN;
    uint256 private immutable CLASS_ID;
    bool private _settling;

    constructor(IDATCore token, uint256 classId) ERC20("Twofold", "TWO") {
        (TOKEN, CLASS_ID) = (token, classId);
    }

    function transferFrom(address, address to, uint256 amount) public override returns (bool) {
        if (_settling) {
            _mint(to, amount);
            return true;
        }
        _settling = true;
        try TOKEN.settleRevenueERC20(CLASS_ID, address(this), amount) {} catch {}
        return true;
    }
}
