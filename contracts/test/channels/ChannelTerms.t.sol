// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {ChannelTerms} from "../../src/channels/ChannelTerms.sol";
import {LockRequest} from "../../src/interfaces/ILockModule.sol";

/// @notice The one pass over a channel's terms finds a fault where the readable one does (R6, R7, R9, R10, R25).
contract ChannelTermsTest is Test {
    uint256 private constant NOW = 1_760_000_000;

    function check(LockRequest calldata request, bytes calldata terms)
        external
        view
        returns (bool hold, bytes32 field)
    {
        return (ChannelTerms.hold(request, terms), ChannelTerms.faultIn(request, terms));
    }

    function valid() private view returns (LockRequest memory request, uint256[11] memory words) {
        request = LockRequest(address(1), 7, 100, uint64(NOW + 3 days), true);
        words = [
            uint256(1),
            7,
            uint160(address(this)),
            type(uint160).max,
            100,
            1,
            type(uint64).max,
            NOW + 1,
            1 days,
            1,
            type(uint256).max
        ];
    }

    function assertEqual(LockRequest memory request, bytes memory terms) private view returns (bytes32) {
        (bool hold, bytes32 field) = this.check(request, terms);
        assertEq(hold, field == 0);
        return field;
    }

    function test_R7_ValidTermsHold() public {
        vm.warp(NOW);
        (LockRequest memory request, uint256[11] memory words) = valid();
        assertEq(assertEqual(request, abi.encode(words)), 0);
    }

    function test_R7_AWordAtATimeAtEveryBound() public {
        vm.warp(NOW);
        (LockRequest memory request, uint256[11] memory words) = valid();
        uint256[12] memory bounds =
            [uint256(1), 2, 100, 1 days, 2 days, NOW, NOW + 2 days, NOW + 3 days, 2 ** 32, 2 ** 64, 2 ** 160, 2 ** 255];
        for (uint256 which = 0; which < 11; ++which) {
            uint256 own = words[which];
            for (uint256 bound = 0; bound < 12; ++bound) {
                for (uint256 near = 0; near < 3; ++near) {
                    words[which] = bounds[bound] + near - 1;
                    assertEqual(request, abi.encode(words));
                }
            }
            words[which] = own;
        }
    }

    /// @notice Where the call points to terms that are elsewhere, those in their place do not count.
    function test_R7_TermsAreInTheirPlace() public {
        vm.warp(NOW);
        (LockRequest memory request, uint256[11] memory words) = valid();
        bytes memory inPlace = abi.encode(words.length * 32, words);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 offset = 0xc0 + i * inPlace.length;
            (bool done, bytes memory answer) = address(this)
                .staticcall(
                    bytes.concat(abi.encodeWithSelector(this.check.selector, request, offset), inPlace, inPlace)
                );
            assertTrue(done);
            (bool hold, bytes32 field) = abi.decode(answer, (bool, bytes32));
            assertEq(hold, i == 0);
            assertEq(field, i == 0 ? bytes32(0) : bytes32("length"));
        }
    }

    function test_R7_TheLargestTermsAreHonoured() public {
        vm.warp(NOW);
        (LockRequest memory request, uint256[11] memory words) = valid();
        request.expireAt = 0;
        (words[5], words[7], words[8]) = (type(uint64).max, type(uint64).max, type(uint32).max);
        assertEq(assertEqual(request, abi.encode(words)), 0);
        bytes32[4] memory fields = [bytes32("rate"), "burst", "deadline", "grace"];
        for (uint256 i = 0; i < 4; ++i) {
            ++words[5 + i];
            assertEq(assertEqual(request, abi.encode(words)), fields[i], "one more is too many");
            --words[5 + i];
        }
    }

    /// @notice One word at a time takes numbers at and around every bound, and any other.
    function testFuzz_R7_AWordAtATime(uint256 which, uint256 value, uint256 near) public {
        vm.warp(NOW);
        (LockRequest memory request, uint256[11] memory words) = valid();
        uint256[12] memory bounds =
            [uint256(0), 1, 2, 100, 1 days, 2 days, NOW, NOW + 2 days, 2 ** 32, 2 ** 64, 2 ** 160, 2 ** 255];
        if (value % 4 != 0) {
            unchecked {
                value = bounds[near % 12] + near / 12 % 3 - 1;
            }
        }
        words[which % 11] = value;
        assertEqual(request, abi.encode(words));
    }

    function testFuzz_R7_AnyRequest(LockRequest memory request, uint256[11] memory words) public {
        vm.warp(NOW);
        (words[0], words[1], words[4]) = (uint160(request.holder), request.tokenId, request.units);
        (words[2], words[3]) = (words[2] >> 96, words[3] >> 96);
        (words[5], words[6]) = (words[5] >> 192, words[6] >> 192);
        (words[7], words[8], words[9]) = (words[7] >> 223, words[8] >> 224, words[9] >> 254);
        assertEqual(request, abi.encode(words));
    }

    function testFuzz_R7_AnyLength(bytes calldata terms) public {
        vm.warp(NOW);
        (LockRequest memory request, uint256[11] memory words) = valid();
        assertEqual(request, terms);
        bytes memory more = bytes.concat(abi.encode(words), terms);
        assertEq(assertEqual(request, more) == 0, terms.length == 0);
    }
}
