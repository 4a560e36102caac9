// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";

/// @notice EIP-170 binds every deployed contract; sizes are kept under snapshot.
contract SizesTest is Test {
    uint256 private constant LIMIT = 24_576;

    function checkSize(string memory name) private {
        uint256 size = vm.getDeployedCode(name).length;
        vm.snapshotValue("sizes", name, size);
        assertGt(size, 0);
        assertLe(size, LIMIT);
    }

    function test_DataAnchoringTokenFits() public {
        checkSize("DataAnchoringToken");
    }

    function test_DataAnchoringTokenExtensionFits() public {
        checkSize("DataAnchoringTokenExtension");
    }

    function test_ValueChannelsFits() public {
        checkSize("ValueChannels");
    }

    function test_ValueMarketFits() public {
        checkSize("ValueMarket");
    }
}
