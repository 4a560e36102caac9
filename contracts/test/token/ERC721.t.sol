// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IDATApprovals} from "../../src/interfaces/IDATApprovals.sol";
import {IDATBatches} from "../../src/interfaces/IDATBatches.sol";
import {IDATOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATPolicies} from "../../src/interfaces/IDATPolicies.sol";
import {IDATLifecycle} from "../../src/interfaces/IDATLifecycle.sol";
import {IDATRevocations} from "../../src/interfaces/IDATRevocations.sol";
import {IDATRenewals} from "../../src/interfaces/IDATRenewals.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLocks} from "../../src/interfaces/IDATLocks.sol";
import {IDATLots} from "../../src/interfaces/IDATLots.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Accepts, refuses in three ways, or calls the token back.
contract Receiver is IERC721Receiver {
    error No(uint256 tokenId);

    bytes4 private _magic = IERC721Receiver.onERC721Received.selector;
    uint8 private _mode;
    bytes private _callback;
    bool public succeeded;
    bytes public answer;
    bytes32 public seen;

    function set(uint8 mode, bytes calldata callback) external {
        (_mode, _callback) = (mode, callback);
    }

    function onERC721Received(address operator, address from, uint256 tokenId, bytes calldata data)
        external
        returns (bytes4)
    {
        if (_mode == 1) revert No(tokenId);
        if (_mode == 2) return bytes4(0);
        seen = keccak256(abi.encode(operator, from, tokenId, data));
        if (_callback.length != 0) (succeeded, answer) = msg.sender.call(_callback);
        return _magic;
    }
}

/// @notice Branches: ERC721.tree.
contract ERC721Test is KedgeTest {
    uint256 private classId;
    uint256 private tokenId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        tokenId = mint(classId, holder, 10, 5, 0);
    }

    function expectTransfer(address from, address to) private {
        vm.expectEmit(address(token));
        emit IDATCore.TransferToken(tokenId, from, to);
        vm.expectEmit(address(token));
        emit IERC721.Transfer(from, to, tokenId);
    }

    function test_P12_TheOwnerMovesAToken() public {
        expectTransfer(holder, stranger);
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        assertEq(core.ownerOf(tokenId), stranger);
        assertEq(token.balanceOf(holder), 0);
        assertEq(token.balanceOf(stranger), 1);
        assertEq(core.valueOf(tokenId), 10);

        expectTransfer(stranger, holder);
        vm.prank(stranger);
        token.transferFrom(stranger, holder, tokenId);
        expectTransfer(holder, holder);
        vm.prank(holder);
        core.transferToken(tokenId, holder);
        assertEq(token.balanceOf(holder), 1);
    }

    function test_P12_PendingRevenueGoesWithTheToken() public {
        settleETH(classId, 5);
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        assertEq(core.pendingRevenue(tokenId, ETH), 5);
        vm.prank(stranger);
        core.claim(tokenId, ETH, payable(stranger));
        assertEq(stranger.balance, 5);
    }

    function test_P12_ApprovedAndOperatorsMoveAToken() public {
        vm.expectEmit(address(token));
        emit IERC721.Approval(holder, operator, tokenId);
        vm.prank(holder);
        token.approve(operator, tokenId);
        assertEq(token.getApproved(tokenId), operator);
        vm.prank(operator);
        core.transferToken(tokenId, stranger);
        assertEq(token.getApproved(tokenId), address(0));

        vm.expectEmit(address(token));
        emit IERC721.ApprovalForAll(stranger, operator, true);
        vm.prank(stranger);
        token.setApprovalForAll(operator, true);
        assertTrue(token.isApprovedForAll(stranger, operator));
        vm.startPrank(operator);
        token.approve(issuer, tokenId);
        token.transferFrom(stranger, holder, tokenId);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        token.transferFrom(holder, operator, tokenId);
        assertEq(token.getApproved(tokenId), address(0));
    }

    function test_R30_ClassApprovalNeverMovesAToken() public {
        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        address[2] memory outsiders = [operator, issuer];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory reason = abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, outsiders[i]);
            vm.startPrank(outsiders[i]);
            vm.expectRevert(reason);
            core.transferToken(tokenId, outsiders[i]);
            vm.expectRevert(reason);
            token.transferFrom(holder, outsiders[i], tokenId);
            vm.expectRevert(reason);
            token.safeTransferFrom(holder, outsiders[i], tokenId);
            vm.expectRevert(reason);
            token.approve(outsiders[i], tokenId);
            vm.stopPrank();
        }
    }

    function test_P12_WrongEndsRevert() public {
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        core.transferToken(tokenId, address(0));
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, stranger, tokenId, holder));
        token.transferFrom(stranger, holder, tokenId);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidOperator.selector, address(0)));
        token.setApprovalForAll(address(0), true);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidOwner.selector, address(0)));
        token.balanceOf(address(0));
    }

    function test_P12_ASafeRecipientAccepts() public {
        Receiver receiver = new Receiver();
        vm.prank(holder);
        token.safeTransferFrom(holder, address(receiver), tokenId, "hello");
        assertEq(core.ownerOf(tokenId), address(receiver));
        assertEq(receiver.seen(), keccak256(abi.encode(holder, holder, tokenId, bytes("hello"))));
    }

    function test_P12_ASafeRecipientMayRefuse() public {
        Receiver receiver = new Receiver();
        vm.startPrank(holder);
        receiver.set(1, "");
        vm.expectRevert(abi.encodeWithSelector(Receiver.No.selector, tokenId));
        token.safeTransferFrom(holder, address(receiver), tokenId);
        receiver.set(2, "");
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(receiver)));
        token.safeTransferFrom(holder, address(receiver), tokenId);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(market)));
        token.safeTransferFrom(holder, address(market), tokenId);
        token.safeTransferFrom(holder, stranger, tokenId);
        assertEq(core.ownerOf(tokenId), stranger);
    }

    function test_P7_ARecipientCannotReenterWhatPays() public {
        settleETH(classId, 5);
        Receiver receiver = new Receiver();
        receiver.set(0, abi.encodeCall(IDATCore.claim, (tokenId, ETH, payable(address(receiver)))));
        vm.prank(holder);
        token.safeTransferFrom(holder, address(receiver), tokenId);
        assertFalse(receiver.succeeded());
        assertEq(receiver.answer(), abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        assertEq(core.pendingRevenue(tokenId, ETH), 5);
    }

    function test_P12_Metadata() public {
        assertEq(token.name(), "Kedge");
        assertEq(token.symbol(), "DAT");
        assertEq(token.tokenURI(tokenId), "ipfs://metadata");
        vm.prank(issuer);
        core.updateClassMetadata(classId, "ipfs://2", 0);
        assertEq(token.tokenURI(tokenId), "ipfs://2");
    }

    function test_P12_InterfaceIds() public view {
        assertEq(type(IDATCore).interfaceId, bytes4(0x2c0b686c));
        bytes4[16] memory served = [
            bytes4(0x2c0b686c),
            0x01ffc9a7,
            0x80ac58cd,
            0x5b5e139f,
            0x49064906,
            type(IDATClasses).interfaceId,
            type(IDATLots).interfaceId,
            type(IDATLocks).interfaceId,
            type(IDATRevenue).interfaceId,
            type(IDATApprovals).interfaceId,
            type(IDATBatches).interfaceId,
            type(IDATOptions).interfaceId,
            type(IDATPolicies).interfaceId,
            type(IDATLifecycle).interfaceId,
            type(IDATRenewals).interfaceId,
            type(IDATRevocations).interfaceId
        ];
        for (uint256 i = 0; i < served.length; ++i) {
            assertTrue(token.supportsInterface(served[i]));
        }
        assertFalse(token.supportsInterface(0xffffffff));
        assertFalse(token.supportsInterface(0x00000000));
    }

    /// @notice The ids are packed into words, where one that slipped by a bit would answer for its neighbours.
    function test_P12_WhatIsABitOffAnInterfaceIdIsNone() public view {
        bytes4[5] memory served = [bytes4(0x2c0b686c), 0x01ffc9a7, 0x80ac58cd, 0x5b5e139f, 0x49064906];
        for (uint256 i = 0; i < served.length; ++i) {
            assertFalse(token.supportsInterface(served[i] >> 1));
            assertFalse(token.supportsInterface(served[i] << 1));
            for (uint256 bit = 0; bit < 32; ++bit) {
                assertFalse(token.supportsInterface(served[i] ^ bytes4(uint32(1 << bit))));
            }
        }
    }

    function test_P12_SelectorsOfTheDraft() public pure {
        assertEq(IDATCore.getClassMeta.selector, bytes4(0x0a4fda67));
        assertEq(IDATCore.classOf.selector, bytes4(0x4324aa21));
        assertEq(IDATCore.valueOf.selector, bytes4(0xcadf338f));
        assertEq(IDATCore.shareRatioOf.selector, bytes4(0x36d98ca1));
        assertEq(IDATCore.expireAtOf.selector, bytes4(0x56626b7f));
        assertEq(IDATCore.ownerOf.selector, bytes4(0x6352211e));
        assertEq(IDATCore.pendingRevenue.selector, bytes4(0xbb0bc514));
        assertEq(IDATCore.createClass.selector, bytes4(0xe0fc0eca));
        assertEq(IDATCore.updateClassMetadata.selector, bytes4(0x38b40dc2));
        assertEq(IDATCore.updateClassPolicy.selector, bytes4(0x4f2b75e2));
        assertEq(IDATCore.mint.selector, bytes4(0x741e3723));
        assertEq(IDATCore.transferToken.selector, bytes4(0xbad42590));
        assertEq(IDATCore.approveForClass.selector, bytes4(0x14050fab));
        assertEq(IDATCore.isApprovedForClass.selector, bytes4(0x766e346c));
        assertEq(IDATCore.transferValue.selector, bytes4(0x54e26179));
        assertEq(IDATCore.recordUsage.selector, bytes4(0x48904648));
        assertEq(IDATCore.settleRevenueETH.selector, bytes4(0x8ccd0350));
        assertEq(IDATCore.settleRevenueERC20.selector, bytes4(0x90f1e29d));
        assertEq(IDATCore.claim.selector, bytes4(0x2cd1b113));
    }

    function test_P28_EventsOfTheDraft() public pure {
        assertEq(IDATCore.ClassCreated.selector, keccak256("ClassCreated(uint256,string,bytes32)"));
        assertEq(IDATCore.ClassPolicyUpdated.selector, keccak256("ClassPolicyUpdated(uint256,string)"));
        assertEq(IDATCore.MetadataUpdated.selector, keccak256("MetadataUpdated(uint256,string,bytes32)"));
        assertEq(IDATCore.Minted.selector, keccak256("Minted(uint256,uint256,address,uint256,uint256,uint64)"));
        assertEq(IDATCore.TransferToken.selector, keccak256("TransferToken(uint256,address,address)"));
        assertEq(IDATCore.ValueTransferred.selector, keccak256("ValueTransferred(uint256,uint256,uint256)"));
        assertEq(IDATCore.Expired.selector, keccak256("Expired(uint256)"));
        assertEq(IDATCore.UsageRecorded.selector, keccak256("UsageRecorded(uint256,bytes32,uint256,address)"));
        assertEq(IDATCore.RevenueSettled.selector, keccak256("RevenueSettled(uint256,address,uint256)"));
        assertEq(IDATCore.Claimed.selector, keccak256("Claimed(uint256,address,address,uint256)"));
        assertEq(IDATCore.ApprovalForClass.selector, keccak256("ApprovalForClass(address,uint256,address,bool)"));
    }
}
