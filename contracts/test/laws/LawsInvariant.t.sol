// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {Laws} from "./Laws.sol";
import {World} from "./World.sol";

/// @notice Laws L1-L4, L6 and L7 over random histories. L5 compares two histories: see LawsFuzz.t.sol.
/// @dev What breaks a law stays broken, so that not every step needs to be checked.
/// Each law leans on the actions that could break it, which gives each its own histories too.
abstract contract LawsInvariant is Test {
    Laws internal laws;

    function setUp() public {
        laws = new Laws();
        laws.setUp();
        (bytes4[] memory all, bytes4[] memory leaning) = (everyAction(), leaningActions());
        bytes4[] memory selectors = new bytes4[](all.length + leaning.length);
        for (uint256 i = 0; i < selectors.length; ++i) {
            selectors[i] = i < all.length ? all[i] : leaning[i - all.length];
        }
        targetSelector(FuzzSelector(address(laws), selectors));
        targetContract(address(laws));
    }

    function leaningActions() internal pure virtual returns (bytes4[] memory);

    function everyAction() private pure returns (bytes4[] memory actions) {
        actions = new bytes4[](23);
        actions[0] = World.warp.selector;
        actions[1] = World.mintUnbacked.selector;
        actions[2] = World.mintBacked.selector;
        actions[3] = World.transferToken.selector;
        actions[4] = World.transferValue.selector;
        actions[5] = World.recordUsage.selector;
        actions[6] = World.refund.selector;
        actions[7] = World.sweepExpired.selector;
        actions[8] = World.openChannel.selector;
        actions[9] = World.capture.selector;
        actions[10] = World.closeChannel.selector;
        actions[11] = World.settle.selector;
        actions[12] = World.claim.selector;
        actions[13] = World.collectRoyalty.selector;
        actions[14] = World.withdraw.selector;
        actions[15] = World.poke.selector;
        actions[16] = World.topUp.selector;
        actions[17] = World.burnValue.selector;
        actions[18] = World.retireShare.selector;
        actions[19] = World.split.selector;
        actions[20] = World.merge.selector;
        actions[21] = World.renew.selector;
        actions[22] = World.renewShare.selector;
    }

    function listOf(bytes4 a, bytes4 b, bytes4 c) internal pure returns (bytes4[] memory list) {
        list = new bytes4[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }
}

/// forge-config: default.invariant.check_interval = 4
/// forge-config: deep.invariant.check_interval = 16
contract L1InvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.mintBacked.selector, World.recordUsage.selector, World.transferValue.selector);
    }

    function invariant_L1_ValueIsConserved() public view {
        laws.checkL1();
    }
}

/// forge-config: default.invariant.check_interval = 4
/// forge-config: deep.invariant.check_interval = 16
contract L2InvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.capture.selector, World.openChannel.selector, World.mintBacked.selector);
    }

    function invariant_L2_CapturedIsSignedAndLocked() public view {
        laws.checkL2();
    }
}

/// forge-config: default.invariant.check_interval = 4
/// forge-config: deep.invariant.check_interval = 16
contract L3InvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.mintBacked.selector, World.capture.selector, World.collectRoyalty.selector);
    }

    function invariant_L3_MoneyIsConserved() public view {
        laws.checkL3();
    }
}

/// forge-config: default.invariant.check_interval = 4
/// forge-config: deep.invariant.check_interval = 16
contract L4InvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.claim.selector, World.mintUnbacked.selector, World.settle.selector);
    }

    function invariant_L4_ClaimingTwicePaysOnce() public view {
        laws.checkL4();
    }
}

/// forge-config: default.invariant.check_interval = 4
/// forge-config: deep.invariant.check_interval = 16
contract L6InvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.mintUnbacked.selector, World.settle.selector, World.warp.selector);
    }

    function invariant_L6_SharesEarnOnlyWhileActive() public view {
        laws.checkL6();
    }
}

/// forge-config: default.invariant.check_interval = 4
/// forge-config: deep.invariant.check_interval = 16
contract L7InvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.warp.selector, World.mintUnbacked.selector, World.claim.selector);
    }

    function invariant_L7_ExpiryEndsNewRevenueOnly() public view {
        laws.checkL7();
    }
}
