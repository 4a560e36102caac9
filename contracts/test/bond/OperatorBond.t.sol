// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "../../src/base/ReentrancyGuard.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {
    Bond,
    FraudProof,
    IOperatorBond,

    // Test has a Receipt of its own.
    Receipt as CallReceipt,
    ReceiptMetric,
    SignedReceipt,
    SlashWindow
} from "../../src/interfaces/IOperatorBond.sol";
import {Channel, ChannelMode} from "../../src/interfaces/IValueChannels.sol";
import {BlacklistAsset, FalseReturnAsset, FeeAsset, NoReturnAsset, ReentrantAsset} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthReenterer, EthRejecter} from "../helpers/Receivers.sol";
import {Trees} from "../helpers/Trees.sol";

contract OperatorBondTest is KedgeTest {
    uint64 private constant SEQ = (1 << 40) | 7;
    uint256 private constant WINDOW = 7 days;

    IOperatorBond private bond;
    uint256 private classId;
    uint32 private lot;
    uint256 private operatorSecret;
    address private reporter = makeAddr("reporter");
    address private burned = 0x000000000000000000000000000000000000dEaD;

    function setUp() public override {
        super.setUp();
        bond = IOperatorBond(deployCode("OperatorBond", abi.encode(address(token), address(channels))));
        (operator, operatorSecret) = makeAddrAndKey("operator");
        classId = createClass();
        lot = createLot(classId, lotTerms(ETH, 10, 1));
        openListing(classId, lot, 1_000_000, 0);
    }

    function post(address asset, uint256 amount) private {
        vm.deal(address(this), amount);
        bond.post{value: asset == ETH ? amount : 0}(operator, asset, amount);
    }

    /// @dev A channel over 1,000 units at 10 wei, of which `captured` are captured.
    function serve(bytes32 salt, uint64 captured) private returns (Channel memory channel) {
        channel = channelTerms(buy(holder, classId, lot, 1000), 1000);
        channel.salt = salt;
        openChannel(channel);
        if (captured != 0) captureTo(channel, captured);
    }

    function receiptOf(bytes32 channelId, bytes32 responseHash) private pure returns (CallReceipt memory receipt) {
        ReceiptMetric[] memory metrics = new ReceiptMetric[](2);
        metrics[0] = ReceiptMetric(keccak256("input_tokens"), 12);
        metrics[1] = ReceiptMetric(keccak256("output_tokens"), 40);
        receipt = CallReceipt({
            channelId: channelId,
            tokenId: 1,
            classId: 2,
            policyHash: keccak256("policy"),
            seq: SEQ,
            requestHash: keccak256("request"),
            responseHash: responseHash,
            metrics: metrics,
            units: 132,
            cumulativeUnits: 132,
            previousReceiptHash: 0,
            issuedAt: 1_790_000_000
        });
    }

    /// @dev Second leaf of a batch of three.
    function sign(CallReceipt memory receipt, uint64 batch, uint256 secret)
        private
        view
        returns (SignedReceipt memory signed)
    {
        bytes32[] memory leaves = new bytes32[](3);
        leaves[0] = keccak256("another");
        leaves[1] = keccak256(abi.encode(bond.receiptHash(receipt)));
        leaves[2] = keccak256("a third");
        bytes32 digest = bond.batchDigest(operator, 1, batch, Trees.rootOf(leaves));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        signed = SignedReceipt(receipt, 1, batch, Trees.pathOf(leaves, 1), abi.encodePacked(r, s, v));
    }

    function pairOf(Channel memory channel) private view returns (SignedReceipt memory, SignedReceipt memory) {
        bytes32 channelId = channels.channelIdOf(channel);
        return (
            sign(receiptOf(channelId, keccak256("one answer")), 1, operatorSecret),
            sign(receiptOf(channelId, keccak256("another answer")), 2, operatorSecret)
        );
    }

    function prove(Channel memory channel, address asset) private returns (uint32) {
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.prank(reporter);
        return bond.proveFraud(channel, asset, first, second);
    }

    function pay(Channel memory channel, address asset) private returns (uint256, uint256) {
        return bond.payFraud(asset, channels.channelIdOf(channel));
    }

    // Bonds

    function test_R26_ABondIsWhatArrived() public {
        vm.deal(address(this), 100);
        vm.expectEmit(address(bond));
        emit IOperatorBond.BondPosted(operator, ETH, 60, 60);
        assertEq(bond.post{value: 60}(operator, ETH, 60), 60);
        bond.post{value: 40}(operator, ETH, 40);
        assertEq(bond.bondOf(operator, ETH).amount, 100);

        FeeAsset asset = new FeeAsset();
        asset.mint(address(this), 1000);
        asset.approve(address(bond), 1000);
        assertEq(bond.post(operator, address(asset), 1000), 990);
        assertEq(bond.bondOf(operator, address(asset)).amount, 990);
        assertEq(bond.token(), address(token));
        assertEq(bond.channels(), address(channels));
        (uint256 slashBps, uint256 reporterBps, uint256 window) = bond.terms();
        assertEq(slashBps, 5000);
        assertEq(reporterBps, 500);
        assertEq(window, WINDOW);
    }

    function test_R26_NothingIsNoBond() public {
        vm.deal(address(this), 100);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingPosted.selector, operator));
        bond.post(operator, ETH, 0);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingPosted.selector, address(0)));
        bond.post{value: 1}(address(0), ETH, 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondWrongPayment.selector, 2, 1));
        bond.post{value: 1}(operator, ETH, 2);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondWrongPayment.selector, 0, 1));
        bond.post{value: 1}(operator, address(usd), 2);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondInvalidAsset.selector, stranger));
        bond.post(operator, stranger, 2);
    }

    function test_R26_APromiseIsNeverShortened() public {
        vm.startPrank(operator);
        vm.expectEmit(address(bond));
        emit IOperatorBond.BondCovers(operator, ETH, uint64(START + 90 days));
        bond.coverUntil(ETH, uint64(START + 90 days));
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondWrongPromise.selector, START + 90 days, START + 90 days)
        );
        bond.coverUntil(ETH, uint64(START + 90 days));
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondWrongPromise.selector, START + 90 days, type(uint64).max)
        );
        bond.coverUntil(ETH, type(uint64).max);
        // The last promise that leaves room for a window.
        bond.coverUntil(ETH, type(uint64).max - 7 days);
    }

    function test_R26_UnbondingOutlastsDeadlineGraceAndWindow() public {
        Channel memory channel = serve("a", 500);
        uint64 end = channel.deadline + channel.grace;
        assertFalse(bond.covers(channel, ETH));
        post(ETH, 1000);
        assertFalse(bond.covers(channel, ETH));
        vm.startPrank(operator);
        bond.coverUntil(ETH, end);
        assertTrue(bond.covers(channel, ETH));
        channel.deadline += 1;
        assertFalse(bond.covers(channel, ETH));

        vm.expectEmit(address(bond));
        emit IOperatorBond.UnbondingStarted(operator, ETH, uint64(end + WINDOW));
        assertEq(bond.startUnbonding(ETH), end + WINDOW);
        bytes memory unbonding =
            abi.encodeWithSelector(IOperatorBond.OperatorBondUnbonding.selector, operator, ETH, end + WINDOW);
        vm.expectRevert(unbonding);
        bond.startUnbonding(ETH);
        vm.expectRevert(unbonding);
        bond.coverUntil(ETH, end + 1);
        vm.warp(end + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondTooEarly.selector, end + WINDOW));
        bond.release(ETH, payable(operator));
        vm.warp(end + WINDOW + 1);
        vm.expectEmit(address(bond));
        emit IOperatorBond.BondReleased(operator, ETH, stranger, 1000);
        assertEq(bond.release(ETH, payable(stranger)), 1000);
        assertEq(stranger.balance, 1000);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondUnbonding.selector, operator, ETH, 0));
        bond.release(ETH, payable(operator));
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingBonded.selector, operator, ETH));
        bond.startUnbonding(ETH);
    }

    function test_R26_UnbondingWithoutAPromiseLastsAWindow() public {
        post(ETH, 1000);
        vm.startPrank(operator);
        assertEq(bond.startUnbonding(ETH), START + WINDOW);
        vm.expectEmit(address(bond));
        emit IOperatorBond.UnbondingCancelled(operator, ETH);
        bond.cancelUnbonding(ETH);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondUnbonding.selector, operator, ETH, 0));
        bond.cancelUnbonding(ETH);
        vm.warp(START + 30 days);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondUnbonding.selector, operator, ETH, 0));
        bond.release(ETH, payable(operator));
    }

    function test_R26_AnUnbondingBondIsSlashable() public {
        Channel memory channel = serve("a", 50);
        post(ETH, 1001);
        vm.prank(operator);
        bond.startUnbonding(ETH);
        vm.warp(START + 7 days);
        prove(channel, ETH);
        vm.warp(START + 7 days + 1);
        vm.prank(operator);
        assertEq(bond.release(ETH, payable(operator)), 500);
    }

    // Fraud

    function test_R15_TwoReceiptsWithOneNumberAreProvenAndSlashed() public {
        Channel memory channel = serve("a", 50);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 1001);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.expectEmit(address(bond));
        emit IOperatorBond.Equivocation(
            channelId, SEQ, bond.receiptHash(first.receipt), bond.receiptHash(second.receipt)
        );
        vm.expectEmit(address(bond));
        emit IOperatorBond.SlashWindowOpened(operator, ETH, 1, 501, 500, uint64(START + WINDOW));
        vm.expectEmit(address(bond));
        emit IOperatorBond.FraudProven(channelId, operator, ETH, 1, holder, reporter, 500);
        vm.prank(reporter);
        assertEq(bond.proveFraud(channel, ETH, first, second), 1);

        assertEq(bond.bondOf(operator, ETH).amount, 500);
        assertEq(bond.windowCount(operator, ETH), 1);
        SlashWindow memory window = bond.windowOf(operator, ETH, 1);
        assertEq(window.pot, 501);
        assertEq(window.claims, 500);
        assertEq(window.proofs, 1);
        FraudProof memory proof = bond.proofOf(ETH, channelId);
        assertEq(proof.operator, operator);
        assertEq(proof.holder, holder);
        assertEq(proof.reporter, reporter);
        assertEq(proof.backing, 500);
    }

    function test_R26_AHonestOperatorCannotBeAccused() public {
        Channel memory channel = serve("a", 50);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 1000);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        bytes32 firstHash = bond.receiptHash(first.receipt);

        // One receipt in two batches.
        SignedReceipt memory again = sign(first.receipt, 9, operatorSecret);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondNoEquivocation.selector, SEQ, SEQ, firstHash, firstHash)
        );
        bond.proveFraud(channel, ETH, first, again);

        // Two numbers.
        CallReceipt memory next = receiptOf(channelId, keccak256("next"));
        next.seq = SEQ + 1;
        SignedReceipt memory signedNext = sign(next, 2, operatorSecret);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorBond.OperatorBondNoEquivocation.selector, SEQ, SEQ + 1, firstHash, bond.receiptHash(next)
            )
        );
        bond.proveFraud(channel, ETH, first, signedNext);

        // A receipt of another channel.
        SignedReceipt memory other = sign(receiptOf(keccak256("other"), keccak256("x")), 2, operatorSecret);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondOtherChannel.selector, channelId, keccak256("other"))
        );
        bond.proveFraud(channel, ETH, first, other);

        // Signed by the holder's key, or by nobody.
        SignedReceipt memory forged = sign(second.receipt, 2, channelKeySecret);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorBond.OperatorBondWrongSigner.selector, operator, channelKey, bond.receiptHash(second.receipt)
            )
        );
        bond.proveFraud(channel, ETH, first, forged);
        forged.signature = "";
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorBond.OperatorBondWrongSigner.selector, operator, address(0), bond.receiptHash(second.receipt)
            )
        );
        bond.proveFraud(channel, ETH, first, forged);
        // A signature of another batch number is another signer's.
        forged = second;
        forged.batch = 3;
        vm.expectRevert();
        bond.proveFraud(channel, ETH, first, forged);
        assertEq(bond.bondOf(operator, ETH).amount, 1000);
    }

    function test_R26_NobodyIsTheOperatorOfNobodysSignature() public {
        Channel memory channel = channelTerms(1, 10);
        channel.operator = address(0);
        bytes32 channelId = channels.channelIdOf(channel);
        vm.deal(address(this), 1);
        SignedReceipt memory first = sign(receiptOf(channelId, "a"), 1, operatorSecret);
        SignedReceipt memory second = sign(receiptOf(channelId, "b"), 1, operatorSecret);
        (first.signature, second.signature) = ("", "");
        bytes32 hash = bond.receiptHash(first.receipt);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondWrongSigner.selector, address(0), address(0), hash)
        );
        bond.proveFraud(channel, ETH, first, second);
    }

    function test_R26_SignaturesCountOnTheirChainOnly() public {
        Channel memory channel = serve("a", 50);
        post(ETH, 1000);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.chainId(1);
        vm.expectRevert();
        bond.proveFraud(channel, ETH, first, second);
        IOperatorBond elsewhere = IOperatorBond(deployCode("OperatorBond", abi.encode(address(token), stranger)));
        assertNotEq(elsewhere.batchDigest(operator, 1, 1, 0), bond.batchDigest(operator, 1, 1, 0));
    }

    function test_R26_AChannelIsProvenOnceInEachAsset() public {
        Channel memory channel = serve("a", 50);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 1000);
        usd.mint(address(this), 1000);
        usd.approve(address(bond), 1000);
        post(address(usd), 1000);
        prove(channel, ETH);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondAlreadyProven.selector, channelId, ETH));
        bond.proveFraud(channel, ETH, second, first);
        // In another asset the bond is slashed, too, but the holder was not harmed in it.
        prove(channel, address(usd));
        assertEq(bond.proofOf(address(usd), channelId).backing, 0);
        vm.warp(START + WINDOW + 1);
        (uint256 holderAmount, uint256 reporterAmount) = pay(channel, address(usd));
        assertEq(holderAmount, 0);
        assertEq(reporterAmount, 25);
        assertEq(bond.burn(operator, address(usd), 1), 475);
        assertEq(usd.balanceOf(burned), 475);
    }

    function test_R26_NothingBondedNothingSlashed() public {
        Channel memory channel = serve("a", 50);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingBonded.selector, operator, ETH));
        bond.proveFraud(channel, ETH, first, second);
    }

    function test_R26_HolderGetsTheCapturedBackingReporterFivePercentTheRestBurns() public {
        Channel memory channel = serve("a", 50);
        post(ETH, 20_000);
        prove(channel, ETH);
        bytes32 channelId = channels.channelIdOf(channel);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondWindowOpen.selector, START + WINDOW));
        bond.payFraud(ETH, channelId);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondWindowOpen.selector, START + WINDOW));
        bond.burn(operator, ETH, 1);
        vm.warp(START + WINDOW + 1);
        vm.expectEmit(address(bond));
        emit IOperatorBond.FraudPaid(channelId, ETH, holder, 500, reporter, 500);
        bond.payFraud(ETH, channelId);
        bytes memory paid = abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToPay.selector, channelId, ETH);
        vm.expectRevert(paid);
        bond.payFraud(ETH, channelId);
        vm.expectEmit(address(bond));
        emit IOperatorBond.BondBurned(operator, ETH, 1, 9000);
        assertEq(bond.burn(operator, ETH, 1), 9000);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToBurn.selector, operator, ETH, 1));
        bond.burn(operator, ETH, 1);
        assertEq(bond.owedTo(holder, ETH), 500);
        vm.prank(holder);
        bond.withdraw(ETH, payable(holder));
        vm.prank(reporter);
        bond.withdraw(ETH, payable(reporter));
        assertEq(holder.balance, 500);
        assertEq(reporter.balance, 500);
        assertEq(burned.balance, 9000);
        assertEq(address(bond).balance, 10_000);
        vm.prank(holder);
        assertEq(bond.withdraw(ETH, payable(holder)), 0);
    }

    function test_R26_ProofsOfOneWindowArePaidProRata() public {
        Channel memory one = serve("a", 300);
        Channel memory two = serve("b", 100);
        Channel memory idle = serve("c", 0);
        post(ETH, 4000);
        prove(one, ETH);
        vm.warp(START + WINDOW);
        assertEq(prove(two, ETH), 1);
        assertEq(prove(idle, ETH), 1);
        assertEq(bond.bondOf(operator, ETH).amount, 2000);
        vm.warp(START + WINDOW + 1);
        // The pot is 2,000: 100 for reporters, 1,900 for claims of 4,000.
        (uint256 oneAmount, uint256 oneReporter) = pay(one, ETH);
        (uint256 twoAmount, uint256 twoReporter) = pay(two, ETH);
        (uint256 idleAmount, uint256 idleReporter) = pay(idle, ETH);
        assertEq(oneAmount, 1425);
        assertEq(twoAmount, 475);
        assertEq(idleAmount, 0);
        assertEq(oneReporter, uint256(100) * 3001 / 4003);
        assertEq(twoReporter, uint256(100) * 1001 / 4003);
        assertEq(idleReporter, 0);
        assertEq(bond.burn(operator, ETH, 1), 0);
        // After the window the next proof opens another, over what is left.
        assertEq(prove(serve("d", 10), ETH), 2);
        assertEq(bond.windowOf(operator, ETH, 2).pot, 1000);
    }

    /// @dev Proven over next to nothing, an operator would otherwise have a week in which no bond of it is slashed, and
    /// channels that are proven in it never could be again.
    function test_R26_ABondPostedWhileAWindowIsOpenIsSlashedToo() public {
        Channel memory first = serve("a", 0);
        Channel memory second = serve("b", 300);
        Channel memory third = serve("c", 100);
        post(ETH, 1);
        prove(first, ETH);
        assertEq(bond.bondOf(operator, ETH).amount, 0);
        post(ETH, 10_000);
        vm.warp(START + WINDOW);
        (SignedReceipt memory one, SignedReceipt memory other) = pairOf(second);
        vm.expectEmit(address(bond));
        emit IOperatorBond.SlashWindowOpened(operator, ETH, 1, 5001, 5000, uint64(START + WINDOW));
        assertEq(bond.proveFraud(second, ETH, one, other), 1);
        assertEq(bond.bondOf(operator, ETH).amount, 5000);
        // Nothing was posted since: nothing more is taken.
        vm.recordLogs();
        prove(third, ETH);
        assertEq(vm.getRecordedLogs().length, 2);
        SlashWindow memory window = bond.windowOf(operator, ETH, 1);
        assertEq(window.pot, 5001);
        assertEq(window.claims, 4000);
        assertEq(window.proofs, 3);
        assertEq(window.endsAt, START + WINDOW);
        vm.warp(START + WINDOW + 1);
        (uint256 holderAmount,) = pay(second, ETH);
        assertEq(holderAmount, 3000);
        // 250 for reporters, 4,751 for claims of 4,000.
        assertEq(bond.burn(operator, ETH, 1), 751);
    }

    function test_R26_WhatIsReleasedMeanwhileIsNotSlashed() public {
        Channel memory first = serve("a", 0);
        Channel memory second = serve("b", 300);
        post(ETH, 1000);
        vm.prank(operator);
        bond.startUnbonding(ETH);
        vm.warp(START + WINDOW);
        prove(first, ETH);
        vm.warp(START + WINDOW + 1);
        vm.prank(operator);
        assertEq(bond.release(ETH, payable(operator)), 500);
        assertEq(prove(second, ETH), 1);
        assertEq(bond.windowOf(operator, ETH, 1).pot, 500);
        assertEq(bond.bondOf(operator, ETH).amount, 0);
    }

    function test_R26_AProvenChannelIsNotCoveredAnyMore() public {
        Channel memory proven = serve("a", 50);
        Channel memory other = serve("b", 50);
        post(ETH, 1000);
        vm.prank(operator);
        bond.coverUntil(ETH, proven.deadline + proven.grace);
        assertTrue(bond.covers(proven, ETH));
        prove(proven, ETH);
        assertFalse(bond.covers(proven, ETH));
        assertTrue(bond.covers(other, ETH));
    }

    function test_R26_WhatWasCapturedBeforeTheEndOfAChannelCounts() public {
        Channel memory some = serve("a", 50);
        Channel memory all = serve("b", 1000);
        Channel memory none = serve("c", 0);
        Channel memory never = serve("d", 50);
        never.salt = "never opened";
        post(ETH, 20_000);
        vm.startPrank(operator);
        channels.close(some);
        channels.close(all);
        channels.close(none);
        vm.stopPrank();
        prove(some, ETH);
        prove(all, ETH);
        prove(none, ETH);
        bytes32 neverOpened = channels.channelIdOf(never);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(never);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNeverOpened.selector, neverOpened));
        bond.proveFraud(never, ETH, first, second);
        assertEq(bond.proofOf(ETH, channels.channelIdOf(some)).backing, 500);
        assertEq(bond.proofOf(ETH, channels.channelIdOf(all)).backing, 10_000);
        assertEq(bond.proofOf(ETH, channels.channelIdOf(none)).backing, 0);
    }

    function raise(Channel memory channel, address asset) private returns (uint32) {
        vm.prank(stranger);
        return bond.raiseClaim(channel, asset);
    }

    /// @notice An operator signs two receipts, proves itself before it has captured anything, and captures then.
    function test_R26_Attack_AnEarlyProofOfOnesOwnSparesNothing() public {
        Channel memory channel = serve("a", 0);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 40_000);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.prank(operator);
        bond.proveFraud(channel, ETH, first, second);
        bytes memory nothing =
            abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToRaise.selector, channelId, ETH, 0);
        vm.expectRevert(nothing);
        bond.raiseClaim(channel, ETH);
        captureTo(channel, 700);
        vm.warp(START + WINDOW);
        vm.expectEmit(address(bond));
        emit IOperatorBond.ClaimRaised(channelId, operator, ETH, 1, 7000);
        assertEq(raise(channel, ETH), 1);
        nothing = abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToRaise.selector, channelId, ETH, 7000);
        vm.expectRevert(nothing);
        bond.raiseClaim(channel, ETH);
        SlashWindow memory window = bond.windowOf(operator, ETH, 1);
        assertEq(window.claims, 7000);
        assertEq(window.proofs, 1);
        assertEq(window.pot, 20_000);
        captureTo(channel, 800);
        raise(channel, ETH);
        assertEq(bond.proofOf(ETH, channelId).reporter, operator);
        vm.warp(START + WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToRaise.selector, channelId, ETH, 8000));
        bond.raiseClaim(channel, ETH);
        (uint256 holderAmount,) = pay(channel, ETH);
        assertEq(holderAmount, 8000);
        assertEq(bond.burn(operator, ETH, 1), 11_000);
    }

    /// @notice It proves itself in the last second of a window, and captures when that has ended.
    function test_R26_Attack_WhatIsCapturedAfterTheWindowSlashesAnew() public {
        Channel memory channel = serve("a", 0);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 40_000);
        prove(serve("b", 0), ETH);
        vm.warp(START + WINDOW);
        prove(channel, ETH);
        captureTo(channel, 100);
        raise(channel, ETH);
        vm.warp(START + WINDOW + 1);
        captureTo(channel, 1000);
        vm.expectEmit(address(bond));
        emit IOperatorBond.FraudPaid(channelId, ETH, holder, 1000, reporter, uint256(1000) * 1001 / 1002);
        vm.expectEmit(address(bond));
        emit IOperatorBond.SlashWindowOpened(operator, ETH, 2, 10_000, 10_000, uint64(START + 2 * WINDOW + 1));
        vm.expectEmit(address(bond));
        emit IOperatorBond.FraudProven(channelId, operator, ETH, 2, holder, stranger, 9000);
        assertEq(raise(channel, ETH), 2);
        FraudProof memory proof = bond.proofOf(ETH, channelId);
        assertEq(proof.backing, 9000);
        assertEq(proof.claimed, 10_000);
        assertFalse(proof.paid);
        assertEq(proof.reporter, stranger);
        // Within the second window nothing more is to be claimed, and nothing twice.
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToRaise.selector, channelId, ETH, 10_000)
        );
        bond.raiseClaim(channel, ETH);
        vm.warp(START + 2 * WINDOW + 2);
        (uint256 holderAmount, uint256 reporterAmount) = pay(channel, ETH);
        assertEq(holderAmount, 9000);
        assertEq(reporterAmount, 500);
        assertEq(bond.owedTo(holder, ETH), 10_000);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToPay.selector, channelId, ETH));
        bond.payFraud(ETH, channelId);
    }

    function test_R26_OfAPaidProofTheRestIsClaimed() public {
        Channel memory channel = serve("a", 100);
        post(ETH, 40_000);
        prove(channel, ETH);
        vm.warp(START + WINDOW + 1);
        pay(channel, ETH);
        captureTo(channel, 101);
        vm.recordLogs();
        assertEq(raise(channel, ETH), 2);
        // A window and a proof; nothing is paid again.
        assertEq(vm.getRecordedLogs().length, 2);
        assertEq(bond.owedTo(holder, ETH), 1000);
    }

    function test_R26_OnlyAProvenClaimIsRaised() public {
        Channel memory channel = serve("a", 100);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 2000);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNotProven.selector, channelId, ETH));
        bond.raiseClaim(channel, ETH);
        vm.prank(operator);
        bond.startUnbonding(ETH);
        prove(channel, ETH);
        vm.warp(START + WINDOW + 1);
        vm.prank(operator);
        bond.release(ETH, payable(operator));
        captureTo(channel, 200);
        // Nothing is left to slash, and what was due stays due.
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingBonded.selector, operator, ETH));
        bond.raiseClaim(channel, ETH);
        (uint256 holderAmount,) = pay(channel, ETH);
        assertEq(holderAmount, 950);
    }

    function test_R26_UnbackedValueHasNoBacking() public {
        Channel memory channel = channelTerms(mintValue(classId, holder, 100, 0), 100);
        openChannel(channel);
        captureTo(channel, 60);
        post(ETH, 2000);
        prove(channel, ETH);
        assertEq(bond.proofOf(ETH, channels.channelIdOf(channel)).backing, 0);
    }

    function test_R26_WhatIsNotThereIsNamed() public {
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToPay.selector, bytes32("x"), ETH));
        bond.payFraud(ETH, "x");
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToBurn.selector, operator, ETH, 1));
        bond.burn(operator, ETH, 1);
        assertFalse(bond.covers(channelTerms(1, 1), ETH));
    }

    // Hostile assets and receivers

    function test_P7_AHolderThatRefusesEtherBlocksNobody() public {
        EthRejecter rejecter = new EthRejecter();
        post(ETH, 2000);
        Channel memory channel = serve("a", 50);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        rejecter.act(address(bond), abi.encodeCall(IOperatorBond.proveFraud, (channel, ETH, first, second)));
        vm.warp(START + WINDOW + 1);
        pay(channel, ETH);
        bytes memory toItself = abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(address(rejecter))));
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondPaymentFailed.selector, address(rejecter), 50));
        rejecter.act(address(bond), toItself);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondPaymentFailed.selector, address(0), 50));
        rejecter.act(address(bond), abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(address(0)))));
        vm.prank(holder);
        assertEq(bond.withdraw(ETH, payable(holder)), 500);
        rejecter.act(address(bond), abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(stranger))));
        assertEq(stranger.balance, 50);
    }

    function test_P7_AReenteringReporterIsPaidOnce() public {
        EthReenterer reenterer = new EthReenterer();
        post(ETH, 2000);
        Channel memory channel = serve("a", 50);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        reenterer.act(address(bond), abi.encodeCall(IOperatorBond.proveFraud, (channel, ETH, first, second)));
        vm.warp(START + WINDOW + 1);
        pay(channel, ETH);
        bytes memory again = abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(address(reenterer))));
        reenterer.arm(address(bond), again);
        reenterer.act(address(bond), again);
        assertTrue(reenterer.called());
        assertFalse(reenterer.succeeded());
        assertEq(address(reenterer).balance, 50);
    }

    function test_P7_AnAssetThatReentersWhilePostedCountsOnce() public {
        ReentrantAsset asset = new ReentrantAsset();
        asset.mint(address(this), 100);
        asset.approve(address(bond), 100);
        asset.arm(address(bond), abi.encodeCall(IOperatorBond.post, (operator, address(asset), 0)));
        assertEq(bond.post(operator, address(asset), 100), 100);
        assertTrue(asset.called());
        assertFalse(asset.succeeded());
    }

    function test_P7_NothingIsProvenNorRaisedWhileABondIsOnItsWay() public {
        post(ETH, 1000);
        Channel memory channel = serve("a", 50);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        ReentrantAsset asset = new ReentrantAsset();
        asset.mint(address(this), 200);
        asset.approve(address(bond), 200);
        bytes[2] memory calls = [
            abi.encodeCall(IOperatorBond.proveFraud, (channel, ETH, first, second)),
            abi.encodeCall(IOperatorBond.raiseClaim, (channel, ETH))
        ];
        for (uint256 i; i < calls.length; ++i) {
            asset.arm(address(bond), calls[i]);
            bond.post(operator, address(asset), 100);
            assertTrue(asset.called());
            assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        }
    }

    function test_P7_FalseReturnAndNoReturn() public {
        FalseReturnAsset liar = new FalseReturnAsset();
        liar.mint(address(this), 100);
        liar.approve(address(bond), 100);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(liar)));
        bond.post(operator, address(liar), 100);
        NoReturnAsset mute = new NoReturnAsset();
        mute.mint(address(this), 100);
        mute.approve(address(bond), 100);
        assertEq(bond.post(operator, address(mute), 100), 100);
        vm.prank(operator);
        bond.startUnbonding(address(mute));
        vm.warp(START + WINDOW + 1);
        vm.prank(operator);
        bond.release(address(mute), payable(operator));
        assertEq(mute.balanceOf(operator), 100);
    }

    function test_P7_AnAssetThatRefusesToBurnBlocksNobody() public {
        BlacklistAsset asset = new BlacklistAsset();
        asset.setBlacklisted(burned, true);
        LotTerms memory terms = lotTerms(address(asset), 10, 1);
        uint32 other = createLot(classId, terms);
        openListing(classId, other, 1000, 0);
        asset.mint(holder, 1000);
        vm.startPrank(holder);
        asset.approve(address(market), 1000);
        (uint256 tokenId,) = market.buy(classId, other, 100, holder, 1000);
        vm.stopPrank();
        Channel memory channel = channelTerms(tokenId, 100);
        openChannel(channel);
        captureTo(channel, 20);
        asset.mint(address(this), 2000);
        asset.approve(address(bond), 2000);
        bond.post(operator, address(asset), 2000);
        prove(channel, address(asset));
        vm.warp(START + WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(BlacklistAsset.Blacklisted.selector, burned));
        bond.burn(operator, address(asset), 1);
        pay(channel, address(asset));
        vm.prank(holder);
        assertEq(bond.withdraw(address(asset), payable(holder)), 200);
        vm.prank(operator);
        bond.startUnbonding(address(asset));
    }

    // Laws

    /// @notice R26: of what was slashed nobody gets more than a claim, reporters never more than 5 %, and what is paid and
    /// burned is the pot, to less than two smallest units a proof.
    /// forge-config: default.fuzz.runs = 100
    function testFuzz_R26_APotPaysOutNoMoreThanItself(uint128 amount, uint64[4] memory captured) public {
        amount = uint128(bound(amount, 1, 1e24));
        post(ETH, amount);
        Channel[4] memory proven;
        for (uint256 i = 0; i < 4; ++i) {
            captured[i] = uint64(bound(captured[i], 0, 1000));
            proven[i] = serve(bytes32(i), captured[i]);
            prove(proven[i], ETH);
        }
        uint256 pot = bond.windowOf(operator, ETH, 1).pot;
        assertEq(bond.bondOf(operator, ETH).amount + pot, amount);
        vm.warp(START + WINDOW + 1);
        uint256 toHolders;
        uint256 toReporters;
        for (uint256 i = 0; i < 4; ++i) {
            (uint256 holderAmount, uint256 reporterAmount) = pay(proven[i], ETH);
            assertLe(holderAmount, uint256(captured[i]) * 10);
            toHolders += holderAmount;
            toReporters += reporterAmount;
        }
        assertLe(toReporters * 20, pot);
        uint256 paid = toHolders + toReporters + bond.burn(operator, ETH, 1);
        assertLe(paid, pot);
        assertLt(pot - paid, 8);
    }

    /// @notice The golden vectors of @kedge/core: packages/core/test/vectors/{receipt,batch}.json.
    function test_R14_HashesAreThoseOfTheGoldenVectors() public {
        CallReceipt memory receipt = receiptOf(
            0x59b23c8123628c14f1235e76501135af38fb7def1cf4dd094788091a4db350b6,
            0x8beca46eecc655822f3ec75683b1487f5ceb48ced4f4f1c836eb55a2ea733fd7
        );
        receipt.tokenId = 46_116_860_188_568_846_338;
        receipt.policyHash = 0xa8f31e13f6010aeb7bb1929bbe5d7a6bfa899070f8bbc241661f7917c1fcfee3;
        receipt.seq = 1_099_511_627_777;
        receipt.requestHash = 0x14988a7fdc4c247b60fe44456f4232e78dda62021a9837cc8fe706df719a45b2;
        bytes32 hash = bond.receiptHash(receipt);
        assertEq(hash, 0xb0c95221ecd18e6b549469ef5cacd255d3c8a2666d2497a3c1f6398039825e43);
        assertEq(keccak256(abi.encode(hash)), 0x8e48bb5e8bffd5f5287d1d66b1f89d40be8ea13257c1c35de42bfa08355d46c7);
        address channelsThere = 0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9;
        IOperatorBond there = IOperatorBond(deployCode("OperatorBond", abi.encode(address(token), channelsThere)));
        vm.chainId(31_337);
        assertEq(
            there.batchDigest(
                0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC,
                1,
                2,
                0x8e48bb5e8bffd5f5287d1d66b1f89d40be8ea13257c1c35de42bfa08355d46c7
            ),
            0xe5975d4cd8adbeb1d5082f9b86f57c13ec7aa0e8ed68cab69847fcecb9e0d458
        );
    }
}
