// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IDATLocks} from "../../src/interfaces/IDATLocks.sol";
import {ILockModule, LockRequest} from "../../src/interfaces/ILockModule.sol";
import {Channel, ChannelMode, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

contract ValueChannelsOpenTest is KedgeTest {
    uint256 private classId;
    uint256 private tokenId;
    uint64 private expireAt;

    function setUp() public override {
        super.setUp();
        expireAt = uint64(START + 60 days);
        classId = createClass();
        tokenId = mintValue(classId, holder, 1000, expireAt);
    }

    function expectInvalid(Channel memory channel, bytes32 field) private {
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, field));
        token.lock(tokenId, 100, address(channels), abi.encode(channel));
    }

    function test_R5_OnlyTheTokenOpens() public {
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsNotToken.selector, address(this)));
        ILockModule(address(channels))
            .onLock(LockRequest(holder, tokenId, 100, 0, true), abi.encode(channelTerms(tokenId, 100)));
    }

    function test_R5_OnlyTheHolderLocks() public {
        vm.prank(stranger);
        vm.expectRevert();
        token.lock(tokenId, 100, address(channels), abi.encode(channelTerms(tokenId, 100)));
        assertEq(core.valueOf(tokenId), 1000);
    }

    function test_R7_TermsMustBeTheLocks() public {
        Channel memory channel = channelTerms(tokenId, 100);
        channel.holder = stranger;
        expectInvalid(channel, "holder");

        channel = channelTerms(tokenId + 1, 100);
        expectInvalid(channel, "tokenId");

        channel = channelTerms(tokenId, 101);
        expectInvalid(channel, "cap");
    }

    function test_R10_OperatorAndKeyMustBeNamed() public {
        Channel memory channel = channelTerms(tokenId, 100);
        channel.operator = address(0);
        expectInvalid(channel, "operator");

        channel = channelTerms(tokenId, 100);
        channel.channelKey = address(0);
        expectInvalid(channel, "channelKey");
    }

    function test_R6_DeadlineMustBeInTheFuture() public {
        Channel memory channel = channelTerms(tokenId, 100);
        channel.deadline = uint64(block.timestamp);
        expectInvalid(channel, "deadline");

        channel.deadline = uint64(block.timestamp + 1);
        openChannel(channel);
    }

    function test_R6_GraceIsAtLeastADay() public {
        Channel memory channel = channelTerms(tokenId, 100);
        channel.grace = 1 days - 1;
        expectInvalid(channel, "grace");
    }

    function test_R6_ChannelMayNotOutliveTheToken() public {
        Channel memory channel = channelTerms(tokenId, 100);
        channel.deadline = expireAt - 1 days + 1;
        expectInvalid(channel, "expireAt");

        channel.deadline = expireAt - 1 days;
        openChannel(channel);
    }

    function test_R6_HugeDeadlineDoesNotWrapAround() public {
        Channel memory channel = channelTerms(tokenId, 100);
        channel.deadline = type(uint64).max;
        expectInvalid(channel, "expireAt");
    }

    function test_R9_CappedModeNeedsARate() public {
        Channel memory channel = channelTerms(tokenId, 100);
        channel.mode = ChannelMode.Capped;
        expectInvalid(channel, "rate");

        channel.rate = 1;
        openChannel(channel);
    }

    /// @notice Terms are eleven clean words, as Solidity would decode them: stray bits and other lengths open nothing.
    function testFuzz_R7_StrayBitsOpenNothing(uint256 field, uint256 stray, uint8 length) public {
        Channel memory channel = channelTerms(tokenId, 100);
        uint256[11] memory bits = [uint256(160), 256, 160, 160, 64, 64, 64, 64, 32, 1, 256];
        bytes memory encoded = abi.encode(channel);
        field = bound(field, 0, 10);
        if (bits[field] != 256) {
            stray = bound(stray, 1, type(uint256).max >> bits[field]) << bits[field];
            assembly ("memory-safe") {
                let place := add(add(encoded, 0x20), mul(field, 0x20))
                mstore(place, or(mload(place), stray))
            }
            vm.prank(holder);
            vm.expectPartialRevert(IValueChannels.ValueChannelsInvalidTerms.selector);
            token.lock(tokenId, 100, address(channels), encoded);
        }
        encoded = abi.encode(channel);
        if (length == encoded.length % 256) ++length;
        bytes memory other = new bytes(length);
        for (uint256 i = 0; i < length && i < encoded.length; ++i) {
            other[i] = encoded[i];
        }
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, bytes32("length")));
        token.lock(tokenId, 100, address(channels), other);
        openChannel(channel);
    }

    function test_R25_PolicyWithoutHashCarriesNoChannel() public {
        vm.prank(issuer);
        core.updateClassPolicy(classId, "ipfs://unhashed");
        uint256 unhashed = mintValue(classId, holder, 1000, 0);
        Channel memory channel = channelTerms(unhashed, 100);
        vm.prank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, bytes32("policyHash"))
        );
        token.lock(unhashed, 100, address(channels), abi.encode(channel));

        // L10: the token bought under the hashed version is not touched by the new one.
        openChannel(channelTerms(tokenId, 100));
    }

    function test_R7_AnIdIsUsedOnce() public {
        Channel memory channel = channelTerms(tokenId, 100);
        bytes32 channelId = openChannel(channel);
        bytes memory reason = abi.encodeWithSelector(IDATLocks.DATLockExists.selector, address(channels), channelId);

        vm.prank(holder);
        vm.expectRevert(reason);
        token.lock(tokenId, 100, address(channels), abi.encode(channel));

        vm.prank(operator);
        channels.close(channel);
        vm.prank(holder);
        vm.expectRevert(reason);
        token.lock(tokenId, 100, address(channels), abi.encode(channel));

        channel.salt = bytes32(uint256(1));
        openChannel(channel);
    }

    function test_R6_OpeningTakesTheUnitsOutOfTheValue() public {
        Channel memory channel = channelTerms(tokenId, 100);
        bytes32 channelId = channels.channelIdOf(channel);

        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelOpened(channelId, holder, operator, channel);
        vm.expectEmit(address(token));
        emit IDATLocks.ValueLocked(tokenId, address(channels), channelId, 100);
        assertEq(openChannel(channel), channelId);

        assertEq(core.valueOf(tokenId), 900);
        (uint256 lockedToken, uint64 remaining, uint64 lockedAt) = token.lockInfo(address(channels), channelId);
        assertEq(lockedToken, tokenId);
        assertEq(remaining, 100);
        assertEq(lockedAt, block.timestamp);
    }

    function test_R5_TheTokenIsAnsweredTheIdAndNothingElse() public {
        Channel memory channel = channelTerms(tokenId, 100);
        LockRequest memory request = LockRequest(holder, tokenId, 100, expireAt, true);
        vm.prank(address(token));
        (bool done, bytes memory answer) =
            address(channels).call(abi.encodeCall(ILockModule.onLock, (request, abi.encode(channel))));
        assertTrue(done);
        assertEq(answer, abi.encode(channels.channelIdOf(channel)));
    }

    function test_R7_IdIsTheEip712Digest() public view {
        assertIdIsTheDigest();
        (, string memory name, string memory version,, address verifier,,) = IERC5267(address(channels)).eip712Domain();
        assertEq(name, "Kedge ValueChannels");
        assertEq(version, "1");
        assertEq(verifier, address(channels));
        assertEq(channels.token(), address(token));
    }

    /// @notice A chain that splits has two domains, so what is signed for one is nothing on the other.
    function test_R7_AnotherChainsIdIsAnother() public {
        bytes32 before = channels.channelIdOf(channelTerms(tokenId, 100));
        vm.chainId(block.chainid + 1);
        assertIdIsTheDigest();
        assertNotEq(channels.channelIdOf(channelTerms(tokenId, 100)), before);
    }

    function assertIdIsTheDigest() private view {
        Channel memory channel = channelTerms(tokenId, 100);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Kedge ValueChannels"),
                keccak256("1"),
                block.chainid,
                address(channels)
            )
        );
        bytes32 typehash = keccak256(
            "Channel(address holder,uint256 tokenId,address operator,address channelKey,uint64 cap,uint64 rate,uint64 burst,uint64 deadline,uint32 grace,uint8 mode,bytes32 salt)"
        );
        bytes32 structHash = keccak256(abi.encode(typehash, channel));
        assertEq(channels.channelIdOf(channel), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    function testFuzz_R7_EveryFieldIsInTheId(uint256 field, uint256 word) public view {
        Channel memory channel = channelTerms(tokenId, 100);
        bytes32 before = channels.channelIdOf(channel);
        bytes memory encoded = abi.encode(channel);
        field = bound(field, 0, 10);
        uint256[11] memory bits = [uint256(160), 256, 160, 160, 64, 64, 64, 64, 32, 1, 256];
        word = bits[field] == 256 ? word : word % (1 << bits[field]);
        uint256 old;
        assembly ("memory-safe") {
            let place := add(add(encoded, 0x20), mul(field, 0x20))
            old := mload(place)
            mstore(place, word)
        }
        bytes32 changed = channels.channelIdOf(abi.decode(encoded, (Channel)));
        if (word == old) assertEq(changed, before);
        else assertNotEq(changed, before);
    }

    function testFuzz_R5_LockTakesExactlyTheUnits(uint64 value, uint64 units) public {
        value = uint64(bound(value, 1, type(uint64).max));
        units = uint64(bound(units, 1, value));
        uint256 id = mintValue(classId, holder, value, 0);
        openChannel(channelTerms(id, units));
        assertEq(core.valueOf(id), value - units);
    }
}
