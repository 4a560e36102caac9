// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {Beside} from "./Beside.sol";
import {AdapterLaws} from "./AdapterLaws.sol";
import {AttestationLaws} from "./AttestationLaws.sol";
import {BondLaws} from "./BondLaws.sol";
import {DepositLaws} from "./DepositLaws.sol";
import {ContributorLaws} from "./ContributorLaws.sol";
import {PlanLaws} from "./PlanLaws.sol";

/// @notice Laws of the contracts beside the token over random histories, one campaign each. All invariants are listed in
/// docs/security/invariants.md.
/// @dev What breaks a law stays broken, so that not every step needs to be checked.
abstract contract BesideInvariant is Test {
    uint256 private constant STEPS = 500;

    Beside internal laws;

    function setUp() public {
        laws = newLaws();
        laws.setUp();
        targetSelector(FuzzSelector(address(laws), laws.actions()));
        targetContract(address(laws));
    }

    function newLaws() internal virtual returns (Beside);

    /// @dev One long history, in which every action has an effect.
    function walk() internal {
        bytes4[] memory actions = laws.actions();
        uint256 state = 8020;
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256[6] memory words;
            for (uint256 j = 0; j < 6; ++j) {
                words[j] = state = uint256(keccak256(abi.encode(state)));
            }
            (bool done, bytes memory reason) =
                address(laws).call(abi.encodePacked(actions[words[5] % actions.length], abi.encode(words)));
            if (!done) {
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
        laws.checkAll();
        laws.checkEverythingHappened();
    }
}

/// forge-config: default.invariant.check_interval = 32
/// forge-config: deep.invariant.check_interval = 16
contract BondInvariantTest is BesideInvariant {
    function newLaws() internal override returns (Beside) {
        return new BondLaws();
    }

    function invariant_R26_BondsPayWhatTheyShouldAndNoMore() public view {
        laws.checkAll();
    }

    function test_R26_BondLawsAreNotIdle() public {
        walk();
    }
}

/// forge-config: default.invariant.check_interval = 32
/// forge-config: deep.invariant.check_interval = 16
contract ContributorsInvariantTest is BesideInvariant {
    function newLaws() internal override returns (Beside) {
        return new ContributorLaws();
    }

    function invariant_R24_LeavesGetWhatTheTokenAccrued() public view {
        laws.checkAll();
    }

    function test_R24_ContributorLawsAreNotIdle() public {
        walk();
    }
}

/// forge-config: default.invariant.check_interval = 32
/// forge-config: deep.invariant.check_interval = 16
contract PlansInvariantTest is BesideInvariant {
    function newLaws() internal override returns (Beside) {
        return new PlanLaws();
    }

    function invariant_R1_R25_PlansSellLotsAtTheirPrice() public view {
        laws.checkAll();
    }

    function test_R1_PlanLawsAreNotIdle() public {
        walk();
    }
}

/// forge-config: default.invariant.check_interval = 32
/// forge-config: deep.invariant.check_interval = 16
contract AdapterInvariantTest is BesideInvariant {
    function newLaws() internal override returns (Beside) {
        return new AdapterLaws();
    }

    function invariant_P30_P13_TheAdapterMovesWhatItMay() public view {
        laws.checkAll();
    }

    function test_P30_AdapterLawsAreNotIdle() public {
        walk();
    }
}

/// forge-config: default.invariant.check_interval = 32
/// forge-config: deep.invariant.check_interval = 16
contract DepositsInvariantTest is BesideInvariant {
    function newLaws() internal override returns (Beside) {
        return new DepositLaws();
    }

    function invariant_R28_DepositsBuyIntoTheirChannelOrGoBack() public view {
        laws.checkAll();
    }

    function test_R28_DepositLawsAreNotIdle() public {
        walk();
    }
}

/// forge-config: default.invariant.check_interval = 32
/// forge-config: deep.invariant.check_interval = 16
contract AttestationsInvariantTest is BesideInvariant {
    function newLaws() internal override returns (Beside) {
        return new AttestationLaws();
    }

    function invariant_P31_VerifiedIsDerivedAndNeverSet() public view {
        laws.checkAll();
    }

    function test_P31_AttestationLawsAreNotIdle() public {
        walk();
    }
}
