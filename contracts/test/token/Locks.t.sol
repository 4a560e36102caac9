// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLocks, LockInfo, LockUse} from "../../src/interfaces/IDATLocks.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {TestModule} from "./Modules.sol";

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
        assertEq(module.seen(), keccak256(abi.encode(holder, tokenId, uint64(60), EXPIRY, bytes("data"))));
        assertEq(core.valueOf(tokenId), 40);
        (uint256 lockedToken, uint64 remaining, uint64 lockedAt) = token.lockInfo(address(module), ID);
        assertEq(lockedToken, tokenId);
        assertEq(remaining, 60);
        assertEq(lockedAt, START);
        (lockedToken, remaining, lockedAt) = token.lockInfo(stranger, ID);
        assertEq(lockedToken + remaining + lockedAt, 0);
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

    function test_R5_AModuleIsAContractAndMayRefuse() public {
        vm.startPrank(holder);
        vm.expectRevert();
        token.lock(tokenId, 1, stranger, "");
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
        module.consume(ID, 0, operator);
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

    function uses(bytes32 id, uint64 remaining) private pure returns (LockUse[] memory list) {
        list = new LockUse[](1);
        list[0] = LockUse(id, remaining);
    }

    function remainingOf(bytes32 id) private view returns (uint64 remaining) {
        (, remaining,) = token.lockInfo(address(module), id);
    }

    function test_R5_OnlyTheModuleTakesAndNeverBeyondTheLock() public {
        lock(60);
        vm.expectRevert(abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, stranger, ID));
        vm.prank(stranger);
        token.consumeLocks(uses(ID, 0), METRIC, stranger);
        vm.expectRevert(abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, holder, ID));
        vm.prank(holder);
        token.returnLock(ID);
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, METRIC, 25, operator);
        assertEq(module.consume(ID, 35, operator), 25);
        assertEq(remainingOf(ID), 35);
        assertEq(core.valueOf(tokenId), 40);
        assertEq(module.consume(ID, 0, operator), 35);
        assertEq(remainingOf(ID), 0);
        assertEq(module.release(ID), 0);
    }

    function test_R5_ALockAlreadyThereOrBelowIsPassedOver() public {
        lock(60);
        module.consume(ID, 35, operator);
        vm.recordLogs();
        assertEq(module.consume(ID, 35, operator), 0);
        assertEq(module.consume(ID, 36, operator), 0);
        assertEq(module.consume(ID, type(uint64).max, operator), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(remainingOf(ID), 35);
    }

    function test_R5_ALockTwiceInABatchIsTakenOnce() public {
        lock(60);
        LockUse[] memory list = new LockUse[](4);
        list[0] = LockUse(ID, 50);
        list[1] = LockUse(ID, 20);
        list[2] = LockUse(ID, 20);
        list[3] = LockUse(ID, 30);
        uint64[] memory units = module.consume(list, operator);
        assertEq(
            abi.encode(units), abi.encode(uint256(0x20), uint256(4), uint256(10), uint256(30), uint256(0), uint256(0))
        );
        assertEq(remainingOf(ID), 20);
    }

    function test_R5_ABatchIsTakenAsAWholeOrNotAtAll() public {
        lock(60);
        LockUse[] memory list = new LockUse[](2);
        list[0] = LockUse(ID, 50);
        list[1] = LockUse(keccak256("unknown"), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, address(module), keccak256("unknown"))
        );
        module.consume(list, operator);
        assertEq(remainingOf(ID), 60);
        assertEq(module.consume(new LockUse[](0), operator).length, 0);
    }

    function testFuzz_R5_LockInfosAreTheLocks(uint64[5] memory units, bool[5] memory ended) public {
        uint256 rich = mintValue(classId, holder, type(uint64).max, 0);
        bytes32[] memory ids = new bytes32[](6);
        for (uint256 i = 0; i < 5; ++i) {
            vm.warp(START + i);
            ids[i] = keccak256(abi.encode(i));
            module.setNextId(ids[i]);
            vm.prank(holder);
            token.lock(rich, uint64(bound(units[i], 1, type(uint64).max / 5)), address(module), "");
            if (ended[i]) module.release(ids[i]);
        }
        LockInfo[] memory infos = token.lockInfos(address(module), ids);
        assertEq(infos.length, 6);
        for (uint256 i = 0; i < 6; ++i) {
            (uint256 lockedToken, uint64 remaining, uint64 lockedAt) = token.lockInfo(address(module), ids[i]);
            assertEq(abi.encode(infos[i]), abi.encode(lockedToken, remaining, lockedAt));
        }
        assertEq(token.lockInfos(address(module), new bytes32[](0)).length, 0);
        assertEq(token.lockInfos(stranger, ids)[0].tokenId, 0);
    }

    function test_P14_AHolderCannotRevokeAfterBeingServed() public {
        lock(60);
        vm.startPrank(holder);
        core.approveForClass(classId, operator, false);
        uint256 aside = mintAside();
        core.transferValue(tokenId, aside, 40);
        core.transferToken(tokenId, stranger);
        vm.stopPrank();
        module.consume(ID, 0, operator);
        assertEq(core.valueOf(tokenId), 0);
    }

    function mintAside() private returns (uint256 aside) {
        vm.stopPrank();
        aside = mintValue(classId, holder, 0, 0);
        vm.startPrank(holder);
    }

    function test_R6_TheRestReturnsToWhoeverOwnsTheToken() public {
        lock(60);
        module.consume(ID, 40, operator);
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        vm.expectEmit(address(token));
        emit IDATLocks.ValueUnlocked(tokenId, address(module), ID, 40);
        assertEq(module.release(ID), 40);
        assertEq(core.valueOf(tokenId), 80);
        assertEq(core.ownerOf(tokenId), stranger);
        (uint256 lockedToken, uint64 remaining, uint64 lockedAt) = token.lockInfo(address(module), ID);
        assertEq(lockedToken + remaining + lockedAt, 0);
        bytes memory reason = abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, address(module), ID);
        vm.expectRevert(reason);
        module.release(ID);
        vm.expectRevert(reason);
        module.consume(ID, 0, operator);
    }

    function test_R6_NothingIsTakenFromAnExpiredToken() public {
        lock(60);
        vm.warp(EXPIRY);
        module.consume(ID, 59, operator);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, EXPIRY));
        module.consume(ID, 58, operator);
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
}
