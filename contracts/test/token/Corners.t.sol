// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {ClassHead, ClassShare} from "../../src/types/Class.sol";
import {LedgerBooks, LedgerIndex, packLedgerIndex} from "../../src/types/Ledger.sol";
import {BACKED_LOT_BIT} from "../../src/types/TokenId.sol";
import {stdError} from "forge-std/StdError.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthRejecter} from "../helpers/Receivers.sol";

/// @notice States that are hard to reach, and calls that must do nothing.
contract CornersTest is KedgeTest {
    // Slots of mappings.
    uint256 private constant HEADS = 10;
    uint256 private constant CLASS_SHARES = 11;
    uint256 private constant LEDGERS = 17;

    uint256 private classId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
    }

    function test_P13_TheDomainIsTheOneThatIsDocumented() public view {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 expected = keccak256(
            abi.encode(domainType, keccak256("Kedge DataAnchoringToken"), keccak256("1"), block.chainid, address(token))
        );
        assertEq(token.DOMAIN_SEPARATOR(), expected);
    }

    /// @notice A class's backing has 112 bits, more than any of its lots' escrow: it is written here, not paid.
    function test_R2_TheBackingOfAClassStaysInRange() public {
        LotTerms memory terms = lotTerms(ETH, 7, 1);
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 1000, 0);
        vm.record();
        buy(holder, classId, lot, 1);
        (, bytes32[] memory written) = vm.accesses(address(token));
        bytes32 held;
        for (uint256 i = 0; i < written.length; ++i) {
            if (uint256(vm.load(address(token), written[i])) == uint256(7) << 112) held = written[i];
        }
        assertTrue(held != 0);
        vm.store(address(token), held, bytes32(uint256(type(uint112).max - 7) << 112));
        assertEq(token.revenueInfo(classId, ETH).backing, type(uint112).max - 7);
        buy(holder, classId, lot, 1);
        assertEq(token.revenueInfo(classId, ETH).backing, type(uint112).max);

        vm.deal(address(market), 7);
        vm.prank(address(market));
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATAmountTooLarge.selector, uint256(type(uint112).max) + 7));
        token.mintFromLot{value: 7}(classId, lot, holder, 1, 0);
    }

    /// @notice A part of zero for the holders moves nothing: not even a carry that would be enough for fewer shares.
    function test_P5_NothingForTheHoldersMovesNoIndex() public {
        uint256 child = createClass(parent(classId, 9999), address(0));
        mintShare(child, holder, 2);
        mint(child, holder, 0, 5, uint64(START + 1 days));
        settleETH(child, 30_000);
        uint256 index = token.revenueInfo(child, ETH).index;
        uint256 carry = token.revenueInfo(child, ETH).carry;
        assertGe(carry, 2, "enough for one more each when the five have left");
        vm.warp(START + 1 days + 1);
        settleETH(child, 1);
        assertEq(token.revenueInfo(child, ETH).index, index);
        assertEq(token.revenueInfo(child, ETH).carry, carry);
    }

    /// @notice What leaves no residue tells of none, and what burns no backing settles nothing.
    function test_R2_NothingIsToldOfNothing() public {
        uint32 lot = createLot(classId, lotTerms(ETH, 1, 2));
        openListing(classId, lot, 100, 0);
        mintShare(classId, stranger, 1);
        uint256 bought = buy(holder, classId, lot, 10);
        vm.recordLogs();
        vm.startPrank(holder);
        token.refund(bought, 4, payable(holder));
        assertEq(vm.getRecordedLogs().length, 1);
        token.burnValue(bought, 1);
        assertEq(vm.getRecordedLogs().length, 1);
        vm.stopPrank();
    }

    function test_P12_NoApprovalOutlivesATransfer() public {
        uint256 tokenId = mintValue(classId, holder, 1, 0);
        vm.startPrank(holder);
        token.approve(address(1), tokenId);
        core.transferToken(tokenId, stranger);
        vm.stopPrank();
        assertEq(token.getApproved(tokenId), address(0));
    }

    function test_P7_AClaimOfNothingCallsNobody() public {
        EthRejecter rejecter = new EthRejecter();
        uint256 share = mintShare(classId, address(rejecter), 1);
        assertEq(core.claim(share, ETH, payable(address(rejecter))), 0);
        // Nothing to pay in an asset that is none, either.
        assertEq(core.claim(share, stranger, payable(address(rejecter))), 0);
    }

    /// @notice Orphans wait in one asset while another is settled (R20), and the class counts the assets that they wait in.
    function test_R20_OrphansOfOneAssetAreNotAnothers() public {
        uint256 child = createClass(parent(classId, 10_000), address(0));
        mintShare(child, holder, 1);
        for (uint256 i = 0; i < 2; ++i) {
            settleUSD(child, 25);
            token.collectRoyalty(child, 0, address(usd));
            assertEq(orphanAssets(), 1);
        }
        assertEq(token.revenueInfo(classId, address(usd)).orphan, 50);
        uint256 share = mintShare(classId, holder, 1);
        settleETH(classId, 7);
        assertEq(core.pendingRevenue(share, ETH), 7);
        assertEq(token.revenueInfo(classId, address(usd)).orphan, 50);
        assertEq(orphanAssets(), 1);
        settleUSD(classId, 1);
        assertEq(core.pendingRevenue(share, address(usd)), 51);
        assertEq(token.revenueInfo(classId, address(usd)).orphan, 0);
        assertEq(orphanAssets(), 0);
    }

    function orphanAssets() private view returns (uint32) {
        return ClassShare.wrap(uint256(vm.load(address(token), slotOf(CLASS_SHARES)))).orphanAssets();
    }

    /// @dev Of the class in a mapping by class ids.
    function slotOf(uint256 mapping_) private view returns (bytes32) {
        return keccak256(abi.encode(classId, mapping_));
    }

    /// @notice Settlements between two changes of the shares share a checkpoint.
    function test_P1_AnEpochHasOneCheckpoint() public {
        bytes32 ledger = keccak256(abi.encode(ETH, slotOf(LEDGERS)));
        for (uint32 epoch = 1; epoch < 3; ++epoch) {
            mintShare(classId, holder, 1);
            for (uint256 i = 0; i < 3; ++i) {
                settleETH(classId, 7);
                LedgerBooks books = LedgerBooks.wrap(uint256(vm.load(address(token), bytes32(uint256(ledger) + 1))));
                assertEq(books.received(), 7 * (3 * (epoch - 1) + i + 1));
                assertEq(books.checkpointCount(), epoch);
            }
        }
    }

    function testFuzz_P1_AnIndexIsUnpackedAsItWasPacked(uint160 index, uint48 carry, uint32 epoch) public pure {
        LedgerIndex state = packLedgerIndex(index, carry, epoch);
        assertEq(state.index(), index);
        assertEq(state.carry(), carry);
        assertEq(state.lastEpoch(), epoch);
    }

    /// @notice Counters that no chain will ever fill.
    function test_P1_CountersDoNotRunIntoTheirNeighbours() public {
        // With transfers and without.
        for (uint256 highest = 0; highest < 2; ++highest) {
            uint256 head = highest << 223 | uint256(0x7fffffff) << 192;
            vm.expectRevert(stdError.assertionError);
            this.nextToken(ClassHead.wrap(head));
            assertEq(ClassHead.unwrap(this.nextToken(ClassHead.wrap(head - (1 << 192)))), head);
        }
        vm.expectRevert(stdError.assertionError);
        this.nextToken(ClassHead.wrap(type(uint256).max));
        vm.expectRevert(stdError.assertionError);
        this.moreOrphans(ClassShare.wrap(type(uint256).max));
    }

    function testFuzz_P1_CountersCountByOne(ClassShare share) public view {
        // Counters that are not full.
        ClassShare low = ClassShare.wrap(ClassShare.unwrap(share) & ~(uint256(1) << 199 | uint256(1) << 79));
        ClassShare more = this.moreOrphans(low);
        assertEq(more.orphanAssets(), low.orphanAssets() + 1);
        assertEq(ClassShare.unwrap(more.withFewerOrphans()), ClassShare.unwrap(low));
        assertEq(low.withTotal(low.totalShare()).epoch(), low.epoch() + 1);
    }

    /// @notice The bit above them decides about money.
    function test_R1_NumbersOfLotsAndPoliciesEndBelowTheBit() public {
        uint256 last = BACKED_LOT_BIT - 1;
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        bytes32 shares = slotOf(CLASS_SHARES);
        vm.store(address(token), shares, bytes32(last - 1 << 136));
        assertEq(createLot(classId, terms), BACKED_LOT_BIT | last);
        vm.prank(issuer);
        vm.expectRevert(stdError.assertionError);
        token.createLot(classId, terms);

        setPolicyVersion(last - 1);
        vm.startPrank(issuer);
        assertEq(token.publishPolicy(classId, "ipfs://last", "last"), last);
        vm.expectRevert(stdError.assertionError);
        token.publishPolicy(classId, "ipfs://none", "none");

        ClassOptions memory options;
        options.policyNotice = 1;
        classId = token.createClassWithOptions(classTerms(new ParentTerms[](0), address(0)), options);
        setPolicyVersion(last - 1);
        for (uint256 i = 0; i < 2; ++i) {
            token.publishPolicy(classId, "ipfs://announced", "announced");
            vm.warp(block.timestamp + 1);
            if (i == 1) vm.expectRevert(stdError.assertionError);
            assertEq(token.activatePolicy(classId), i == 0 ? last : 0);
        }
        vm.stopPrank();
    }

    function setPolicyVersion(uint256 version) private {
        bytes32 slot = slotOf(HEADS);
        uint256 head = uint256(vm.load(address(token), slot)) & ~(uint256(type(uint32).max) << 160);
        vm.store(address(token), slot, bytes32(head | version << 160));
    }

    function nextToken(ClassHead head) external pure returns (ClassHead) {
        return head.withNextToken();
    }

    function moreOrphans(ClassShare share) external pure returns (ClassShare) {
        return share.withMoreOrphans();
    }

    function test_P17_WhatDoesNotExistNeverEnters() public {
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 12_345));
        token.activateAtOf(12_345);
    }

    function test_P11_SomebodyElsesClaimGoesToTheOwnerOnly() public {
        uint256 share = mintShare(classId, holder, 1);
        settleETH(classId, 9);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, share, stranger));
        core.claim(share, ETH, payable(stranger));
        vm.expectEmit(address(token));
        emit IDATCore.Claimed(share, holder, ETH, 9);
        vm.prank(stranger);
        core.claim(share, ETH, payable(holder));
    }
}
