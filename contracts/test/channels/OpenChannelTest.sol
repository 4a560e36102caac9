// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Channel, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice A channel of a hundred units that is open, and how a capture fails.
abstract contract OpenChannelTest is KedgeTest {
    uint256 internal classId;
    uint256 internal tokenId;
    Channel internal channel;
    bytes32 internal channelId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        tokenId = mintValue(classId, holder, 1000, 0);
        channel = channelTerms(tokenId, 100);
        channelId = openChannel(channel);
    }

    function expectFailed(uint256 index, bytes32 id, bytes memory reason) internal {
        vm.expectEmit(address(channels));
        emit IValueChannels.CaptureFailed(index, id, reason);
    }

    function wrongSigner(address signer) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IValueChannels.ValueChannelsWrongSigner.selector, channelId, signer, channelKey);
    }
}
