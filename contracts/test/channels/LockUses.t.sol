// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {LockUses, newLockUses} from "../../src/channels/LockUses.sol";
import {IDATLocks, LockTake, LockUse} from "../../src/interfaces/IDATLocks.sol";
import {LockMeter} from "../../src/types/LockMeter.sol";

/// @notice Answers as a token would, in plain Solidity, and keeps what it was called with.
contract Recorder {
    bytes public data;
    bool public refuses;

    error Refused(uint256 uses);

    function refuse() external {
        refuses = true;
    }

    function consumeLocks(LockUse[] calldata uses, bytes32, address) external returns (LockTake[] memory takes) {
        if (refuses) revert Refused(uses.length);
        data = msg.data;
        takes = new LockTake[](uses.length);
        for (uint256 i = 0; i < uses.length; ++i) {
            takes[i] = takeOf(uses[i]);
        }
    }

    function takeOf(LockUse memory use) public pure returns (LockTake memory) {
        uint256 meter = LockMeter.unwrap(use.meter);
        return LockTake(uint64(meter), uint64(meter >> 64));
    }
}

/// @notice The assembly of LockUses equals Solidity's own call.
contract LockUsesTest is Test {
    Recorder private recorder = new Recorder();

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
            set(uses, i, list[i]);
        }
        uses.answerAt(uses.placeOf(list.length));
        assertTrue(uses.consume(address(recorder), from, count, metric, operator));

        LockUse[] memory part = new LockUse[](count);
        for (uint256 i = 0; i < count; ++i) {
            part[i] = list[from + i];
        }
        assertEq(recorder.data(), abi.encodeCall(IDATLocks.consumeLocks, (part, metric, operator)));
        (uint256 use, uint256 takes) = (uses.placeOf(from), uses.takesOf());
        for (uint256 i = 0; i < count; ++i) {
            assertEq(word(use + 64 * i), uint256(list[from + i].lockId));
            assertEq(word(use + 64 * i + 32), LockMeter.unwrap(list[from + i].meter));
            assertEq(word(takes + 64 * i), recorder.takeOf(list[from + i]).units);
            assertEq(word(takes + 64 * i + 32), recorder.takeOf(list[from + i]).cumulative);
            assertEq(uses.lockIdAt(from + i), list[from + i].lockId);
        }
        assertEq(other, abi.encode("memory that comes later"));

        recorder.refuse();
        assertFalse(uses.consume(address(recorder), from, count, metric, operator));
    }

    /// @notice An address without code answers nothing, which is no answer, and fails as Solidity's own call would.
    function test_NoAnswerIsAFailure() public {
        (bool done, bytes memory reason) = address(this).call(abi.encodeCall(this.consumeAt, (address(1234))));
        assertFalse(done);
        assertEq(reason, "");
    }

    function test_MemoryBeforeTheUsesStays() public pure {
        bytes memory before = abi.encodePacked(type(uint256).max);
        LockUses uses = newLockUses(1);
        uses.answerAt(uses.placeOf(1));
        assertEq(before, abi.encodePacked(type(uint256).max));
    }

    function consumeAt(address token) external {
        LockUses uses = newLockUses(1);
        uses.answerAt(uses.placeOf(0));
        uses.consume(token, 0, 0, 0, address(0));
    }

    function set(LockUses uses, uint256 position, LockUse memory lockUse) private pure {
        uint256 use = uses.placeOf(position);
        assembly ("memory-safe") {
            mcopy(use, lockUse, 0x40)
        }
    }

    function word(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(place)
        }
    }
}
