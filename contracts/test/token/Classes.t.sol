// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassInfo, ClassKind, ClassTerms, IDATClasses, Parent, ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDataAnchoringToken} from "../../src/interfaces/IDataAnchoringToken.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Classes.tree.
contract ClassesTest is KedgeTest {
    address private beneficiary = makeAddr("beneficiary");

    function terms(ParentTerms[] memory parents) private view returns (ClassTerms memory) {
        return classTerms(parents, beneficiary);
    }

    function test_P16_AnyoneCreatesAClassAndIsItsIssuer() public {
        vm.expectEmit(address(token));
        emit IDATCore.ClassCreated(1, "ipfs://m", keccak256("m"));
        vm.expectEmit(address(token));
        emit IDATClasses.ClassConfigured(1, stranger, ClassKind.Unspecified, 6, address(0), "ipfs://p", bytes32(0));
        vm.prank(stranger);
        uint256 classId = core.createClass("ipfs://m", keccak256("m"), 6, "ipfs://p");

        assertEq(classId, 1);
        assertEq(token.issuerOf(1), stranger);
        assertEq(token.classCount(), 1);
        (string memory uri, bytes32 hash, uint8 decimals, string memory policyURI) = core.getClassMeta(1);
        assertEq(uri, "ipfs://m");
        assertEq(hash, keccak256("m"));
        assertEq(decimals, 6);
        assertEq(policyURI, "ipfs://p");
        (string memory firstURI, bytes32 firstHash) = token.policyOf(1, 1);
        assertEq(firstURI, "ipfs://p");
        assertEq(firstHash, bytes32(0));
        assertEq(token.parentsOf(1).length, 0);
    }

    function test_P16_TermsAreStoredAndTold() public {
        createClass();
        createClass();
        ParentTerms[] memory parents = new ParentTerms[](2);
        parents[0] = ParentTerms(2, 1500);
        parents[1] = ParentTerms(1, 500);
        vm.expectEmit(address(token));
        emit IDATCore.ClassCreated(3, "ipfs://metadata", keccak256("metadata"));
        vm.expectEmit(address(token));
        emit IDATClasses.ClassConfigured(
            3, issuer, ClassKind.Dataset, 0, beneficiary, "ipfs://policy", keccak256("policy")
        );
        vm.expectEmit(address(token));
        emit IDATClasses.ParentLinked(3, 2, 0, 1500);
        vm.expectEmit(address(token));
        emit IDATClasses.ParentLinked(3, 1, 1, 500);
        vm.prank(issuer);
        token.createClassWithTerms(terms(parents));

        ClassInfo memory info = token.classInfo(3);
        assertEq(info.issuer, issuer);
        assertEq(info.pendingIssuer, address(0));
        assertEq(uint8(info.kind), uint8(ClassKind.Dataset));
        assertEq(info.policyVersion, 1);
        assertEq(info.lotCount, 0);
        assertEq(info.tokenCount, 0);
        assertEq(info.totalShare, 0);
        assertEq(info.royaltyBps, 2000);
        assertEq(info.beneficiary, beneficiary);
        Parent[] memory stored = token.parentsOf(3);
        assertEq(stored.length, 2);
        assertEq(stored[0].classId, 2);
        assertEq(stored[0].royaltyBps, 1500);
        assertFalse(stored[0].accepted);
        assertEq(stored[1].classId, 1);
    }

    function test_P16_AnyAddressIsABeneficiary() public {
        for (uint160 i = 1; i < 4; ++i) {
            uint256 classId = createClass(new ParentTerms[](0), address(i));
            assertEq(token.classInfo(classId).beneficiary, address(i));
        }
    }

    function test_R19_AtMostSixteenParents() public {
        ParentTerms[] memory parents = new ParentTerms[](17);
        for (uint64 i = 0; i < 17; ++i) {
            parents[i] = ParentTerms(uint64(createClass()), 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATTooManyParents.selector, 17, 16));
        token.createClassWithTerms(terms(parents));
    }

    function test_R19_SixteenParentsAreLinked() public {
        ParentTerms[] memory parents = new ParentTerms[](16);
        for (uint256 i = 0; i < 16; ++i) {
            parents[i] = ParentTerms(uint64(createClass()), 625);
        }
        assertEq(token.parentsOf(createClass(parents, address(0))).length, 16);
    }

    function test_R19_ParentsExistBeforeTheirChildren() public {
        createClass();
        for (uint64 missing = 0; missing < 4; missing += 2) {
            vm.expectRevert(abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, missing));
            token.createClassWithTerms(terms(parent(missing, 1)));
        }
    }

    function test_R19_ParentsAreDistinct() public {
        createClass();
        ParentTerms[] memory parents = new ParentTerms[](2);
        (parents[0], parents[1]) = (ParentTerms(1, 1), ParentTerms(1, 2));
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATDuplicateParent.selector, 1));
        token.createClassWithTerms(terms(parents));
    }

    function test_R19_RoyaltiesSumToAtMostAll() public {
        createClass();
        createClass();
        ParentTerms[] memory parents = new ParentTerms[](2);
        (parents[0], parents[1]) = (ParentTerms(1, 65_535), ParentTerms(2, 65_535));
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATRoyaltiesTooHigh.selector, 131_070, 10_000));
        token.createClassWithTerms(terms(parents));
        (parents[0], parents[1]) = (ParentTerms(1, 9999), ParentTerms(2, 1));
        assertEq(token.classInfo(token.createClassWithTerms(terms(parents))).royaltyBps, 10_000);
    }

    function test_P16_OnlyTheIssuerUpdatesMetadata() public {
        uint256 classId = createClass();
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        core.updateClassMetadata(classId, "ipfs://2", keccak256("2"));

        vm.expectEmit(address(token));
        emit IDATCore.MetadataUpdated(classId, "ipfs://2", keccak256("2"));
        vm.expectEmit(address(token));
        emit IDataAnchoringToken.BatchMetadataUpdate(classId << 64, (classId << 64) + 2 ** 64 - 1);
        vm.prank(issuer);
        core.updateClassMetadata(classId, "ipfs://2", keccak256("2"));
        (string memory uri, bytes32 hash,,) = core.getClassMeta(classId);
        assertEq(uri, "ipfs://2");
        assertEq(hash, keccak256("2"));
    }

    function test_P16_OnlyTheIssuerPublishesPolicies() public {
        uint256 classId = createClass();
        bytes memory reason = abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer);
        vm.startPrank(stranger);
        vm.expectRevert(reason);
        core.updateClassPolicy(classId, "ipfs://2");
        vm.expectRevert(reason);
        token.publishPolicy(classId, "ipfs://2", keccak256("2"));
        vm.stopPrank();

        vm.startPrank(issuer);
        vm.expectEmit(address(token));
        emit IDATCore.ClassPolicyUpdated(classId, "ipfs://2");
        vm.expectEmit(address(token));
        emit IDATClasses.PolicyPublished(classId, 2, "ipfs://2", keccak256("2"));
        assertEq(token.publishPolicy(classId, "ipfs://2", keccak256("2")), 2);
        vm.expectEmit(address(token));
        emit IDATCore.ClassPolicyUpdated(classId, "ipfs://3");
        vm.expectEmit(address(token));
        emit IDATClasses.PolicyPublished(classId, 3, "ipfs://3", bytes32(0));
        core.updateClassPolicy(classId, "ipfs://3");

        (,,, string memory current) = core.getClassMeta(classId);
        assertEq(current, "ipfs://3");
        (string memory uri, bytes32 hash) = token.policyOf(classId, 2);
        assertEq(uri, "ipfs://2");
        assertEq(hash, keccak256("2"));
        (, hash) = token.policyOf(classId, 1);
        assertEq(hash, keccak256("policy"));
        (uri, hash) = token.policyOf(classId, 4);
        assertEq(bytes(uri).length, 0);
        assertEq(hash, bytes32(0));
    }

    function test_P16_TheRoleMovesInTwoSteps() public {
        uint256 classId = createClass();
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        token.transferIssuer(classId, stranger);

        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotPendingIssuer.selector, classId, stranger, address(0)));
        vm.prank(stranger);
        token.acceptIssuer(classId);

        vm.expectEmit(address(token));
        emit IDATClasses.IssuerTransferStarted(classId, issuer, holder);
        vm.prank(issuer);
        token.transferIssuer(classId, holder);
        assertEq(token.issuerOf(classId), issuer);
        assertEq(token.classInfo(classId).pendingIssuer, holder);

        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotPendingIssuer.selector, classId, stranger, holder));
        vm.prank(stranger);
        token.acceptIssuer(classId);

        vm.expectEmit(address(token));
        emit IDATClasses.IssuerTransferred(classId, issuer, holder);
        vm.prank(holder);
        token.acceptIssuer(classId);
        assertEq(token.issuerOf(classId), holder);
        assertEq(token.classInfo(classId).pendingIssuer, address(0));

        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, issuer, holder));
        vm.prank(issuer);
        core.mint(classId, issuer, 1, 0, 0);
    }

    function test_P16_AnOfferCanBeWithdrawn() public {
        uint256 classId = createClass();
        vm.startPrank(issuer);
        token.transferIssuer(classId, holder);
        token.transferIssuer(classId, address(0));
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotPendingIssuer.selector, classId, holder, address(0)));
        vm.prank(holder);
        token.acceptIssuer(classId);
    }

    function test_R19_TheParentsIssuerAcceptsAnEdge() public {
        vm.prank(holder);
        uint256 parentId = core.createClass("", 0, 0, "");
        uint256 classId = createClass(parent(parentId, 100), address(0));

        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNonexistentParent.selector, classId, 1));
        vm.prank(holder);
        token.acceptParent(classId, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotParentIssuer.selector, parentId, issuer));
        vm.prank(issuer);
        token.acceptParent(classId, 0);

        vm.expectEmit(address(token));
        emit IDATClasses.ParentAccepted(classId, parentId, 0);
        vm.prank(holder);
        token.acceptParent(classId, 0);
        assertTrue(token.parentsOf(classId)[0].accepted);
    }

    function test_P16_AClassThatDoesNotExistAnswersNothing() public {
        bytes[] memory calls = new bytes[](15);
        calls[0] = abi.encodeCall(IDATCore.getClassMeta, (9));
        calls[1] = abi.encodeCall(IDATClasses.classInfo, (9));
        calls[2] = abi.encodeCall(IDATClasses.issuerOf, (9));
        calls[3] = abi.encodeCall(IDATClasses.policyOf, (9, 1));
        calls[4] = abi.encodeCall(IDATClasses.parentsOf, (9));
        calls[5] = abi.encodeCall(IDATCore.updateClassMetadata, (9, "", 0));
        calls[6] = abi.encodeCall(IDATCore.updateClassPolicy, (9, ""));
        calls[7] = abi.encodeCall(IDATClasses.publishPolicy, (9, "", 0));
        calls[8] = abi.encodeCall(IDATClasses.transferIssuer, (9, stranger));
        calls[9] = abi.encodeCall(IDATClasses.acceptIssuer, (9));
        calls[10] = abi.encodeCall(IDATClasses.acceptParent, (9, 0));
        calls[11] = abi.encodeCall(IDATCore.mint, (9, stranger, 1, 1, 0));
        calls[12] = abi.encodeWithSignature("syncExpired(uint256)", 9);
        calls[13] = abi.encodeWithSignature("totalShareOf(uint256)", 9);
        calls[14] = abi.encodeWithSignature("revenueInfo(uint256,address)", 9, ETH);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory reason) = address(token).call(calls[i]);
            assertFalse(done);
            assertEq(reason, abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 9));
        }
    }
}
