// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Contribution} from "../../src/interfaces/IContributorRoots.sol";
import {ContributorsTest} from "../contributors/ContributorsTest.sol";

/// @notice Attacks on what contributors have earned.
contract ContributorAttacksTest is ContributorsTest {
    /// @notice The token contract counts as an asset that the vault holds one of; nothing gets it out.
    function test_Attack_TheVaultsTokenTakenForAnAsset() public {
        delete leaves[1];
        leaves[1].push(Leaf(holder, 1));
        address vault = commit();
        assertEq(roots.settle(share, address(token)), 1);
        Contribution memory whole = part(1, 0, address(token));
        assertEq(roots.claimableOf(whole), 1);
        vm.prank(holder);
        vm.expectRevert();
        roots.claim(whole, new bytes32[](0), payable(holder));
        assertEq(core.ownerOf(share), vault);
    }
}
