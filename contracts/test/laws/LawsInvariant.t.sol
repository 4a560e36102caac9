// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {Laws} from "./Laws.sol";
import {World} from "./World.sol";

/// @notice Laws L1-L4, L6 and L7 over random histories. L5 compares two histories: see LawsFuzz.t.sol.
/// forge-config: default.invariant.runs = 12
/// forge-config: default.invariant.depth = 64
contract LawsInvariantTest is Test {
    Laws private laws;

    function setUp() public {
        laws = new Laws();
        laws.setUp();
        bytes4[17] memory actions = [
            World.warp.selector,
            World.mintUnbacked.selector,
            World.mintUnbacked.selector,
            World.mintBacked.selector,
            World.mintBacked.selector,
            World.transferToken.selector,
            World.transferValue.selector,
            World.recordUsage.selector,
            World.refund.selector,
            World.sweepExpired.selector,
            World.openChannel.selector,
            World.capture.selector,
            World.closeChannel.selector,
            World.settle.selector,
            World.claim.selector,
            World.collectRoyalty.selector,
            World.poke.selector
        ];
        bytes4[] memory selectors = new bytes4[](actions.length + 4);
        for (uint256 i = 0; i < actions.length; ++i) {
            selectors[i] = actions[i];
        }
        selectors[actions.length] = World.withdraw.selector;
        selectors[actions.length + 1] = World.settle.selector;
        selectors[actions.length + 2] = World.openChannel.selector;
        selectors[actions.length + 3] = World.capture.selector;
        targetSelector(FuzzSelector(address(laws), selectors));
        targetContract(address(laws));
    }

    function invariant_L1_ValueIsConserved() public view {
        laws.checkL1();
    }

    function invariant_L2_CapturedIsSignedAndLocked() public view {
        laws.checkL2();
    }

    function invariant_L3_MoneyIsConserved() public view {
        laws.checkL3();
    }

    function invariant_L4_ClaimingTwicePaysOnce() public view {
        laws.checkL4();
    }

    function invariant_L6_SharesEarnOnlyWhileActive() public view {
        laws.checkL6();
    }

    function invariant_L7_ExpiryEndsNewRevenueOnly() public view {
        laws.checkL7();
    }
}
