// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    FraudProof,
    IOperatorBond,

    // Test has a Receipt of its own.
    Receipt as CallReceipt,
    SignedReceipt,
    SlashWindow
} from "../../src/interfaces/IOperatorBond.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {BondTest} from "./BondTest.sol";

/// @notice What proves a fraud, and what does not.
contract OperatorBondProofsTest is BondTest {
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

    function test_Attack_ABondPostedAfterAReleaseIsNotShieldedByTheSlashBefore() public {
        Channel memory own = serve("a", 0);
        Channel memory victim = serve("b", 700);
        post(ETH, 20_000);
        vm.prank(operator);
        bond.startUnbonding(ETH);
        // The last second in which the bond may be slashed: half goes into the pot, and the rest out in the next.
        vm.warp(START + WINDOW);
        prove(own, ETH);
        vm.warp(START + WINDOW + 1);
        vm.prank(operator);
        assertEq(bond.release(ETH, payable(operator)), 10_000);
        post(ETH, 10_000);
        vm.prank(operator);
        bond.coverUntil(ETH, uint64(START + 365 days));
        assertTrue(bond.covers(victim, ETH));
        prove(victim, ETH);
        assertEq(bond.bondOf(operator, ETH).amount, 5000);
        assertEq(bond.windowOf(operator, ETH, 1).pot, 15_000);
    }

    function test_R26_NothingBondedNothingSlashed() public {
        Channel memory channel = serve("a", 50);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingBonded.selector, operator, ETH));
        bond.proveFraud(channel, ETH, first, second);
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
