// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATApprovals} from "../../src/interfaces/IDATApprovals.sol";
import {IDATBatches, MintItem} from "../../src/interfaces/IDATBatches.sol";
import {ClassTerms, IDATClasses, ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLifecycle, SplitPart} from "../../src/interfaces/IDATLifecycle.sol";
import {IDATLots, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ClassOptions, IDATOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATPolicies} from "../../src/interfaces/IDATPolicies.sol";
import {IDATResale, PendingTerm} from "../../src/interfaces/IDATResale.sol";
import {IDATRenewals} from "../../src/interfaces/IDATRenewals.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {IDATRevocations} from "../../src/interfaces/IDATRevocations.sol";
import {IDATSaleRoyalties} from "../../src/interfaces/IDATSaleRoyalties.sol";
import {IDataAnchoringToken} from "../../src/interfaces/IDataAnchoringToken.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Delegation.tree.
contract DelegationTest is KedgeTest {
    function test_P12_CallsReachTheExtensionOnTheTokensStorage() public {
        uint256 classId = createClass();
        assertEq(token.issuerOf(classId), issuer);
        assertEq(IDATClasses(token.extension()).classCount(), 0);
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        terms.seller = stranger;
        uint32 lot = createLot(classId, terms);
        vm.deal(stranger, 9);
        vm.prank(stranger);
        uint256 tokenId = token.mintFromLot{value: 9}(classId, lot, holder, 9, 0);
        assertEq(address(token).balance, 9);
        assertEq(token.extension().balance, 0);
        assertEq(core.ownerOf(tokenId), holder);
    }

    function test_P12_ReasonsComeBackWhole() public {
        (bool done, bytes memory reason) = address(token).call(abi.encodeCall(IDATClasses.policyOf, (7, 1)));
        assertFalse(done);
        assertEq(reason, abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 7));
        (done, reason) = address(token).call(abi.encodeWithSignature("unknown()"));
        assertFalse(done);
        assertEq(reason.length, 0);
        // ETH for an extension function that takes none.
        vm.deal(address(this), 1);
        (done,) = address(token).call{value: 1}(abi.encodeCall(IDATCore.createClass, ("", 0, 0, "")));
        assertFalse(done);
    }

    function test_P7_PlainEtherIsRefused() public {
        vm.deal(address(this), 2);
        (bool done, bytes memory reason) = address(token).call{value: 2}("");
        assertFalse(done);
        assertEq(reason, abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 0, 2));
        (done,) = address(token).call{value: 2}(hex"deadbeef");
        assertFalse(done);
        (done,) = token.extension().call{value: 2}("");
        assertFalse(done);
    }

    function test_P8_TheExtensionAloneIsHarmless() public {
        bytes[] memory calls = new bytes[](15);
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        ClassTerms memory class = classTerms(new ParentTerms[](0), address(0));
        calls[0] = abi.encodeCall(IDATCore.createClass, ("", 0, 0, ""));
        calls[1] = abi.encodeCall(IDATClasses.createClassWithTerms, (class));
        calls[2] = abi.encodeCall(IDATCore.updateClassMetadata, (1, "", 0));
        calls[3] = abi.encodeCall(IDATCore.updateClassPolicy, (1, ""));
        calls[4] = abi.encodeCall(IDATClasses.publishPolicy, (1, "", 0));
        calls[5] = abi.encodeCall(IDATClasses.transferIssuer, (1, stranger));
        calls[6] = abi.encodeCall(IDATClasses.acceptIssuer, (1));
        calls[7] = abi.encodeCall(IDATClasses.acceptParent, (1, 0));
        calls[8] = abi.encodeCall(IDATLots.createLot, (1, terms));
        calls[9] = abi.encodeCall(IDATLots.sweepExpired, (1));
        calls[10] = abi.encodeCall(IDATRevenue.syncExpired, (1));
        calls[11] = abi.encodeCall(IDATRevenue.observeExpiry, (1));
        calls[12] = abi.encodeCall(IDATCore.recordUsage, (1, bytes32(0), 0));
        calls[13] = abi.encodeCall(IDATBatches.recordUsageBatch, (bytes32(0), ""));
        calls[14] = abi.encodeCall(
            IDATOptions.createClassWithOptions, (class, ClassOptions(1, 0, 0, 0, 0, false, false, false))
        );
        address extension = token.extension();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory reason) = extension.call(calls[i]);
            assertFalse(done);
            assertEq(reason, abi.encodeWithSelector(IDATErrors.DATDirectCall.selector));
        }
        // Nor does it pass on there what it does not know.
        vm.expectRevert(IDATErrors.DATDirectCall.selector);
        IDATApprovals(extension).cancelPermits();
        // What moves money is in the core only.
        vm.expectRevert(IDATErrors.DATDirectCall.selector);
        IDATLots(extension).mintFromLot(1, 1, stranger, 1, 0);
        vm.expectRevert(IDATErrors.DATDirectCall.selector);
        IDATLots(extension).refund(1, 1, payable(stranger));
        vm.expectRevert(IDATErrors.DATDirectCall.selector);
        IDATRevenue(extension).withdraw(ETH, payable(stranger));
        vm.expectRevert(IDATErrors.DATDirectCall.selector);
        IDATRevenue(extension).collectRoyalty(1, 0, ETH);
    }

    function test_P8_TheSecondExtensionAloneIsHarmless() public {
        bytes[] memory calls = new bytes[](14);
        calls[0] = abi.encodeCall(IDATApprovals.approveUsage, (1, stranger, 1, 0));
        calls[1] = abi.encodeCall(IDATApprovals.permitForClass, (holder, 1, stranger, true, START, ""));
        calls[2] = abi.encodeCall(IDATApprovals.permitUsage, (holder, 1, stranger, 1, 0, START, ""));
        calls[3] = abi.encodeCall(IDATApprovals.cancelPermits, ());
        calls[4] = abi.encodeCall(IDATBatches.mintBatch, (1, new MintItem[](0)));
        calls[5] = abi.encodeCall(IDATBatches.claimBatch, (new uint256[](0), ETH, payable(stranger)));
        calls[6] = abi.encodeCall(IDATCore.mint, (1, stranger, 1, 1, 0));
        calls[7] = abi.encodeCall(IDATOptions.freezeShares, (1));
        calls[8] = abi.encodeCall(IDATClasses.publishPolicy, (1, "", 0));
        calls[9] = abi.encodeCall(IDATCore.updateClassPolicy, (1, ""));
        calls[10] = abi.encodeCall(IDATPolicies.activatePolicy, (1));
        calls[11] = abi.encodeCall(IDATPolicies.openRefunds, (1, 1));
        calls[12] = abi.encodeCall(IDATResale.safeTransferWithClaim, (stranger, issuer, 1, new address[](0), ""));
        calls[13] = abi.encodeCall(IDATResale.transferWithTerms, (stranger, issuer, 1, 0, new PendingTerm[](0)));
        address second = IDataAnchoringToken(token.extension()).extension();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory reason) = second.call(calls[i]);
            assertFalse(done);
            assertEq(reason, abi.encodeWithSelector(IDATErrors.DATDirectCall.selector));
        }
        // Nor does it pass on there what it does not know.
        vm.expectRevert(IDATErrors.DATDirectCall.selector);
        IDATLifecycle(second).retireShare(1);
    }

    function test_P8_TheThirdExtensionAloneIsHarmless() public {
        bytes[] memory calls = new bytes[](13);
        calls[0] = abi.encodeCall(IDATLifecycle.topUp, (1, 1));
        calls[1] = abi.encodeCall(IDATLifecycle.burnValue, (1, 1));
        calls[2] = abi.encodeCall(IDATLifecycle.retireShare, (1));
        calls[3] = abi.encodeCall(IDATLifecycle.split, (1, new SplitPart[](0)));
        calls[4] = abi.encodeCall(IDATLifecycle.merge, (new uint256[](0), 1));
        calls[5] = abi.encodeCall(IDATRenewals.renew, (1, 1));
        calls[6] = abi.encodeCall(IDATRenewals.offerShareRenewal, (1, 1));
        calls[7] = abi.encodeCall(IDATRenewals.renewShare, (1, 1));
        calls[8] = abi.encodeCall(IDATSaleRoyalties.setSaleRoyalty, (1, stranger, 1));
        calls[9] = abi.encodeCall(IDATRevocations.announceRevocation, (1, "reason"));
        calls[10] = abi.encodeCall(IDATRevocations.appealRevocation, (1, "statement"));
        calls[11] = abi.encodeCall(IDATRevocations.withdrawRevocation, (1));
        calls[12] = abi.encodeCall(IDATRevocations.revoke, (1));
        address second = IDataAnchoringToken(token.extension()).extension();
        address third = IDataAnchoringToken(second).extension();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory reason) = third.call(calls[i]);
            assertFalse(done);
            assertEq(reason, abi.encodeWithSelector(IDATErrors.DATDirectCall.selector));
        }
    }
}
