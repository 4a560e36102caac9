// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {CapturedItems} from "../../src/channels/CapturedItems.sol";
import {ChannelHash} from "../../src/channels/ChannelHash.sol";
import {LockUses, newLockUses} from "../../src/channels/LockUses.sol";
import {LockTake, LockUse} from "../../src/interfaces/IDATLocks.sol";
import {Channel, ChannelMode, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {packLockMeter} from "../../src/types/LockMeter.sol";
import {CaptureItem, compactSignature, encodeItems} from "../helpers/CaptureItems.sol";

/// @notice The assembly of CapturedItems equals the same in Solidity (R6, R7, R9, R10).
contract CapturedItemsTest is Test {
    bytes32 private constant DOMAIN = keccak256("domain");
    uint256 private constant NOW = 1_760_000_000;

    /// @param form What is wrong with the item, if anything.
    /// @param run Items with equal numbers in a row are a run.
    struct Draw {
        address holder;
        uint128 tokenId;
        uint64 cap;
        uint64 deadline;
        bytes32 salt;
        uint64 units;
        bytes32 receiptHash;
        uint64 seq;
        uint8 form;
        uint8 run;
        bytes32 noise;
    }

    /// @notice What a scan of all items finds: a use for each that is right, and who signed the others.
    struct Scan {
        LockUse[] uses;
        uint256[] indexes;
        address[] operators;
        Failure[] failures;
    }

    struct Failure {
        uint256 index;
        bytes32 channelId;
        address channelKey;
        address signer;
        uint64 deadline;
        uint32 grace;
    }

    /// @dev The desk must be the first thing in memory, so everything else comes after it.
    function scan(bytes calldata packed) external view returns (bytes memory) {
        CapturedItems.openDesk(DOMAIN);
        Scan memory result;
        uint256 capacity = packed.length / CapturedItems.ITEM_LENGTH;
        LockUses uses = newLockUses(capacity);
        result.operators = new address[](capacity);
        result.failures = new Failure[](capacity);
        uint256 used;
        uint256 failed;
        uint256 at = CapturedItems.startOf(packed);
        while (at < CapturedItems.startOf(packed) + packed.length) {
            (address operator, uint256 item, uint256 runEnd) = CapturedItems.openRun(at);
            while (item < runEnd) {
                uint256 before = used;
                address signer;
                (item, used, signer) = CapturedItems.scan(item, runEnd, uses, used);
                for (uint256 i = before; i < used; ++i) {
                    result.operators[i] = operator;
                }
                if (item == runEnd) break;
                result.failures[failed++] = failureAt(packed, item, signer);
                item += CapturedItems.ITEM_LENGTH;
            }
            at = runEnd;
        }
        (result.uses, result.indexes) = usesOf(packed, uses, used);
        address[] memory operators = result.operators;
        Failure[] memory failures = result.failures;
        assembly ("memory-safe") {
            mstore(operators, used)
            mstore(failures, failed)
        }
        return abi.encode(result);
    }

    function failureAt(bytes calldata packed, uint256 item, address signer)
        private
        pure
        returns (Failure memory failure)
    {
        (failure.channelId, failure.channelKey, failure.deadline, failure.grace) = CapturedItems.scanned();
        (failure.index, failure.signer) = (CapturedItems.indexOf(packed, item), signer);
    }

    function usesOf(bytes calldata packed, LockUses uses, uint256 used)
        private
        pure
        returns (LockUse[] memory list, uint256[] memory indexes)
    {
        list = new LockUse[](used);
        indexes = new uint256[](used);
        for (uint256 i = 0; i < used; ++i) {
            (uint256 use,,) = uses.placesOf(i);
            LockUse memory one = list[i];
            assembly ("memory-safe") {
                mcopy(one, use, 0x40)
            }
            indexes[i] = CapturedItems.indexOf(packed, uses.itemAt(i));
        }
    }

    function emitCaptured(bytes calldata packed, bytes32[] calldata ids, LockTake[] calldata taken, uint256 first)
        external
        returns (uint256 position)
    {
        CapturedItems.openDesk(DOMAIN);
        LockUses uses = newLockUses(ids.length);
        uint256 at = CapturedItems.startOf(packed);
        for (uint256 i = 0; i < ids.length; ++i) {
            (uint256 use, uint256 items,) = uses.placesOf(i);
            (,, uint256 takes) = uses.placesOf(0);
            (bytes32 id, uint256 units, uint256 cumulative) = (ids[i], taken[i].units, taken[i].cumulative);
            uint256 item = at + CapturedItems.HEADER_LENGTH + i * CapturedItems.ITEM_LENGTH;
            assembly ("memory-safe") {
                mstore(use, id)
                mstore(items, item)
                if iszero(lt(i, first)) {
                    takes := add(takes, shl(6, sub(i, first)))
                    mstore(takes, units)
                    mstore(add(takes, 0x20), cumulative)
                }
            }
        }
        return CapturedItems.emitCaptured(IValueChannels.ChannelCaptured.selector, uses, first, first, ids.length);
    }

    function idOf(Channel memory channel) private pure returns (bytes32) {
        return digestOf(keccak256(abi.encode(ChannelHash.CHANNEL_TYPEHASH, channel)));
    }

    function digestOf(bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", DOMAIN, structHash));
    }

    function voucherOf(CaptureItem memory item) private pure returns (bytes32) {
        return digestOf(
            keccak256(
                abi.encode(
                    ChannelHash.VOUCHER_TYPEHASH, idOf(item.channel), item.cumulativeUnits, item.receiptHash, item.seq
                )
            )
        );
    }

    /// @dev An item that is right, or late, or signed by nobody, another key or with a high `s`.
    function drawn(Draw memory d) private returns (CaptureItem memory item) {
        (item.channel.holder, item.channel.tokenId, item.channel.cap, item.channel.salt) =
        (d.holder, d.tokenId, d.cap, d.salt);
        (address key, uint256 secret) = makeAddrAndKey("key");
        item.channel.channelKey = key;
        item.channel.operator = address(uint160(uint256(keccak256(abi.encode(d.run % 3)))));
        (item.channel.rate, item.channel.burst) = (d.run % 3, d.run % 2);
        item.channel.mode = ChannelMode(d.run % 2);
        item.channel.grace = 1e6;
        item.channel.deadline = uint64(
            d.form % 8 == 0 ? bound(d.deadline, 0, NOW - 1e6 - 1) : bound(d.deadline, NOW - 1e6, type(uint64).max)
        );
        (item.cumulativeUnits, item.receiptHash, item.seq) = (d.units, d.receiptHash, d.seq);
        if (d.form % 8 == 1) (, secret) = makeAddrAndKey("another key");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, voucherOf(item));
        (item.r, item.vs) = compactSignature(v, r, s);
        if (d.form % 8 == 2) item.vs |= bytes32(uint256(1) << 254);
        if (d.form % 8 == 3) (item.r, item.vs) = (d.noise, keccak256(abi.encode(d.noise)));
    }

    function signerOf(CaptureItem memory item) private pure returns (address signer) {
        (signer,,) = ECDSA.tryRecover(voucherOf(item), item.r, item.vs);
    }

    function expected(CaptureItem[] memory items) private pure returns (Scan memory result) {
        result.uses = new LockUse[](items.length);
        result.indexes = new uint256[](items.length);
        result.operators = new address[](items.length);
        result.failures = new Failure[](items.length);
        uint256 used;
        uint256 failed;
        for (uint256 i = 0; i < items.length; ++i) {
            Channel memory c = items[i].channel;
            address signer = signerOf(items[i]);
            if (NOW <= uint256(c.deadline) + c.grace && signer == c.channelKey) {
                result.uses[used] = LockUse(idOf(c), packLockMeter(c.cap, items[i].cumulativeUnits, c.rate, c.burst));
                result.operators[used] = c.operator;
                result.indexes[used++] = i;
            } else {
                result.failures[failed++] = Failure(i, idOf(c), c.channelKey, signer, c.deadline, c.grace);
            }
        }
        (LockUse[] memory uses, uint256[] memory indexes) = (result.uses, result.indexes);
        (address[] memory operators, Failure[] memory failures) = (result.operators, result.failures);
        assembly ("memory-safe") {
            mstore(uses, used)
            mstore(indexes, used)
            mstore(operators, used)
            mstore(failures, failed)
        }
    }

    function testFuzz_R7_R8_R10_ScanEqualsSolidity(Draw[] memory draws) public {
        vm.warp(NOW);
        CaptureItem[] memory items = new CaptureItem[](draws.length % 8);
        for (uint256 i = 0; i < items.length; ++i) {
            items[i] = drawn(draws[i]);
        }
        assertEq(this.scan(encodeItems(items)), abi.encode(expected(items)));
    }

    function testFuzz_R10_RecoveryEqualsOpenZeppelins(Draw memory d, bytes32 r, bytes32 vs) public {
        vm.warp(NOW);
        d.form = 4;
        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = drawn(d);
        (items[0].r, items[0].vs) = (r, vs);
        Failure[] memory failures = abi.decode(this.scan(encodeItems(items)), (Scan)).failures;
        assertEq(failures.length, 1);
        assertEq(failures[0].signer, signerOf(items[0]));
    }

    function testFuzz_R8_EventsEqualSolidity(
        Draw memory d,
        bytes32[4] memory ids,
        LockTake[4] memory taken,
        uint8 first
    ) public {
        first = first % 4;
        CaptureItem[] memory items = new CaptureItem[](4);
        bytes32[] memory idList = new bytes32[](4);
        LockTake[] memory takeList = new LockTake[](4);
        uint256 end = 4;
        for (uint256 i = 0; i < 4; ++i) {
            (d.receiptHash, d.seq) = (keccak256(abi.encode(i)), d.seq / 2);
            items[i] = drawn(d);
            (idList[i], takeList[i]) = (ids[i], taken[i]);
            if (i >= first && end == 4 && taken[i].units == 0) end = i;
        }
        for (uint256 i = first; i < end; ++i) {
            vm.expectEmit(address(this));
            emit IValueChannels.ChannelCaptured(
                ids[i], taken[i].units, taken[i].cumulative, items[i].seq, items[i].receiptHash
            );
        }
        vm.recordLogs();
        assertEq(this.emitCaptured(encodeItems(items), idList, takeList, first), end);
        assertEq(vm.getRecordedLogs().length, end - first);
    }

    /// @notice Memory that was taken before would be written over.
    function test_TheDeskIsFirst() public {
        bytes memory something = "something";
        vm.expectRevert();
        this.openDeskAfter(something);
    }

    function openDeskAfter(bytes memory) external pure {
        CapturedItems.openDesk(DOMAIN);
    }
}
