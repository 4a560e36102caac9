// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {CapturedItems, Finding} from "../../src/channels/CapturedItems.sol";
import {ChannelHash} from "../../src/channels/ChannelHash.sol";
import {LockIds, LockUses, newLockIds, newLockUses} from "../../src/channels/LockCalls.sol";
import {LockInfo} from "../../src/interfaces/IDATLocks.sol";
import {CaptureItem, Channel, IValueChannels} from "../../src/interfaces/IValueChannels.sol";

/// @notice The assembly of CapturedItems equals the same in Solidity (R6, R7, R9, R10).
contract CapturedItemsTest is Test {
    using CapturedItems for CaptureItem[];

    bytes32 private constant DOMAIN = keccak256("domain");
    uint256 private constant NOW = 1_760_000_000;

    struct Draw {
        uint64 cap;
        uint64 rate;
        uint64 burst;
        uint64 deadline;
        uint32 grace;
        uint64 units;
        uint64 seq;
        bytes32 receiptHash;
        uint64 remaining;
        uint32 age;
        uint8 form;
        bool late;
        bool open;
        bytes noise;
    }

    function inspect(CaptureItem[] calldata items, uint256 position, bytes32 id, LockInfo calldata info)
        external
        view
        returns (Finding, uint256, address)
    {
        uint256[3] memory words = [info.tokenId, uint256(info.remaining), uint256(info.lockedAt)];
        uint256 state;
        assembly ("memory-safe") {
            state := words
        }
        return items.inspect(position, DOMAIN, id, state);
    }

    function writeIds(CaptureItem[] calldata items) external pure returns (bytes32[] memory written) {
        LockIds ids = newLockIds(items.length);
        items.writeIds(DOMAIN, ids.first());
        assembly ("memory-safe") {
            written := ids
        }
    }

    function operatorAt(CaptureItem[] calldata items, uint256 position) external pure returns (address) {
        return items.operatorAt(position);
    }

    function emitCaptured(CaptureItem[] calldata items, uint256 position, bytes32 id, uint64 units, uint64 rest)
        external
    {
        LockUses uses = newLockUses(2);
        uses.setUse(0, id, rest, position);
        uses.setUse(1, id, rest, position);
        (,, uint256 place) = uses.placesOf(0);
        assembly ("memory-safe") {
            mstore(place, units)
            mstore(add(place, 0x20), 0)
        }
        items.emitCaptured(IValueChannels.ChannelCaptured.selector, uses, 0, 2);
    }

    function idOf(Channel memory channel) private pure returns (bytes32) {
        return digestOf(keccak256(abi.encode(ChannelHash.CHANNEL_TYPEHASH, channel)));
    }

    function digestOf(bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", DOMAIN, structHash));
    }

    function voucherOf(CaptureItem memory item, bytes32 id) private pure returns (bytes32) {
        return digestOf(
            keccak256(abi.encode(ChannelHash.VOUCHER_TYPEHASH, id, item.cumulativeUnits, item.receiptHash, item.seq))
        );
    }

    /// @dev The item that is looked at is the second of two, so that positions matter.
    function drawn(Draw memory d) private returns (CaptureItem[] memory items, bytes32 id) {
        (address key, uint256 secret) = makeAddrAndKey("key");
        items = new CaptureItem[](2);
        CaptureItem memory item = items[1];
        d.grace = uint32(bound(d.grace, 0, 1e9));
        d.deadline =
            uint64(bound(d.deadline, d.late ? 0 : NOW - d.grace, d.late ? NOW - d.grace - 1 : type(uint64).max));
        item.channel.holder = address(1);
        item.channel.operator = makeAddr("operator");
        item.channel.channelKey = key;
        (item.channel.cap, item.channel.rate, item.channel.burst) = (d.cap, d.rate, d.burst);
        (item.channel.deadline, item.channel.grace) = (d.deadline, d.grace);
        item.channel.salt = keccak256(d.noise);
        (item.cumulativeUnits, item.seq, item.receiptHash) = (d.units, d.seq, d.receiptHash);
        id = idOf(item.channel);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, voucherOf(item, id));
        if (d.form % 4 == 0) item.signature = d.noise;
        else if (d.form % 4 == 1) item.signature = abi.encodePacked(r, bytes32(uint256(s) | uint256(v - 27) << 255));
        else item.signature = abi.encodePacked(r, s, v);
    }

    function signerOf(bytes memory signature, bytes32 digest) private pure returns (address signer) {
        if (signature.length == 64) {
            (bytes32 r, bytes32 vs) = abi.decode(signature, (bytes32, bytes32));
            (signer,,) = ECDSA.tryRecover(digest, r, vs);
        } else {
            (signer,,) = ECDSA.tryRecover(digest, signature);
        }
    }

    function expected(CaptureItem memory item, bytes32 id, LockInfo memory info)
        private
        pure
        returns (Finding, uint256, address)
    {
        Channel memory channel = item.channel;
        if (info.tokenId == 0) return (Finding.NotOpen, 0, address(0));
        if (NOW > uint256(channel.deadline) + channel.grace) return (Finding.TooLate, 0, address(0));
        address signer = signerOf(item.signature, voucherOf(item, id));
        if (signer != channel.channelKey) return (Finding.WrongSigner, 0, signer);
        uint256 target = item.cumulativeUnits < channel.cap ? item.cumulativeUnits : channel.cap;
        uint256 metered = uint256(channel.burst) + uint256(channel.rate) * (NOW - info.lockedAt);
        if (channel.rate != 0 && metered < target) target = metered;
        uint256 rest = channel.cap - target;
        return (rest < info.remaining ? Finding.Due : Finding.NothingNew, rest, signer);
    }

    function testFuzz_R8_InspectionEqualsSolidity(Draw memory d) public {
        vm.warp(NOW);
        (CaptureItem[] memory items, bytes32 id) = drawn(d);
        LockInfo memory info = LockInfo(d.open ? 7 : 0, d.remaining, uint64(NOW - d.age % 1e9));
        (Finding finding, uint256 rest, address signer) = this.inspect(items, 1, id, info);
        (Finding finding_, uint256 rest_, address signer_) = expected(items[1], id, info);
        assertEq(uint256(finding), uint256(finding_));
        assertEq(rest, rest_);
        assertEq(signer, signer_);
    }

    function testFuzz_R10_RecoveryEqualsOpenZeppelins(bytes32 r, bytes32 s, uint8 v, bytes calldata tail, uint8 length)
        public
        view
    {
        CaptureItem[] memory items = new CaptureItem[](1);
        bytes memory signature = abi.encodePacked(r, s, v % 2 == 0 ? v : 27 + v % 4 / 2, tail);
        length = uint8(bound(length, 60, 68));
        if (signature.length > length) {
            assembly ("memory-safe") {
                mstore(signature, length)
            }
        }
        items[0].signature = signature;
        items[0].channel.deadline = type(uint64).max;
        items[0].channel.channelKey = address(1);
        (Finding finding,, address signer) = this.inspect(items, 0, keccak256("id"), LockInfo(1, 1, 1));
        assertEq(uint256(finding), uint256(Finding.WrongSigner));
        assertEq(signer, signerOf(signature, voucherOf(items[0], keccak256("id"))));
    }

    function testFuzz_R7_IdsEqualAbiEncode(Draw memory d, uint8 count) public {
        vm.warp(NOW);
        CaptureItem[] memory items = new CaptureItem[](count % 5);
        for (uint256 i = 0; i < items.length; ++i) {
            (CaptureItem[] memory one,) = drawn(d);
            items[i] = one[1];
            items[i].channel.tokenId = i;
        }
        bytes32[] memory ids = this.writeIds(items);
        assertEq(ids.length, items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            assertEq(ids[i], idOf(items[i].channel));
            assertEq(this.operatorAt(items, i), items[i].channel.operator);
        }
    }

    function testFuzz_R8_EventEqualsSolidity(Draw memory d, bytes32 id, uint64 units, uint64 rest) public {
        vm.warp(NOW);
        (CaptureItem[] memory items,) = drawn(d);
        rest = uint64(bound(rest, 0, d.cap));
        units = units == 0 ? 1 : units;
        vm.expectEmit(address(this));
        emit IValueChannels.ChannelCaptured(id, units, d.cap - rest, d.seq, d.receiptHash);
        vm.recordLogs();
        this.emitCaptured(items, 1, id, units, rest);
        // The second use took nothing.
        assertEq(vm.getRecordedLogs().length, 1);
    }
}
