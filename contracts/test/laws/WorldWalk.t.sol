// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {Laws} from "./Laws.sol";

/// @notice One long history: every term of the ledgers moves, and all laws hold at its end.
contract WorldWalkTest is Test {
    uint256 private constant STEPS = 700;

    Laws private laws;
    uint256 private state;

    function setUp() public {
        laws = new Laws();
        laws.setUp();
    }

    function next() private returns (uint256) {
        return state = uint256(keccak256(abi.encode(state)));
    }

    function small() private returns (uint64) {
        return uint64(next());
    }

    function step(uint256 action) private {
        if (action == 0) laws.warp(next());
        else if (action == 1) laws.mintUnbacked(next(), next(), small(), next(), next());
        else if (action == 2) laws.mintBacked(next(), next(), small(), next());
        else if (action == 3) laws.transferToken(next(), next());
        else if (action == 4) laws.transferValue(next(), next(), next());
        else if (action == 5) laws.recordUsage(next(), next());
        else if (action == 6) laws.refund(next(), small());
        else if (action == 7) laws.sweepExpired(next());
        else if (action == 8) laws.openChannel(next(), small(), small(), next(), next());
        else if (action == 9) laws.capture(next(), next(), [small(), small(), small(), small()], next());
        else if (action == 10) laws.closeChannel(next());
        else if (action == 11) laws.settle(next(), next(), next());
        else if (action == 12) laws.claim(next(), next(), next());
        else if (action == 13) laws.collectRoyalty(next());
        else if (action == 14) laws.withdraw(next(), next());
        else if (action == 15) laws.poke(next());
        else if (action == 16) laws.topUp(next(), small());
        else if (action == 17) laws.burnValue(next(), small());
        else if (action == 18) laws.retireShare(next());
        else if (action == 19) laws.split(next(), small(), next());
        else if (action == 20) laws.merge(next());
        else if (action == 21) laws.renew(next(), next());
        else if (action == 22) laws.renewShare(next(), next());
        else if (action == 23) laws.approveUsage(next(), next(), small(), next());
        else if (action == 24) laws.approveForClass(next(), next(), next());
        else if (action == 25) laws.cancelPermits(next());
        else if (action == 26) laws.useApproved(next(), next(), small());
        else if (action == 27) laws.approveToken(next(), next());
        else if (action == 28) laws.transferApproved(next(), next());
        else if (action == 29) laws.publishPolicy(next());
        else if (action == 30) laws.trespass(next(), next());
        else if (action == 31) laws.openRefunds(next());
        else laws.revoke(next());
    }

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: deep.fuzz.runs = 200
    function testFuzz_L1toL7_HoldAfterALongHistory(uint256 seed) public {
        state = seed;
        // Twenty times as many steps as actions: what a term needs happens in nearly every history.
        for (uint256 i = 0; i < STEPS; ++i) {
            step(next() % 33);
        }
        laws.checkValue();
        laws.checkBacking();
        laws.checkRevenue();
        laws.checkChannels();
        laws.checkMarket();
        laws.checkApprovals();
    }

    function test_L1toL7_AreNotIdle() public {
        state = 8022;
        for (uint256 i = 0; i < STEPS; ++i) {
            step(next() % 33);
        }
        laws.checkEverythingHappened();
        laws.checkRevenue();
    }
}
