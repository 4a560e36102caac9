// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {NaiveDAT} from "../reference/NaiveDAT.sol";

/// @notice The yardstick beside TokenGas: the same operations of a naive ERC-8028.
/// forge-config: default.isolate = true
contract NaiveGasTest is Test {
    bytes32 private constant METRIC = keccak256("inference_calls");

    NaiveDAT private naive;
    address private holder = makeAddr("holder");
    address private operator = makeAddr("operator");
    uint256 private classId;
    uint256 private tokenId;
    uint256 private share;

    function setUp() public {
        naive = new NaiveDAT();
        classId = naive.createClass("ipfs://metadata", keccak256("metadata"), 0, "ipfs://policy");
        tokenId = naive.mint(classId, holder, 1_000_000, 0, 0);
        share = naive.mint(classId, holder, 0, 1000, 0);
        vm.deal(address(this), 10 ether);
        vm.deal(holder, 1 ether);
        naive.settleRevenueETH{value: 1 ether}(classId);
    }

    function snapshot(string memory name) private {
        vm.snapshotGasLastCall("naive", name);
    }

    function test_Mint() public {
        naive.mint(classId, operator, 1000, 0, 0);
        snapshot("mint, value only");
        naive.mint(classId, operator, 0, 1000, 0);
        snapshot("mint, share");
    }

    function test_Tokens() public {
        uint256 other = naive.mint(classId, operator, 1, 0, 0);
        vm.startPrank(holder);
        naive.transferValue(tokenId, other, 10);
        snapshot("transferValue");
        naive.recordUsage(tokenId, METRIC, 10);
        snapshot("recordUsage by the holder");
        naive.approveForClass(classId, operator, true);
        snapshot("approveForClass");
        naive.transferToken(share, operator);
        snapshot("transferToken");
        vm.stopPrank();
        vm.prank(operator);
        naive.recordUsage(tokenId, METRIC, 10);
        snapshot("recordUsage by an operator");
    }

    function test_Revenue() public {
        naive.settleRevenueETH{value: 1 ether}(classId);
        snapshot("settleRevenueETH");
        vm.prank(holder);
        naive.claim(share, address(0), payable(holder));
        snapshot("claim ETH, first");
        naive.settleRevenueETH{value: 1 ether}(classId);
        vm.prank(holder);
        naive.claim(share, address(0), payable(holder));
        snapshot("claim ETH");
    }
}
