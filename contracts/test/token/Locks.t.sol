// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLocks, LockTake, LockUse} from "../../src/interfaces/IDATLocks.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ILockModule, LockRequest} from "../../src/interfaces/ILockModule.sol";
import {LockMeter, packLockMeter} from "../../src/types/LockMeter.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {CallKeeper, TestModule} from "./Modules.sol";

/// @notice Branches: Locks.tree.
contract LocksTest is KedgeTest {
    bytes32 private constant ID = keccak256("lock");
    bytes32 private constant METRIC = keccak256("units");
    uint64 private constant EXPIRY = uint64(START + 1 days);

    uint256 private classId;
    uint256 private tokenId;
    TestModule private module;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        tokenId = mintValue(classId, holder, 100, EXPIRY);
        module = new TestModule(token);
        module.setNextId(ID);
    }

    function lock(uint64 units) private returns (bytes32) {
        vm.prank(holder);
        return token.lock(tokenId, units, address(module), "data");
    }

    function test_R5_TheHolderLocksToAModule() public {
        vm.expectEmit(address(token));
        emit IDATLocks.ValueLocked(tokenId, address(module), ID, 60);
        assertEq(lock(60), ID);
        assertEq(module.seen(), keccak256(abi.encode(LockRequest(holder, tokenId, 60, EXPIRY, true), bytes("data"))));
        assertEq(core.valueOf(tokenId), 40);
        (uint256 lockedToken, uint64 remaining, uint64 lockedAt) = token.lockInfo(address(module), ID);
        assertEq(lockedToken, tokenId);
        assertEq(remaining, 60);
        assertEq(lockedAt, START);
        (lockedToken, remaining, lockedAt) = token.lockInfo(stranger, ID);
        assertEq(lockedToken + remaining + lockedAt, 0);
    }

    function test_R5_AModuleIsAskedAsTheAbiEncodes() public {
        CallKeeper keeper = new CallKeeper();
        uint256[5] memory lengths = [uint256(0), 1, 31, 32, 33];
        for (uint256 i = 0; i < 5; ++i) {
            bytes memory data = new bytes(lengths[i]);
            for (uint256 at = 0; at < data.length; ++at) {
                data[at] = 0xff;
            }
            vm.prank(holder);
            token.lock(tokenId, 1, address(keeper), data);
            LockRequest memory request = LockRequest(holder, tokenId, 1, EXPIRY, true);
            assertEq(keeper.kept(), abi.encodeCall(ILockModule.onLock, (request, data)));
        }
    }

    function test_R5_OnlyTheHolderLocks() public {
        vm.startPrank(holder);
        core.approveForClass(classId, operator, true);
        token.setApprovalForAll(operator, true);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        vm.prank(operator);
        token.lock(tokenId, 1, address(module), "");
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 5));
        token.lock(5, 1, address(module), "");
    }

    function test_R5_AnAddressABitOffTheHoldersLocksNothing() public {
        for (uint256 bit = 0; bit < 160; ++bit) {
            address near = address(uint160(holder) ^ uint160(1 << bit));
            vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, near));
            vm.prank(near);
            token.lock(tokenId, 1, address(module), "");
        }
    }

    function test_R5_OnlySpendableUnitsAreLocked() public {
        vm.startPrank(holder);
        vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        token.lock(tokenId, 0, address(module), "");
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 100, 101));
        token.lock(tokenId, 101, address(module), "");
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, EXPIRY));
        token.lock(tokenId, 1, address(module), "");
    }

    function test_R5_NothingIsLockedAfterTheClockOf32Bits() public {
        tokenId = mintValue(classId, holder, 100, 0);
        vm.warp(2 ** 32 - 1);
        lock(1);
        vm.warp(2 ** 32);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 32, 2 ** 32));
        vm.prank(holder);
        token.lock(tokenId, 1, address(module), "");
    }

    function test_R9_AMeterHoldsTheLowestOfItsNumbers() public pure {
        uint64 no = type(uint64).max;
        assertEq(packLockMeter(10, 4, 0, no).allowed(0), 4);
        assertEq(packLockMeter(4, 10, 0, no).allowed(0), 4);
        assertEq(packLockMeter(10, 10, 2, 1).allowed(3), 7);
        assertEq(packLockMeter(10, 6, 2, 1).allowed(3), 6);
    }

    function test_R5_AModuleIsAContractAndMayRefuse() public {
        vm.startPrank(holder);
        // An address without code has no reason.
        (bool done, bytes memory reason) =
            address(token).call(abi.encodeCall(IDATLocks.lock, (tokenId, 1, stranger, "")));
        assertFalse(done);
        assertEq(reason, "");
        vm.expectRevert(abi.encodeWithSelector(TestModule.Refused.selector, bytes("!no")));
        token.lock(tokenId, 1, address(module), "!no");
        assertEq(core.valueOf(tokenId), 100);
    }

    function test_R5_AnIdIsUsedOnce() public {
        lock(10);
        bytes memory reason = abi.encodeWithSelector(IDATLocks.DATLockExists.selector, address(module), ID);
        vm.expectRevert(reason);
        vm.prank(holder);
        token.lock(tokenId, 10, address(module), "");
        module.consume(ID, 10, 10, operator);
        vm.expectRevert(reason);
        vm.prank(holder);
        token.lock(tokenId, 10, address(module), "");
        module.release(ID);
        vm.expectRevert(reason);
        vm.prank(holder);
        token.lock(tokenId, 10, address(module), "");
        // Another module has ids of its own.
        TestModule other = new TestModule(token);
        other.setNextId(ID);
        vm.prank(holder);
        token.lock(tokenId, 10, address(other), "");
        assertEq(core.valueOf(tokenId), 80);
    }

    function use(bytes32 id, uint64 cumulative) private pure returns (LockUse memory) {
        return LockUse(id, packLockMeter(60, cumulative, 0, type(uint64).max));
    }

    function uses(bytes32 id, uint64 cumulative) private pure returns (LockUse[] memory list) {
        list = new LockUse[](1);
        list[0] = use(id, cumulative);
    }

    function remainingOf(bytes32 id) private view returns (uint64 remaining) {
        (, remaining,) = token.lockInfo(address(module), id);
    }

    function test_R5_OnlyTheModuleTakesAndNeverBeyondTheLock() public {
        lock(60);
        vm.recordLogs();
        vm.prank(stranger);
        LockTake[] memory none = token.consumeLocks(uses(ID, 60), METRIC, stranger);
        assertEq(none[0].units, 0);
        assertEq(vm.getRecordedLogs().length, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, holder, ID));
        vm.prank(holder);
        token.returnLock(ID);
        assertEq(remainingOf(ID), 60);

        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, METRIC, 25, operator);
        assertEq(module.consume(ID, 60, 25, operator), 25);
        assertEq(remainingOf(ID), 35);
        assertEq(core.valueOf(tokenId), 40);
        assertEq(module.consume(ID, 60, type(uint64).max, operator), 35);
        assertEq(remainingOf(ID), 0);
        assertEq(module.consume(ID, type(uint64).max, type(uint64).max, operator), 0);
        assertEq(module.release(ID), 0);
    }

    function test_R5_ALockAlreadyThereOrBeyondIsPassedOver() public {
        lock(60);
        module.consume(ID, 60, 25, operator);
        vm.recordLogs();
        assertEq(module.consume(ID, 60, 25, operator), 0);
        assertEq(module.consume(ID, 60, 24, operator), 0);
        assertEq(module.consume(ID, type(uint64).max, 0, operator), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(remainingOf(ID), 35);
    }

    function test_R5_ALockTwiceInABatchIsTakenOnce() public {
        lock(60);
        LockUse[] memory list = new LockUse[](4);
        list[0] = use(ID, 10);
        list[1] = use(ID, 40);
        list[2] = use(ID, 40);
        list[3] = use(ID, 30);
        LockTake[] memory takes = module.consume(list, operator);
        LockTake[] memory expected = new LockTake[](4);
        expected[0] = LockTake(10, 10);
        expected[1] = LockTake(30, 40);
        assertEq(abi.encode(takes), abi.encode(expected));
        assertEq(remainingOf(ID), 20);
    }

    function test_R5_UnknownLocksArePassedOver() public {
        lock(60);
        LockUse[] memory list = new LockUse[](3);
        list[0] = use(keccak256("unknown"), 60);
        list[1] = use(ID, 10);
        list[2] = LockUse(keccak256("unknown"), packLockMeter(type(uint64).max, type(uint64).max, 1, 0));
        LockTake[] memory takes = module.consume(list, operator);
        assertEq(takes[0].units, 0);
        assertEq(takes[1].units, 10);
        assertEq(takes[2].units, 0);
        assertEq(remainingOf(ID), 50);
        assertEq(module.consume(new LockUse[](0), operator).length, 0);
    }

    /// @notice Between uses of two lots the backing of the first is released, which tells of itself, too.
    function test_R5_UsesOfSeveralLotsAreToldUnderTheirMetric() public {
        uint256[2] memory tokens;
        LockUse[] memory list = new LockUse[](2);
        for (uint256 i = 0; i < 2; ++i) {
            LotTerms memory terms = lotTerms(ETH, 10, 1);
            terms.operatorBps = 2000;
            uint32 lot = createLot(classId, terms);
            openListing(classId, lot, 1000, 0);
            tokens[i] = buy(holder, classId, lot, 100);
            list[i] = use(bytes32(i + 1), 30);
            module.setNextId(bytes32(i + 1));
            vm.prank(holder);
            token.lock(tokens[i], 60, address(module), "");
        }
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(token));
            emit IDATCore.UsageRecorded(tokens[i], METRIC, 30, operator);
        }
        module.consume(list, operator);
    }

    /// @dev What a batch takes, in Solidity; stops at the first use of an expired token.
    function expectedTakes(LockUse[] memory list, uint64[3] memory left, uint256[3] memory times)
        private
        view
        returns (LockTake[] memory takes, bytes memory reason)
    {
        takes = new LockTake[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 which = uint256(list[i].lockId) - 1;
            uint64 cap = uint64(LockMeter.unwrap(list[i].meter) >> 192);
            // The fourth id is no lock.
            uint64 allowed = list[i].meter.allowed(block.timestamp - (which == 3 ? 0 : times[which]));
            if (which == 3 || left[which] <= cap - allowed) continue;
            takes[i] = LockTake(left[which] - (cap - allowed), allowed);
            left[which] -= takes[i].units;
            // The second lock's token expires.
            if (which == 1 && block.timestamp > EXPIRY) {
                return (takes, abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, EXPIRY));
            }
        }
    }

    /// @notice The assembly of `consumeLocks` equals the same in Solidity, whatever it is asked for (R5, R6, R9).
    function testFuzz_R5_ConsumptionEqualsSolidity(
        uint64[3] memory units,
        uint256[6] memory meters,
        uint8[6] memory which,
        uint32 later
    ) public {
        uint256[3] memory tokens = [
            mintValue(classId, holder, type(uint64).max, 0), tokenId, mintValue(classId, holder, type(uint64).max, 0)
        ];
        uint256[3] memory times;
        for (uint256 i = 0; i < 3; ++i) {
            times[i] = START + i;
            vm.warp(times[i]);
            module.setNextId(bytes32(i + 1));
            units[i] = uint64(bound(units[i], 1, i == 1 ? 100 : type(uint64).max));
            vm.prank(holder);
            token.lock(tokens[i], units[i], address(module), "");
        }
        LockUse[] memory list = new LockUse[](6);
        for (uint256 i = 0; i < 6; ++i) {
            // Small numbers half of the time, so that they are near the locks'.
            if (i % 2 == 0) meters[i] &= 0xff00000000000000ff000000000000000f00000000000000ff;
            list[i] = LockUse(bytes32(uint256(which[i] % 4 + 1)), LockMeter.wrap(meters[i]));
        }
        vm.warp(START + 2 + later % 2 days);
        (LockTake[] memory expected, bytes memory reason) = expectedTakes(list, units, times);
        if (reason.length != 0) {
            vm.expectRevert(reason);
            module.consume(list, operator);
        } else {
            assertEq(abi.encode(module.consume(list, operator)), abi.encode(expected));
            for (uint256 i = 0; i < 3; ++i) {
                // `expectedTakes` took from them, too.
                assertEq(remainingOf(bytes32(i + 1)), units[i]);
            }
        }
    }

    function test_P14_AHolderCannotRevokeAfterBeingServed() public {
        lock(60);
        vm.startPrank(holder);
        core.approveForClass(classId, operator, false);
        uint256 aside = mintAside();
        core.transferValue(tokenId, aside, 40);
        core.transferToken(tokenId, stranger);
        vm.stopPrank();
        module.consume(ID, 60, 60, operator);
        assertEq(core.valueOf(tokenId), 0);
    }

    function mintAside() private returns (uint256 aside) {
        vm.stopPrank();
        aside = mintValue(classId, holder, 0, 0);
        vm.startPrank(holder);
    }

    function test_R6_TheRestReturnsToWhoeverOwnsTheToken() public {
        lock(60);
        module.consume(ID, 60, 20, operator);
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        vm.expectEmit(address(token));
        emit IDATLocks.ValueUnlocked(tokenId, address(module), ID, 40);
        assertEq(module.release(ID), 40);
        assertEq(core.valueOf(tokenId), 80);
        assertEq(core.ownerOf(tokenId), stranger);
        (uint256 lockedToken, uint64 returned, uint64 lockedAt) = token.lockInfo(address(module), ID);
        assertEq(lockedToken, 0);
        assertEq(returned, 40);
        assertEq(lockedAt, START);
        bytes memory reason = abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, address(module), ID);
        vm.expectRevert(reason);
        module.release(ID);
        assertEq(module.consume(ID, 60, 60, operator), 0);
    }

    function test_R6_NothingIsTakenFromAnExpiredToken() public {
        lock(60);
        vm.warp(EXPIRY);
        module.consume(ID, 60, 1, operator);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, EXPIRY));
        module.consume(ID, 60, 2, operator);
        assertEq(module.release(ID), 59);
        assertEq(core.valueOf(tokenId), 99);
    }

    function test_R6_AReturnThatDoesNotFitWaits() public {
        uint256 full = mintValue(classId, holder, type(uint64).max, 0);
        uint256 more = mintValue(classId, holder, 60, 0);
        vm.startPrank(holder);
        token.lock(full, 50, address(module), "");
        core.transferValue(more, full, 50);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATValueTooLarge.selector, uint256(type(uint64).max) + 50));
        module.release(ID);
        core.transferValue(full, more, 50);
        assertEq(module.release(ID), 50);
    }

    function test_R5_AModuleCannotReenterWhileItIsAsked() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IDATLocks.lock, (tokenId, 1, address(module), ""));
        calls[1] = abi.encodeCall(IDATCore.claim, (tokenId, ETH, payable(holder)));
        for (uint256 i = 0; i < calls.length; ++i) {
            module.arm(calls[i]);
            module.setNextId(bytes32(i));
            lock(10);
            assertFalse(module.succeeded());
            assertEq(module.answer(), abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        }
        // Its own lock does not exist before it has answered.
        module.setNextId(ID);
        module.arm(abi.encodeCall(IDATLocks.returnLock, (ID)));
        lock(10);
        assertEq(module.answer(), abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, address(module), ID));
        // An older lock of the same token may end meanwhile, and nothing is lost.
        module.setNextId(keccak256("next"));
        module.arm(abi.encodeCall(IDATLocks.returnLock, (ID)));
        lock(10);
        assertTrue(module.succeeded());
        assertEq(core.valueOf(tokenId), 100 - 20 - 10);
    }

    /// @dev Transfers and renewals are not guarded. A module that is the token's operator moves it while it is asked: the lock
    /// is of the token all the same, and what it returns is the new holder's.
    function test_R5_AModuleThatMovesTheTokenWhileItIsAskedMovesTheRestAlong() public {
        vm.prank(holder);
        token.approve(address(module), tokenId);
        module.arm(abi.encodeCall(IDATCore.transferToken, (tokenId, stranger)));
        lock(60);
        assertTrue(module.succeeded());
        assertEq(core.ownerOf(tokenId), stranger);
        assertEq(core.valueOf(tokenId), 40);
        (uint256 lockedToken, uint64 units,) = token.lockInfo(address(module), ID);
        assertEq(lockedToken, tokenId);
        assertEq(units, 60);
        module.arm("");
        module.consume(ID, 60, 20, operator);
        assertEq(module.release(ID), 40);
        assertEq(core.valueOf(tokenId), 80);
    }

    /// @dev R6: a lock ends with the expiry that its token had when it was locked, wherever that moves meanwhile.
    function test_R6_ARenewalDoesNotLengthenALock() public {
        lock(60);
        vm.prank(issuer);
        token.renew(tokenId, EXPIRY + 100);
        vm.warp(EXPIRY);
        assertEq(module.consume(ID, 60, 10, operator), 10);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, EXPIRY));
        module.consume(ID, 60, 20, operator);
        assertEq(module.release(ID), 50);
        assertEq(core.valueOf(tokenId), 90);
        vm.prank(holder);
        core.recordUsage(tokenId, "metric", 90);
    }

    function testFuzz_R6_AnEndedLockKeepsWhatItReturnedAndNothingElse(uint64 units, uint64 used) public {
        units = uint64(bound(units, 1, 100));
        used = uint64(bound(used, 0, units));
        lock(units);
        if (used != 0) module.consume(ID, units, used, operator);
        assertEq(module.release(ID), units - used);
        (uint256 lockedToken, uint64 returned, uint64 lockedAt) = token.lockInfo(address(module), ID);
        assertEq(lockedToken, 0);
        assertEq(returned, units - used);
        assertEq(lockedAt, START);
        // Neither taken from, nor returned, nor locked again.
        assertEq(module.consume(ID, units, units, operator), 0);
        vm.expectRevert(abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, address(module), ID));
        module.release(ID);
        if (used == 100) return;
        vm.expectRevert(abi.encodeWithSelector(IDATLocks.DATLockExists.selector, address(module), ID));
        lock(1);
    }
}
