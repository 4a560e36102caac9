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
    /// @param run Items with equal numbers in a row are a run; bit 2 says whether it is unsigned.
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

    /// @notice What a scan of all items finds: a use for each, which is blank where the item is not right.
    struct Scan {
        LockUse[] uses;
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
        uint256 capacity = packed.length / CapturedItems.UNSIGNED_LENGTH;
        LockUses uses = newLockUses(capacity);
        soil(uses, capacity);
        Scan memory result = Scan(new LockUse[](capacity), new address[](capacity), new Failure[](capacity));
        uint256 use = uses.placeOf(0);
        uint256 failed;
        uint256 at = CapturedItems.startOf(packed);
        while (at < CapturedItems.startOf(packed) + packed.length) {
            (uint256 item, uint256 itemLength, uint256 runEnd) = CapturedItems.openRun(at);
            for (uint256 i = item; i < runEnd; i += itemLength) {
                result.operators[indexAt(uses, use) + (i - item) / itemLength] = CapturedItems.operatorAt(at);
            }
            while (item < runEnd) {
                address signer;
                (item, use, signer) = CapturedItems.scan(item, itemLength, runEnd, use);
                if (item == runEnd) break;
                result.failures[failed++] = failureAt(indexAt(uses, use), signer);
                use = CapturedItems.putBlank(use);
                item += itemLength;
            }
            at = runEnd;
        }
        // There may be room for more items than there are, for headers take some, too.
        shorten(result, indexAt(uses, use), failed);
        copyUses(uses, result.uses);
        return abi.encode(result);
    }

    /// @dev Uses are written over those of another operator.
    function soil(LockUses uses, uint256 capacity) private pure {
        for (uint256 i = 0; i < capacity; ++i) {
            uint256 use = uses.placeOf(i);
            assembly ("memory-safe") {
                mstore(use, not(0))
                mstore(add(use, 0x20), not(0))
            }
        }
    }

    function shorten(Scan memory result, uint256 count, uint256 failed) private pure {
        (LockUse[] memory uses, address[] memory operators) = (result.uses, result.operators);
        Failure[] memory failures = result.failures;
        assembly ("memory-safe") {
            mstore(uses, count)
            mstore(operators, count)
            mstore(failures, failed)
        }
    }

    function indexAt(LockUses uses, uint256 use) private pure returns (uint256) {
        return (use - uses.placeOf(0)) / CapturedItems.USE_LENGTH;
    }

    function failureAt(uint256 index, address signer) private pure returns (Failure memory failure) {
        (failure.channelId, failure.channelKey, failure.deadline, failure.grace) = CapturedItems.scanned();
        (failure.index, failure.signer) = (index, signer);
    }

    function copyUses(LockUses uses, LockUse[] memory list) private pure {
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 use = uses.placeOf(i);
            LockUse memory one = list[i];
            assembly ("memory-safe") {
                mcopy(one, use, 0x40)
            }
        }
    }

    function putUses(bytes32[] calldata ids, LockTake[] calldata taken) private pure returns (LockUses uses) {
        CapturedItems.openDesk(DOMAIN);
        uses = newLockUses(ids.length);
        uses.answerAt(uses.placeOf(ids.length));
        for (uint256 i = 0; i < ids.length; ++i) {
            (uint256 use, uint256 take) = (uses.placeOf(i), uses.takesOf() + 64 * i);
            (bytes32 id, uint256 units, uint256 cumulative) = (ids[i], taken[i].units, taken[i].cumulative);
            assembly ("memory-safe") {
                mstore(use, id)
                mstore(take, units)
                mstore(add(take, 0x20), cumulative)
            }
        }
    }

    function emitCaptured(bytes calldata packed, bytes32[] calldata ids, LockTake[] calldata taken)
        external
        returns (bool missed)
    {
        LockUses uses = putUses(ids, taken);
        uint256 takes = uses.takesOf();
        uint256 at = CapturedItems.startOf(packed);
        missed = CapturedItems.emitCaptured(IValueChannels.ChannelCaptured.selector, uses, at, at + packed.length);
        assertEq(uses.takesOf(), takes, "nothing is written behind the desk");
    }

    /// @dev With the first take, whichever item it is of.
    function emitCapturedOne(bytes calldata packed, bytes32[] calldata ids, LockTake[] calldata taken, uint256 which)
        external
    {
        LockUses uses = putUses(ids, taken);
        uint256 item = CapturedItems.itemAt(CapturedItems.startOf(packed), which);
        CapturedItems.emitCapturedOne(IValueChannels.ChannelCaptured.selector, uses, ids[which], item);
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

    /// @dev An item that is right, or late, or signed by nobody, another key or with a high `s`; unsigned, that is right, or
    /// late, or of another key than who calls.
    function drawn(Draw memory d) private returns (CaptureItem memory item) {
        (item.channel.holder, item.channel.tokenId, item.channel.cap, item.channel.salt) =
        (d.holder, d.tokenId, d.cap, d.salt);
        (address key, uint256 secret) = makeAddrAndKey("key");
        item.unsigned = d.run & 4 != 0;
        item.channel.channelKey = item.unsigned && d.form % 8 != 1 ? address(this) : key;
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

    function signerOf(CaptureItem memory item) private view returns (address signer) {
        if (item.unsigned) return address(this);
        (signer,,) = ECDSA.tryRecover(voucherOf(item), item.r, item.vs);
    }

    function expected(CaptureItem[] memory items) private view returns (Scan memory result) {
        result = Scan(new LockUse[](items.length), new address[](items.length), new Failure[](items.length));
        uint256 failed;
        for (uint256 i = 0; i < items.length; ++i) {
            Channel memory c = items[i].channel;
            address signer = signerOf(items[i]);
            result.operators[i] = c.operator;
            if (NOW <= uint256(c.deadline) + c.grace && signer == c.channelKey) {
                uint64 burst = c.rate == 0 ? type(uint64).max : c.burst;
                result.uses[i] = LockUse(idOf(c), packLockMeter(c.cap, items[i].cumulativeUnits, c.rate, burst));
            } else {
                result.failures[failed++] = Failure(i, idOf(c), c.channelKey, signer, c.deadline, c.grace);
            }
        }
        shorten(result, items.length, failed);
    }

    function test_R9_NoMeterAllowsMoreThanTheCap() public pure {
        assertEq(packLockMeter(5, 9, 0, type(uint64).max).allowed(1), 5);
        assertEq(packLockMeter(9, 5, 0, type(uint64).max).allowed(1), 5);
        assertEq(packLockMeter(9, 9, 1, 0).allowed(3), 3);
    }

    /// forge-config: default.fuzz.runs = 100
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
        (d.form, d.run) = (4, 0);
        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = drawn(d);
        (items[0].r, items[0].vs) = (r, vs);
        Failure[] memory failures = abi.decode(this.scan(encodeItems(items)), (Scan)).failures;
        assertEq(failures.length, 1);
        assertEq(failures[0].signer, signerOf(items[0]));
    }

    /// @notice Where a signature recovers to nobody, who signed the item before it did not sign it.
    function test_R10_NobodyIsNotTheSignerBefore() public {
        vm.warp(NOW);
        CaptureItem[] memory items = new CaptureItem[](2);
        Draw memory d;
        (d.form, d.deadline) = (4, uint64(NOW));
        (items[0], items[1]) = (drawn(d), drawn(d));
        items[1].r = 0;
        bytes memory scanned = this.scan(encodeItems(items));
        assertEq(scanned, abi.encode(expected(items)));
        Failure[] memory failures = abi.decode(scanned, (Scan)).failures;
        assertEq(failures.length, 1);
        assertEq(failures[0].index, 1);
        assertEq(failures[0].signer, address(0));
    }

    /// @notice Half the order is the highest `s` that counts.
    function test_R10_AnSAboveHalfTheOrderIsNobodys() public {
        vm.warp(NOW);
        CaptureItem[] memory items = new CaptureItem[](1);
        Draw memory d;
        (d.form, d.deadline) = (4, uint64(NOW));
        items[0] = drawn(d);
        // The curve's base point, which is on it.
        items[0].r = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798;
        uint256 half = (0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - 1) / 2;
        for (uint256 above = 0; above < 2; ++above) {
            items[0].vs = bytes32(half + above);
            Failure[] memory failures = abi.decode(this.scan(encodeItems(items)), (Scan)).failures;
            assertEq(failures.length, 1);
            assertEq(failures[0].signer, signerOf(items[0]));
            assertEq(failures[0].signer == address(0), above == 1);
        }
    }

    function expectCaptured(bytes32 id, LockTake memory taken, CaptureItem memory item) private {
        vm.expectEmit(address(this));
        emit IValueChannels.ChannelCaptured(id, taken.units, taken.cumulative, item.seq, item.receiptHash);
    }

    /// forge-config: default.fuzz.runs = 100
    function testFuzz_R8_EventsEqualSolidity(
        Draw memory d,
        bytes32[4] memory ids,
        LockTake[4] memory taken,
        uint8[4] memory runs,
        uint256 which
    ) public {
        CaptureItem[] memory items = new CaptureItem[](4);
        bytes32[] memory idList = new bytes32[](4);
        LockTake[] memory takeList = new LockTake[](4);
        uint256 emitted;
        for (uint256 i = 0; i < 4; ++i) {
            (d.receiptHash, d.seq, d.run) = (keccak256(abi.encode(i)), d.seq / 2, runs[i]);
            items[i] = drawn(d);
            (idList[i], takeList[i]) = (ids[i], taken[i]);
            if (taken[i].units != 0) ++emitted;
        }
        bytes memory packed = encodeItems(items);
        for (uint256 i = 0; i < 4; ++i) {
            if (taken[i].units != 0) expectCaptured(ids[i], taken[i], items[i]);
        }
        vm.recordLogs();
        assertEq(this.emitCaptured(packed, idList, takeList), emitted != 4);
        assertEq(vm.getRecordedLogs().length, emitted);

        which %= 4;
        if (taken[0].units != 0) expectCaptured(ids[which], taken[0], items[which]);
        vm.recordLogs();
        this.emitCapturedOne(packed, idList, takeList, which);
        assertEq(vm.getRecordedLogs().length, taken[0].units == 0 ? 0 : 1);
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
