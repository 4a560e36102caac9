// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";

/// @notice What every deployed contract's code must be: within EIP-170, its size under snapshot, and blind to the block
/// number, which means something else on every rollup (R29).
contract BytecodeTest is Test {
    uint256 private constant LIMIT = 24_576;
    uint8 private constant NUMBER = 0x43;
    uint8 private constant PUSH1 = 0x60;
    uint8 private constant PUSH32 = 0x7f;

    string[15] private names = [
        "DataAnchoringToken",
        "DataAnchoringTokenExtension",
        "DataAnchoringTokenSecondExtension",
        "DataAnchoringTokenThirdExtension",
        "ValueChannels",
        "ValueMarket",
        "ContributorRoots",
        "ContributorVault",
        "OperatorBond",
        "ValuePlans",
        "PermitBuyer",
        "ERC3525Adapter",
        "AttestationRegistry",
        "ChannelDeposits",
        "ChannelDeposit"
    ];

    function test_EveryContractFits() public {
        for (uint256 i = 0; i < names.length; ++i) {
            uint256 size = vm.getDeployedCode(names[i]).length;
            vm.snapshotValue("sizes", names[i], size);
            assertGt(size, 0);
            assertLe(size, LIMIT, names[i]);
        }
    }

    function test_R29_NoContractReadsTheBlockNumber() public view {
        for (uint256 i = 0; i < names.length; ++i) {
            assertFalse(contains(vm.getDeployedCode(names[i]), NUMBER), names[i]);
        }
        // The walk below finds what it looks for, and does not take data for code.
        assertTrue(contains(hex"604360005043", NUMBER));
        assertFalse(contains(hex"604360005000", NUMBER));
    }

    function contains(bytes memory code, uint8 opcode) private pure returns (bool) {
        for (uint256 i = 0; i < code.length; ++i) {
            uint8 current = uint8(code[i]);
            if (current == opcode) return true;
            if (current >= PUSH1 && current <= PUSH32) i += current - PUSH1 + 1;
        }
        return false;
    }
}
