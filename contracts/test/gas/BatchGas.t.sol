// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MintItem} from "../../src/interfaces/IDATBatches.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Cheatcodes that the published forge-std does not name yet.
interface VmAccessList {
    struct AccessListItem {
        address target;
        bytes32[] storageKeys;
    }

    function accessList(AccessListItem[] calldata access) external;
    function noAccessList() external;
}

/// @notice Gas of batches and of scoped approvals, each in its own transaction, under snapshot.
/// forge-config: default.isolate = true
contract BatchGasTest is KedgeTest {
    bytes32 private constant METRIC = keccak256("inference_calls");

    uint256 private classId;
    uint256[] private tokens;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        mintValue(classId, operator, 1, 0);
        for (uint256 i = 0; i < 100; ++i) {
            tokens.push(mintValue(classId, holder, 1000, 0));
        }
    }

    function usages(uint64 amount) private view returns (bytes memory items) {
        items = abi.encodePacked(uint96(tokens[0] >> 32), uint16(100));
        for (uint256 i = 0; i < 100; ++i) {
            items = bytes.concat(items, bytes4(uint32(tokens[i])), bytes8(amount));
        }
    }

    function snapshot(string memory name) private {
        uint256 gas = vm.snapshotGasLastCall("batch", name);
        vm.snapshotValue("batch", string.concat(name, ", each"), gas / 100);
    }

    function test_RecordUsageBatch() public {
        bytes memory items = usages(100);
        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        vm.prank(operator);
        token.recordUsageBatch(METRIC, items);
        snapshot("100 usages by an operator");
        useAccessList();
        vm.prank(operator);
        token.recordUsageBatch(METRIC, items);
        snapshot("100 usages by an operator, with an access list");
        assertLe(vm.lastCallGas().gasTotalUsed / 100, 7420, "P29: at most 7,420 gas a token at 100");
        VmAccessList(address(vm)).noAccessList();
        vm.prank(holder);
        token.recordUsageBatch(METRIC, items);
        snapshot("100 usages by the owner");
    }

    /// @dev EIP-2930: the tokens' slots, in the mapping at slot 2.
    function useAccessList() private {
        VmAccessList.AccessListItem[] memory list = new VmAccessList.AccessListItem[](1);
        list[0] = VmAccessList.AccessListItem(address(token), new bytes32[](100));
        for (uint256 i = 0; i < 100; ++i) {
            list[0].storageKeys[i] = keccak256(abi.encode(tokens[i], 2));
        }
        VmAccessList(address(vm)).accessList(list);
    }

    function test_MintBatch() public {
        MintItem[] memory items = new MintItem[](100);
        for (uint256 i = 0; i < 100; ++i) {
            items[i] = MintItem(operator, 1000, 0, 0);
        }
        vm.prank(issuer);
        token.mintBatch(classId, items);
        snapshot("100 mints, value only");
    }

    function test_ClaimBatch() public {
        uint256[] memory ids = new uint256[](100);
        for (uint256 i = 0; i < 100; ++i) {
            ids[i] = mintShare(classId, holder, 10);
        }
        settleETH(classId, 1 ether);
        vm.deal(holder, 1);
        vm.prank(holder);
        token.claimBatch(ids, ETH, payable(holder));
        snapshot("100 first claims, ETH");
        settleETH(classId, 1 ether);
        vm.prank(holder);
        token.claimBatch(ids, ETH, payable(holder));
        snapshot("100 claims, ETH");
    }

    function test_ScopedApproval() public {
        vm.startPrank(holder);
        token.approveUsage(tokens[0], operator, 1000, 0);
        vm.snapshotGasLastCall("batch", "approveUsage");
        vm.stopPrank();
        vm.prank(operator);
        core.recordUsage(tokens[0], METRIC, 10);
        vm.snapshotGasLastCall("batch", "recordUsage by a scoped operator");
    }
}
