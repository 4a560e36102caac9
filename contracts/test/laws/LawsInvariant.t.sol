// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {Authority} from "./Authority.sol";
import {Laws} from "./Laws.sol";
import {World} from "./World.sol";

/// @notice Laws L1-L4, L6, L7 and L10 over random histories, in one campaign for each part of the contracts. L5 compares two
/// histories: see LawsFuzz.t.sol. All invariants are listed in docs/security/invariants.md.
/// @dev What breaks a law stays broken, so that not every step needs to be checked.
/// Each campaign leans on the actions that could break its laws, which gives each its own histories too.
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
        actions = new bytes4[](33);
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
        actions[23] = Authority.approveUsage.selector;
        actions[24] = Authority.approveForClass.selector;
        actions[25] = Authority.cancelPermits.selector;
        actions[26] = Authority.useApproved.selector;
        actions[27] = Authority.approveToken.selector;
        actions[28] = Authority.transferApproved.selector;
        actions[29] = Authority.publishPolicy.selector;
        actions[30] = Authority.trespass.selector;
        actions[31] = Authority.openRefunds.selector;
        actions[32] = World.revoke.selector;
    }

    function listOf(bytes4 a, bytes4 b, bytes4 c) internal pure returns (bytes4[] memory list) {
        list = new bytes4[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }
}

/// forge-config: default.invariant.check_interval = 8
/// forge-config: deep.invariant.check_interval = 16
contract ValueInvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.mintBacked.selector, World.recordUsage.selector, World.transferValue.selector);
    }

    function invariant_L1_L7_ValueIsConserved() public view {
        laws.checkValue();
    }
}

/// forge-config: default.invariant.check_interval = 8
/// forge-config: deep.invariant.check_interval = 16
contract BackingInvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.mintBacked.selector, World.refund.selector, World.burnValue.selector);
    }

    function invariant_L3_P8_BackingCoversWhatIsUnspent() public view {
        laws.checkBacking();
    }
}

/// forge-config: default.invariant.check_interval = 8
/// forge-config: deep.invariant.check_interval = 16
contract RevenueInvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.mintUnbacked.selector, World.settle.selector, World.claim.selector);
    }

    function invariant_L3_L4_L6_L7_RevenueGoesToActiveShares() public view {
        laws.checkRevenue();
    }
}

/// forge-config: default.invariant.check_interval = 8
/// forge-config: deep.invariant.check_interval = 16
contract ChannelsInvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.capture.selector, World.openChannel.selector, World.mintBacked.selector);
    }

    function invariant_L2_CapturesAreSignedAndLocked() public view {
        laws.checkChannels();
    }
}

/// forge-config: default.invariant.check_interval = 8
/// forge-config: deep.invariant.check_interval = 16
contract MarketInvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(World.mintBacked.selector, Authority.publishPolicy.selector, World.topUp.selector);
    }

    function invariant_L10_BoughtTermsDoNotChange() public view {
        laws.checkMarket();
    }
}

/// forge-config: default.invariant.check_interval = 8
/// forge-config: deep.invariant.check_interval = 16
contract ApprovalsInvariantTest is LawsInvariant {
    function leaningActions() internal pure override returns (bytes4[] memory) {
        return listOf(Authority.approveUsage.selector, Authority.useApproved.selector, Authority.trespass.selector);
    }

    function invariant_P11_P12_P13_NobodyActsWithoutBeingAllowed() public view {
        laws.checkApprovals();
    }
}
