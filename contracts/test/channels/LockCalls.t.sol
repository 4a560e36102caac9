// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {LockIds, LockStates, LockUses, newLockIds, newLockUses} from "../../src/channels/LockCalls.sol";
import {IDATLocks, LockInfo, LockUse} from "../../src/interfaces/IDATLocks.sol";

/// @notice Answers as a token would, in plain Solidity, and keeps what it was called with.
contract Recorder {
    bytes public data;
    bool public refuses;

    error Refused(uint256 uses);

    function lockInfos(address module, bytes32[] calldata ids) external pure returns (LockInfo[] memory infos) {
        infos = new LockInfo[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            bytes32 seed = keccak256(abi.encode(module, ids[i]));
            infos[i] = LockInfo(uint256(seed), uint64(uint256(seed) >> 1), uint64(uint256(seed) >> 2));
        }
    }

    function refuse() external {
        refuses = true;
    }

    function consumeLocks(LockUse[] calldata uses, bytes32, address) external returns (uint64[] memory units) {
        if (refuses) revert Refused(uses.length);
        data = msg.data;
        units = new uint64[](uses.length);
        for (uint256 i = 0; i < uses.length; ++i) {
            units[i] = uses[i].remaining / 2;
        }
    }
}

/// @notice The assembly of LockCalls equals Solidity's own calls.
contract LockCallsTest is Test {
    Recorder private recorder = new Recorder();

    function testFuzz_ReadEqualsLockInfos(bytes32[] calldata lockIds) public view {
        LockIds ids = newLockIds(lockIds.length);
        uint256 place = ids.first();
        for (uint256 i = 0; i < lockIds.length; ++i) {
            bytes32 id = lockIds[i];
            assembly ("memory-safe") {
                mstore(add(place, shl(5, i)), id)
            }
        }
        LockStates states = ids.read(address(recorder));
        bytes memory other = abi.encode("memory that comes later");
        LockInfo[] memory expected = recorder.lockInfos(address(this), lockIds);
        for (uint256 i = 0; i < lockIds.length; ++i) {
            assertEq(ids.lockIdOf(i), lockIds[i]);
            LockInfo memory info;
            uint256 state = states.at(i);
            assembly ("memory-safe") {
                mcopy(info, state, 0x60)
            }
            assertEq(abi.encode(info), abi.encode(expected[i]));
        }
        assertEq(other, abi.encode("memory that comes later"));
    }

    function testFuzz_ConsumeEqualsConsumeLocks(
        LockUse[] memory list,
        bytes32 metric,
        address operator,
        uint256 from,
        uint256 count
    ) public {
        vm.assume(list.length != 0);
        from = bound(from, 0, list.length - 1);
        count = bound(count, 0, list.length - from);
        LockUses uses = newLockUses(list.length);
        bytes memory other = abi.encode("memory that comes later");
        for (uint256 i = 0; i < list.length; ++i) {
            uses.setUse(i, list[i].lockId, list[i].remaining, i + 7);
        }
        assertTrue(uses.consume(address(recorder), from, count, metric, operator));

        LockUse[] memory part = new LockUse[](count);
        for (uint256 i = 0; i < count; ++i) {
            part[i] = list[from + i];
        }
        assertEq(recorder.data(), abi.encodeCall(IDATLocks.consumeLocks, (part, metric, operator)));
        (uint256 use, uint256 indexes, uint256 units) = uses.placesOf(from);
        for (uint256 i = 0; i < count; ++i) {
            assertEq(word(use + 64 * i), uint256(list[from + i].lockId));
            assertEq(word(use + 64 * i + 32), list[from + i].remaining);
            assertEq(word(indexes + 32 * i), from + i + 7);
            assertEq(word(units + 32 * i), list[from + i].remaining / 2);
            assertEq(uses.lockIdAt(from + i), list[from + i].lockId);
            assertEq(uses.itemIndexAt(from + i), from + i + 7);
        }
        assertEq(other, abi.encode("memory that comes later"));

        recorder.refuse();
        assertFalse(uses.consume(address(recorder), from, count, metric, operator));
    }

    /// @notice An address without code answers nothing, which is no answer.
    function test_NoAnswerIsAFailure() public {
        vm.expectRevert();
        this.readFrom(address(1234));
        vm.expectRevert();
        this.consumeAt(address(1234));
    }

    function readFrom(address token) external view {
        newLockIds(0).read(token);
    }

    function consumeAt(address token) external {
        newLockUses(1).consume(token, 0, 0, 0, address(0));
    }

    function word(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(place)
        }
    }
}
