// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {KedgeTest} from "../../helpers/KedgeTest.sol";

/// @notice What the campaigns over the contracts beside the token have in common: people, time, and a stranger who tries.
/// @dev Every action is valid when it is sent, so a revert is a failure, except for what a stranger tries.
abstract contract Beside is KedgeTest {
    address[] internal people;
    address[] internal assets;
    /// @dev What strangers tried.
    uint256 internal trespasses;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = 0; i < 4; ++i) {
            people.push(makeAddr(string.concat("person ", vm.toString(i))));
        }
        assets.push(ETH);
        assets.push(address(usd));
    }

    function warp(uint256 seconds_) external virtual {
        vm.warp(block.timestamp + 1 + seconds_ % 3 days);
    }

    function aPerson(uint256 seed) internal view returns (address) {
        return people[seed % people.length];
    }

    function anAsset(uint256 seed) internal view returns (address) {
        return assets[seed % assets.length];
    }

    function held(address asset, address account) internal view returns (uint256) {
        return asset == ETH ? account.balance : usd.balanceOf(account);
    }

    function give(address asset, address account, uint256 amount) internal {
        if (asset == ETH) vm.deal(account, account.balance + amount);
        else usd.mint(account, amount);
    }

    function trespass(address who, address target, bytes memory data) internal {
        vm.prank(who);
        (bool done,) = target.call(data);
        assertFalse(done, "P16: a stranger may not");
        ++trespasses;
    }

    /// @notice What a campaign may do, more often what leads further. Arguments are words, any of which is valid.
    function actions() external pure virtual returns (bytes4[] memory);

    function checkAll() external view virtual;

    /// @notice Fails when an action was never taken: laws over idle histories hold by themselves.
    function checkEverythingHappened() external view virtual;
}
