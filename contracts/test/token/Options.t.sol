// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {MintItem} from "../../src/interfaces/IDATBatches.sol";
import {ClassOptions, IDATOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Options.tree.
contract OptionsTest is KedgeTest {
    /// @dev The slot of the mapping of buckets.
    uint256 private constant BUCKETS = 14;

    uint64 private day0 = uint64(START / 1 days * 1 days);

    function bound_(uint48 cap, uint32 frozenFrom, uint32 delay) private returns (uint256 classId) {
        vm.prank(issuer);
        return token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)),
            ClassOptions(cap, frozenFrom, delay, 0, 0, false, false, false)
        );
    }

    function test_P17_OptionsAreFixedAtCreation() public {
        ClassOptions memory options =
            ClassOptions(1000, uint32(START + 9 days), 2 days, 7 days, 3 days, true, false, false);
        vm.expectEmit(address(token));
        emit IDATCore.ClassCreated(1, "ipfs://metadata", keccak256("metadata"));
        vm.expectEmit(address(token));
        emit IDATOptions.ClassOptionsFixed(1, options);
        vm.prank(issuer);
        token.createClassWithOptions(classTerms(new ParentTerms[](0), address(0)), options);
        assertEq(abi.encode(token.classOptions(1)), abi.encode(options));
        assertEq(token.classInfo(1).issuer, issuer);
        assertEq(
            abi.encode(token.classOptions(createClass())), abi.encode(ClassOptions(0, 0, 0, 0, 0, false, false, false))
        );
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 3));
        token.classOptions(3);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 3));
        token.pendingShareOf(3);
    }

    function test_P17_ACapOfOneIsACap() public {
        uint256 classId = bound_(1, 0, 0);
        mintShare(classId, holder, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATShareCapExceeded.selector, classId, 2, 1));
        vm.prank(issuer);
        core.mint(classId, holder, 0, 1, 0);
    }

    function test_P17_OptionsThatCannotBeKeptAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATInvalidOption.selector, bytes32("activationDelay")));
        bound_(0, 0, 365 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATInvalidOption.selector, bytes32("sharesFrozenFrom")));
        bound_(0, uint32(START - 1), 0);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATInvalidOption.selector, bytes32("policyNotice")));
        token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 0, 365 days + 1, 0, false, false, false)
        );
    }

    function test_P17_ADelayAndANoticeMayLastAYear() public {
        ClassOptions memory options = ClassOptions(0, 0, 365 days, 365 days, 0, false, false, false);
        uint256 classId = token.createClassWithOptions(classTerms(new ParentTerms[](0), address(0)), options);
        assertEq(abi.encode(token.classOptions(classId)), abi.encode(options));
    }

    function test_P17_AShareEntersAtTheEndOfTheDayAndNotBeforeItsDelay() public {
        uint256 classId = bound_(0, 0, 1 days);
        for (uint32 late = 0; late < 2; ++late) {
            vm.warp(day0 + 1 days + late);
            vm.expectEmit(false, true, true, true, address(token));
            emit IDATOptions.SharePending(0, uint32(day0 + (2 + late) * 1 days));
            mintShare(classId, holder, 1);
        }
    }

    function test_P17_SharesCanBeFrozenFromTheFirstSecond() public {
        uint256 classId = bound_(0, uint32(START), 0);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATSharesFrozen.selector, classId, START));
        mintShare(classId, holder, 1);
    }

    function test_P17_TheCapBoundsActiveAndPendingShares() public {
        uint256 classId = bound_(100, 0, 0);
        mint(classId, holder, 0, 60, uint64(START + 1 days));
        mintShare(classId, holder, 40);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATShareCapExceeded.selector, classId, 101, 100));
        mintShare(classId, holder, 1);
        mintValue(classId, holder, 5, 0);
        vm.warp(START + 1 days + 1);
        mintShare(classId, holder, 60);
        assertEq(token.totalShareOf(classId), 100);
        // A batch is bound, too.
        MintItem[] memory items = new MintItem[](1);
        items[0] = MintItem(holder, 0, 2 ** 200, 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDATOptions.DATShareCapExceeded.selector, classId, 100 + uint256(type(uint32).max), 100
            )
        );
        vm.prank(issuer);
        token.mintBatch(classId, items);
        // Pending shares count as well.
        uint256 delayed = bound_(100, 0, 1 days);
        mintShare(delayed, holder, 99);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATShareCapExceeded.selector, delayed, 101, 100));
        mintShare(delayed, holder, 2);
    }

    function test_P17_OnlyTheIssuerMintsABoundShare() public {
        uint256 classId = bound_(100, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        core.mint(classId, stranger, 0, 1, 0);
        // Past and absurd expiries are refused as ever.
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, START - 1));
        mint(classId, holder, 0, 1, uint64(START - 1));
    }

    function test_P17_FrozenSharesStayFrozen() public {
        uint256 classId = bound_(0, uint32(START + 1 days), 0);
        mintShare(classId, holder, 1);
        vm.warp(START + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATSharesFrozen.selector, classId, START + 1 days));
        mintShare(classId, holder, 1);
        mintValue(classId, holder, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATSharesFrozen.selector, classId, START + 1 days));
        vm.prank(issuer);
        token.freezeShares(classId);
    }

    function test_P17_AnyClassCanFreezeItsShares() public {
        uint256 classId = createClass();
        mintShare(classId, holder, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        token.freezeShares(classId);
        vm.expectEmit(address(token));
        emit IDATOptions.SharesFrozen(classId, uint64(START));
        vm.prank(issuer);
        token.freezeShares(classId);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATSharesFrozen.selector, classId, START));
        mintShare(classId, holder, 1);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue((classId << 64) | (1 << 32) | 1, ETH), 10);
        // Before the class's own date.
        uint256 later = bound_(0, uint32(START + 9 days), 0);
        vm.prank(issuer);
        token.freezeShares(later);
        assertEq(token.classOptions(later).sharesFrozenFrom, START);
    }

    function test_P17_WhereSharesOnlyEnterNoneIsSaidToExpire() public {
        uint256 classId = bound_(0, 0, 1 days);
        uint64 activateAt = token.activateAtOf(mintShare(classId, holder, 1));
        vm.warp(activateAt + 1);
        vm.recordLogs();
        settleETH(classId, 100);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IDATRevenue.SharesExpired.selector);
        }
    }

    function test_P17_WhatWaitsIsTheSumOfAllMomentsEachUpToItsLastSecond() public {
        uint256 classId = bound_(0, 0, 1 days);
        uint64 activateAt = token.activateAtOf(mintShare(classId, holder, 3));
        vm.warp(START + 1 days);
        uint64 nextAt = token.activateAtOf(mintShare(classId, holder, 4));
        assertGt(nextAt, activateAt);
        assertEq(token.pendingShareOf(classId), 7);
        vm.warp(activateAt);
        assertEq(token.pendingShareOf(classId), 7);
        vm.warp(activateAt + 1);
        assertEq(token.pendingShareOf(classId), 4);
        vm.warp(nextAt);
        assertEq(token.pendingShareOf(classId), 4);
        vm.warp(nextAt + 1);
        assertEq(token.pendingShareOf(classId), 0);
    }

    function test_P17_AJustInTimeShareEarnsNothing() public {
        uint256 classId = bound_(0, 0, 1 days);
        uint64 activateAt = day0 + 2 days;
        vm.expectEmit(address(token));
        emit IDATOptions.SharePending((classId << 64) | (1 << 32) | 1, activateAt);
        uint256 first = mintShare(classId, holder, 1);
        assertEq(token.activateAtOf(first), activateAt);
        assertEq(token.pendingShareOf(classId), 1);
        assertEq(token.totalShareOf(classId), 0);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.ERC8028NoActiveShare.selector, classId));
        core.settleRevenueETH{value: 1}(classId);
        vm.warp(activateAt);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.ERC8028NoActiveShare.selector, classId));
        core.settleRevenueETH{value: 1}(classId);
        uint256 second = mintShare(classId, stranger, 1);

        vm.warp(activateAt + 1);
        assertEq(token.totalShareOf(classId), 1);
        assertEq(token.pendingShareOf(classId), 1);
        vm.expectEmit(address(token));
        emit IDATOptions.SharesActivated(classId, activateAt, 1, 1);
        settleETH(classId, 100);
        assertEq(core.pendingRevenue(first, ETH), 100);
        assertEq(core.pendingRevenue(second, ETH), 0);
        assertEq(core.claim(second, ETH, payable(stranger)), 0);

        vm.warp(activateAt + 1 days + 1);
        // Nobody noticed yet; USD sees the entry first, and ETH has it at the same instant.
        settleUSD(classId, 50);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(second, address(usd)), 25);
        assertEq(core.pendingRevenue(second, ETH), 5);
        assertEq(core.claim(second, ETH, payable(stranger)), 5);
        assertEq(core.claim(second, ETH, payable(stranger)), 0);
        assertEq(core.claim(first, ETH, payable(holder)), 105);
        assertEq(address(token).balance, 0);
    }

    function test_P17_AClaimOfNothingBeforeAShareEntersLeavesNoTrace() public {
        uint256 classId = bound_(0, 0, 1 days);
        uint256 first = mintShare(classId, holder, 1);
        vm.warp(day0 + 2 days);
        uint256 second = mintShare(classId, stranger, 1);
        vm.warp(day0 + 2 days + 1);
        settleETH(classId, 100);
        assertEq(core.claim(second, ETH, payable(stranger)), 0);
        settleETH(classId, 100);
        vm.warp(day0 + 3 days + 1);
        settleETH(classId, 10);
        assertEq(core.claim(second, ETH, payable(stranger)), 5);
        assertEq(core.claim(first, ETH, payable(holder)), 205);
    }

    function test_P17_AShareEntersAndLeavesExactly() public {
        uint256 classId = bound_(0, 0, 1 days);
        uint64 activateAt = day0 + 2 days;
        uint256 lasting = mintShare(classId, stranger, 1);
        uint256 brief = mint(classId, holder, 0, 1, activateAt + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, activateAt));
        mint(classId, holder, 0, 1, activateAt);
        vm.warp(activateAt + 1);
        settleETH(classId, 10);
        vm.warp(activateAt + 2);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(brief, ETH), 5);
        assertEq(core.pendingRevenue(lasting, ETH), 15);
        // Both moments in one sync: it was never active while something was settled.
        uint256 unseen = mint(classId, holder, 0, 1, activateAt + 2 days + 1);
        vm.warp(activateAt + 5 days);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(unseen, ETH), 0);
        assertEq(token.totalShareOf(classId), 1);
    }

    function test_R21_AMomentAtWhichSharesEnterOutlastsTheSharesThatLeaveAtIt() public {
        uint256 classId = bound_(0, 0, 1 days);
        uint64 moment = day0 + 4 days;
        uint256 leaving = mint(classId, holder, 0, 1, moment);
        vm.warp(day0 + 2 days + 1);
        uint256 entering = mintShare(classId, stranger, 1);
        assertEq(token.activateAtOf(entering), moment);
        vm.prank(holder);
        token.retireShare(leaving);
        vm.warp(moment + 1);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(entering, ETH), 10);
    }

    function test_R21_AtMost64PendingMoments() public {
        uint256 classId = bound_(0, 0, 1);
        // Day 1 is an activation, and 63 expiries.
        for (uint256 i = 0; i < 63; ++i) {
            mint(classId, holder, 0, 1, uint64(day0 + (i + 2) * 1 days));
        }
        mint(classId, holder, 0, 1, uint64(day0 + 2 days));
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATTooManyExpiries.selector, classId, 64));
        mint(classId, holder, 0, 1, uint64(day0 + 100 days));
        // One moment has passed; the activation of the next share meets an expiry, and its expiry is the 64th moment.
        vm.warp(day0 + 1 days + 1);
        mint(classId, holder, 0, 1, uint64(day0 + 100 days));
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATTooManyExpiries.selector, classId, 64));
        mint(classId, holder, 0, 1, uint64(day0 + 101 days));
        vm.warp(day0 + 200 days);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.ERC8028NoActiveShare.selector, classId));
        core.settleRevenueETH{value: 1}(classId);
        token.syncExpired(classId);
        assertEq(token.totalShareOf(classId) + token.pendingShareOf(classId), 0);
    }

    function test_P10_PendingSharesCannotOverflowTheTotal() public {
        uint256 classId = bound_(0, 0, 1 days);
        // What waits is put where 65,535 of the heaviest shares would bring it: `entering` of the moment's bucket.
        mintShare(classId, holder, 1);
        bytes32 place = keccak256(abi.encode(uint256(day0 + 2 days), keccak256(abi.encode(classId, BUCKETS))));
        assertEq(uint256(vm.load(address(token), place)), 1 << 80);
        vm.store(address(token), place, bytes32(uint256((2 ** 48 - 5) << 80)));
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATTotalShareTooHigh.selector, classId, 2 ** 48));
        mintShare(classId, holder, 5);
        mintShare(classId, holder, 4);
        vm.warp(START + 3 days);
        settleETH(classId, 1);
        assertEq(token.totalShareOf(classId), 2 ** 48 - 1);
    }
}
