// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Contribution, IContributorRoots, RootTerms} from "../../src/interfaces/IContributorRoots.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {Trees} from "../helpers/Trees.sol";

/// @notice A share whose revenue goes to the leaves of its roots.
abstract contract ContributorsTest is KedgeTest {
    struct Leaf {
        address account;
        uint64 weight;
    }

    IContributorRoots internal roots;
    uint256 internal classId;
    uint256 internal share;
    address internal ada = makeAddr("ada");
    address internal bob = makeAddr("bob");
    address internal cid = makeAddr("cid");

    // The leaves of each epoch: its proofs are made of them.
    mapping(uint32 epoch => Leaf[]) internal leaves;

    function setUp() public override {
        super.setUp();
        roots = IContributorRoots(deployCode("ContributorRoots", abi.encode(address(token))));
        classId = createClass();
        // A power of two divides without a remainder, so amounts below are exact.
        share = mintShare(classId, holder, 1024);
        leaves[1].push(Leaf(ada, 3));
        leaves[1].push(Leaf(bob, 1));
        leaves[2].push(Leaf(bob, 1));
        leaves[2].push(Leaf(cid, 1));
    }

    function createClassWith(ClassOptions memory options) internal returns (uint256) {
        vm.prank(issuer);
        return token.createClassWithOptions(classTerms(new ParentTerms[](0), address(0)), options);
    }

    function none() internal pure returns (address[] memory) {
        return new address[](0);
    }

    function one(address asset) internal pure returns (address[] memory assets) {
        assets = new address[](1);
        assets[0] = asset;
    }

    function hashesOf(uint32 epoch) internal view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](leaves[epoch].length);
        for (uint32 i = 0; i < hashes.length; ++i) {
            hashes[i] = roots.leafOf(i, leaves[epoch][i].account, leaves[epoch][i].weight);
        }
    }

    function termsOf(uint32 epoch) internal view returns (RootTerms memory terms) {
        terms.root = Trees.rootOf(hashesOf(epoch));
        terms.cid = "bafy-leaves";
        for (uint256 i = 0; i < leaves[epoch].length; ++i) {
            terms.totalWeight += leaves[epoch][i].weight;
        }
    }

    function commit() internal returns (address vault) {
        return commit(termsOf(1), none());
    }

    function commit(RootTerms memory terms, address[] memory assets) internal returns (address vault) {
        vm.startPrank(holder);
        token.approve(address(roots), share);
        vault = roots.commit(share, terms, assets);
        vm.stopPrank();
    }

    function setRoot(uint32 epoch, address[] memory assets) internal {
        RootTerms memory terms = termsOf(epoch);
        vm.prank(holder);
        assertEq(roots.setRoot(share, terms, assets), epoch);
    }

    function part(uint32 epoch, uint32 index, address asset) internal view returns (Contribution memory) {
        Leaf storage leaf = leaves[epoch][index];
        return Contribution(share, epoch, asset, index, leaf.account, leaf.weight);
    }

    function claim(uint32 epoch, uint32 index, address asset) internal returns (uint256) {
        address account = leaves[epoch][index].account;
        return roots.claim(part(epoch, index, asset), Trees.pathOf(hashesOf(epoch), index), payable(account));
    }
}
