// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {IDATApprovals} from "../../src/interfaces/IDATApprovals.sol";
import {IDATBatches, MintItem} from "../../src/interfaces/IDATBatches.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLots, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthReenterer, EthRejecter} from "../helpers/Receivers.sol";

/// @notice Branches: Batches.tree.
contract BatchesTest is KedgeTest {
    bytes32 private constant METRIC = keccak256("inference_calls");

    uint256 private classId;
    uint256[] private tokens;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        mintShare(classId, stranger, 7);
    }

    /// @dev A run of one.
    function item(uint256 tokenId, uint64 amount) private pure returns (bytes memory) {
        return abi.encodePacked(uint96(tokenId >> 32), uint16(1), uint32(tokenId), amount);
    }

    /// @dev Consecutive tokens of one lot as one run.
    function pack(uint256[] memory ids, uint64[] memory amounts) private pure returns (bytes memory items) {
        uint256 next;
        while (next < ids.length) {
            uint256 lotKey = ids[next] >> 32;
            bytes memory run;
            uint16 count;
            for (; next < ids.length && ids[next] >> 32 == lotKey; ++next) {
                run = bytes.concat(run, bytes4(uint32(ids[next])), bytes8(amounts[next]));
                ++count;
            }
            items = abi.encodePacked(items, uint96(lotKey), count, run);
        }
    }

    function record(address who, bytes memory items) private {
        vm.prank(who);
        token.recordUsageBatch(METRIC, items);
    }

    function test_P29_ABatchMintsWhatSingleCallsMint() public {
        MintItem[] memory items = new MintItem[](3);
        items[0] = MintItem(holder, 5, 0, 0);
        items[1] = MintItem(stranger, 0, 2 ** 40, uint64(START + 1 days));
        items[2] = MintItem(holder, 6, 3, 0);
        uint256 snapshot = vm.snapshotState();
        vm.recordLogs();
        vm.startPrank(issuer);
        uint256[] memory single = new uint256[](3);
        for (uint256 i = 0; i < 3; ++i) {
            single[i] = core.mint(classId, items[i].to, items[i].value, items[i].shareRatio, items[i].expireAt);
        }
        bytes memory singleLogs = abi.encode(vm.getRecordedLogs());
        vm.revertToState(snapshot);
        vm.recordLogs();
        uint256[] memory batch = token.mintBatch(classId, items);
        assertEq(abi.encode(vm.getRecordedLogs()), singleLogs);
        assertEq(batch, single);
        assertEq(core.shareRatioOf(batch[1]), type(uint32).max);
        assertEq(token.totalShareOf(classId), 7 + 3 + uint256(type(uint32).max));
        assertEq(token.balanceOf(holder), 2);
    }

    function test_P29_ABatchMintsAllOrNothing() public {
        MintItem[] memory items = new MintItem[](2);
        items[0] = MintItem(holder, 5, 0, 0);
        items[1] = MintItem(holder, 5, 0, uint64(START - 1));
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        token.mintBatch(classId, items);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, START - 1));
        vm.prank(issuer);
        token.mintBatch(classId, items);
        assertEq(token.balanceOf(holder), 0);
        vm.prank(issuer);
        assertEq(token.mintBatch(classId, new MintItem[](0)).length, 0);
    }

    function test_P29_NothingBehindTheItemsIsRecorded() public {
        uint256 first = mintValue(classId, holder, 100, 0);
        uint256 second = mintValue(classId, holder, 100, 0);
        bytes memory items = item(first, 3);
        bytes memory call = bytes.concat(
            abi.encodePacked(IDATBatches.recordUsageBatch.selector, METRIC, uint256(0x40), items.length, items),
            abi.encodePacked(uint32(second), uint64(5))
        );
        vm.prank(holder);
        (bool done,) = address(token).call(call);
        assertTrue(done);
        assertEq(core.valueOf(first), 97);
        assertEq(core.valueOf(second), 100);
    }

    /// @notice Two lots, two owners, two expiries: everything that ends a run.
    function mixedTokens() private {
        uint32 lot = createLot(classId, lotTerms(ETH, 7, 3));
        openListing(classId, lot, 1000, uint64(START + 1 days));
        uint32 usdLot = createLot(classId, lotTerms(address(usd), 5, 4));
        openListing(classId, usdLot, 1000, 0);
        tokens.push(mintValue(classId, holder, 100, 0));
        tokens.push(mintValue(classId, holder, 100, uint64(START + 1 days)));
        tokens.push(mintValue(classId, stranger, 100, 0));
        tokens.push(buy(holder, classId, lot, 100));
        tokens.push(buy(holder, classId, lot, 100));
        tokens.push(buy(stranger, classId, usdLot, 100));
        tokens.push(mintValue(createClass(), holder, 100, 0));
        vm.startPrank(holder);
        core.approveForClass(classId, operator, true);
        core.approveForClass(classId + 1, operator, true);
        vm.stopPrank();
        vm.prank(stranger);
        token.approveUsage(classId, operator, 1000, 0);
    }

    /// @notice P29, R2: the same state, and the same events of use; self-reports come after their run.
    function testFuzz_P29_ABatchRecordsWhatSingleCallsRecord(uint256 seed) public {
        mixedTokens();
        address actor = seed % 2 == 0 ? operator : holder;
        uint256 count = 1 + seed % 13;
        uint256[] memory ids = new uint256[](count);
        uint64[] memory amounts = new uint64[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            ids[i] = tokens[random % 7];
            if (actor == holder && core.ownerOf(ids[i]) == stranger) ids[i] = tokens[0];
            amounts[i] = uint64((random >> 8) % 8);
        }
        uint256 snapshot = vm.snapshotState();
        vm.recordLogs();
        vm.startPrank(actor);
        for (uint256 i = 0; i < count; ++i) {
            core.recordUsage(ids[i], METRIC, amounts[i]);
        }
        vm.stopPrank();
        bytes32 logs = usageLogs(vm.getRecordedLogs());
        bytes32 state = stateHash();
        vm.revertToState(snapshot);
        vm.recordLogs();
        record(actor, pack(ids, amounts));
        assertEq(usageLogs(vm.getRecordedLogs()), logs);
        assertEq(stateHash(), state);
    }

    function usageLogs(Vm.Log[] memory logs) private pure returns (bytes32) {
        bytes32[3] memory hashes;
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IDATCore.UsageRecorded.selector) hashes[0] = keccak256(abi.encode(hashes[0], logs[i]));
            if (topic == IDATApprovals.UsageSelfReported.selector) {
                hashes[1] = keccak256(abi.encode(hashes[1], logs[i]));
            }
            if (topic == IDATApprovals.UsageAllowanceSpent.selector) {
                hashes[2] = keccak256(abi.encode(hashes[2], logs[i]));
            }
        }
        return keccak256(abi.encode(hashes));
    }

    function stateHash() private view returns (bytes32 hash) {
        for (uint256 i = 0; i < tokens.length; ++i) {
            hash = keccak256(abi.encode(hash, core.valueOf(tokens[i]), core.expireAtOf(tokens[i])));
        }
        (uint64 left,) = token.usageAllowance(stranger, classId, operator);
        return keccak256(
            abi.encode(
                hash,
                left,
                token.revenueInfo(classId, ETH),
                token.revenueInfo(classId, address(usd)),
                token.lotInfo(classId, uint32(tokens[3] >> 32)),
                token.lotInfo(classId, uint32(tokens[5] >> 32))
            )
        );
    }

    function test_P29_ABatchRecordsAllOrNothing() public {
        mixedTokens();
        bytes memory good = item(tokens[0], 1);
        bytes[] memory bad = new bytes[](5);
        bytes[] memory reasons = new bytes[](5);
        bad[0] = item(tokens[0], 100);
        reasons[0] = abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokens[0], 99, 100);
        bad[1] = item(12, 0);
        reasons[1] = abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 12);
        bad[2] = item(tokens[1], 1);
        reasons[2] = abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokens[1], START + 1 days);
        bad[3] = item(tokens[2], 1001);
        reasons[3] =
            abi.encodeWithSelector(IDATApprovals.DATUsageAllowanceExceeded.selector, tokens[2], operator, 1000, 1001);
        bad[4] = bytes.concat(bytes12(bytes16(uint128(tokens[0]))), hex"0001", bytes11(0));
        reasons[4] = abi.encodeWithSelector(IDATBatches.DATMalformedItems.selector, 26 + 25);
        vm.warp(START + 1 days + 1);
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(reasons[i]);
            record(operator, bytes.concat(good, bad[i]));
        }
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokens[2], holder));
        record(holder, bytes.concat(good, item(tokens[2], 1)));
        assertEq(core.valueOf(tokens[0]), 100);
        record(operator, "");
    }

    function test_P29_ABatchRecordsTheLastUnitOfAToken() public {
        uint256 tokenId = mintValue(classId, holder, 5, 0);
        record(holder, item(tokenId, 5));
        assertEq(core.valueOf(tokenId), 0);
    }

    function test_P29_ABatchTakesNoMoreThanATokenHasWhateverItsExpiry() public {
        uint256 tokenId = mintValue(classId, holder, 5, uint64(START + 1 days));
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 5, 6));
        record(holder, item(tokenId, 6));
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 2, 3));
        record(holder, bytes.concat(item(tokenId, 3), item(tokenId, 3)));
        assertEq(core.valueOf(tokenId), 5);
        assertEq(core.expireAtOf(tokenId), START + 1 days);
    }

    function test_R3_UseByTheOwnerInABatchPaysNoOperator() public {
        LotTerms memory terms = lotTerms(ETH, 100, 1);
        terms.operatorBps = 1000;
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 1000, 0);
        uint256 tokenId = buy(holder, classId, lot, 10);
        vm.expectEmit(address(token));
        emit IDATLots.BackingReleased(classId, lot, address(0), 0, 300);
        record(holder, item(tokenId, 3));
        assertEq(token.revenueInfo(classId, ETH).received, 300);
    }

    /// @notice Nobody's value was locked to an operator, so all that was paid for it is the class's.
    function test_R3_UseByAnAllowanceInABatchPaysNoOperator() public {
        LotTerms memory terms = lotTerms(ETH, 100, 1);
        terms.operatorBps = 1000;
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 1000, 0);
        uint256 tokenId = buy(holder, classId, lot, 10);
        vm.prank(holder);
        token.approveUsage(tokenId, operator, 10, 0);
        record(operator, item(tokenId, 10));
        assertEq(token.revenueInfo(classId, ETH).received, 1000);
        assertEq(token.revenueInfo(classId, ETH).backing, 0);
    }

    function test_P29_ABatchClaimsInOnePayment() public {
        uint256[] memory ids = new uint256[](3);
        ids[0] = mintShare(classId, holder, 3);
        ids[1] = mint(classId, holder, 0, 4, uint64(START + 1 days));
        ids[2] = mintShare(createClass(), holder, 1);
        settleETH(classId, 1414);
        settleETH(classId + 1, 5);
        vm.warp(START + 1 days + 1);
        vm.expectEmit(address(token));
        emit IDATCore.Claimed(ids[0], stranger, ETH, 303);
        vm.expectEmit(address(token));
        emit IDATCore.Expired(ids[1]);
        vm.expectEmit(address(token));
        emit IDATCore.Claimed(ids[1], stranger, ETH, 404);
        vm.expectEmit(address(token));
        emit IDATCore.Claimed(ids[2], stranger, ETH, 5);
        vm.prank(holder);
        assertEq(token.claimBatch(ids, ETH, payable(stranger)), 712);
        assertEq(stranger.balance, 712);
        // L4
        vm.prank(holder);
        assertEq(token.claimBatch(ids, ETH, payable(stranger)), 0);
        // A token named twice is paid once.
        settleETH(classId + 1, 5);
        ids[0] = ids[2];
        assertEq(token.claimBatch(ids, ETH, payable(holder)), 5);
        assertEq(holder.balance, 5);
    }

    function test_P11_ABatchPaysNobodyElsesRevenue() public {
        uint256[] memory ids = new uint256[](2);
        ids[0] = mintShare(classId, holder, 7);
        ids[1] = mintShare(classId, stranger, 7);
        settleETH(classId, 21);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, ids[1], holder));
        vm.prank(holder);
        token.claimBatch(ids, ETH, payable(holder));
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, ids[0], operator));
        vm.prank(operator);
        token.claimBatch(ids, ETH, payable(operator));
        // The owner of one may choose the owner of the other as the payee of both.
        vm.prank(holder);
        assertEq(token.claimBatch(ids, ETH, payable(stranger)), 14);
    }

    function test_P7_NothingIsSettledWhileABatchIsPaid() public {
        EthReenterer thief = new EthReenterer();
        uint256[] memory ids = new uint256[](1);
        ids[0] = mintShare(classId, address(thief), 7);
        settleETH(classId, 14);
        thief.arm(address(token), abi.encodeCall(IDATCore.settleRevenueETH, (classId)));
        assertEq(token.claimBatch(ids, ETH, payable(address(thief))), 7);
        assertFalse(thief.succeeded());
        assertEq(thief.answer(), abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
    }

    function test_P7_ABatchThatCannotBePaidPaysNothing() public {
        EthRejecter rejecter = new EthRejecter();
        uint256[] memory ids = new uint256[](1);
        ids[0] = mintShare(classId, holder, 7);
        settleETH(classId, 14);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, address(rejecter), 7));
        token.claimBatch(ids, ETH, payable(address(rejecter)));
        assertEq(core.pendingRevenue(ids[0], ETH), 7);
    }
}
