// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Contribution, IContributorRoots, RootTerms} from "../../src/interfaces/IContributorRoots.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {Trees} from "../helpers/Trees.sol";

/// @notice Gas of contributor roots, each call in its own transaction, under snapshot (R24).
/// forge-config: default.isolate = true
contract ContributorGasTest is KedgeTest {
    IContributorRoots private roots;
    uint256 private classId;

    function setUp() public override {
        super.setUp();
        roots = IContributorRoots(deployCode("ContributorRoots", abi.encode(address(token))));
        classId = createClass();
        mintShare(classId, stranger, 1024);
        vm.deal(address(this), 1e24);
    }

    function accountAt(uint256 index) private pure returns (address) {
        return address(uint160(index + 1_000_000));
    }

    function snapshot(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("contributors", name);
    }

    /// @dev Commits a token to `count` contributors of equal weight, and settles.
    function commit(uint256 count) private returns (uint256 tokenId, bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = Trees.contributorLeaf(uint32(i), accountAt(i), 1);
        }
        tokenId = mintShare(classId, holder, 1024);
        RootTerms memory terms = RootTerms(Trees.rootOf(leaves), uint64(count), "bafy");
        vm.startPrank(holder);
        token.approve(address(roots), tokenId);
        roots.commit(tokenId, terms, new address[](0));
        vm.stopPrank();
        if (count == 10) snapshot("commit");
        core.settleRevenueETH{value: 1e21}(classId);
        roots.settle(tokenId, ETH);
        if (count == 10) snapshot("settle ETH, first");
    }

    /// @dev Two claims of one leaf with revenue between, and what they cost.
    function claimTwice(uint256 count, string memory label) private returns (uint256 first, uint256 second) {
        (uint256 tokenId, bytes32[] memory leaves) = commit(count);
        uint256 index = count / 3;
        address account = accountAt(index);
        vm.deal(account, 1);
        bytes32[] memory path = Trees.pathOf(leaves, index);
        Contribution memory contribution = Contribution(tokenId, 1, ETH, uint32(index), account, 1);
        vm.startPrank(account);
        roots.claim(contribution, path, payable(account));
        first = snapshot(string.concat("claim ETH, first of its leaf, ", label));
        vm.stopPrank();
        core.settleRevenueETH{value: 1e21}(classId);
        roots.settle(tokenId, ETH);
        if (count == 10) snapshot("settle ETH");
        vm.prank(account);
        roots.claim(contribution, path, payable(account));
        second = snapshot(string.concat("claim ETH, ", label));
    }

    /// @notice A claim costs the same whoever else there is, but for the hashes of its proof: 4 of 10 leaves, 17 of 100,000.
    function test_R24_ClaimGasIsFlatInTheNumberOfLeaves() public {
        (uint256 fewFirst, uint256 few) = claimTwice(10, "10 leaves");
        (uint256 manyFirst, uint256 many) = claimTwice(100_000, "100,000 leaves");
        // Each further hash is one word of calldata (512 gas, a little less where bytes are zero) and its hashing.
        uint256 proof = 13 * (512 + 300);
        assertLe(manyFirst, fewFirst + proof);
        assertLe(many, few + proof);
    }

    /// @notice Claim gas does not depend on how often the token was re-rooted.
    function test_R24_SetRoot() public {
        (uint256 tokenId,) = commit(3);
        address[] memory assets = new address[](1);
        core.settleRevenueETH{value: 1e21}(classId);
        vm.startPrank(holder);
        roots.setRoot(tokenId, RootTerms(keccak256("root"), 1, "bafy"), new address[](0));
        snapshot("setRoot");
        roots.setRoot(tokenId, RootTerms(keccak256("root"), 1, "bafy"), assets);
        snapshot("setRoot, settling ETH");
        vm.stopPrank();
    }
}
