// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATSaleRoyalties} from "../../src/interfaces/IDATSaleRoyalties.sol";
import {IDATSupply, QuotaMode} from "../../src/interfaces/IDATSupply.sol";
import {IDataAnchoringToken} from "../../src/interfaces/IDataAnchoringToken.sol";
import {IERC7572} from "../../src/interfaces/IERC7572.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Standards.tree.
contract StandardsTest is KedgeTest {
    function contractURI(string memory nameInJSON) private pure returns (string memory) {
        bytes memory json = abi.encodePacked(
            '{"name":"',
            nameInJSON,
            '","symbol":"DAT","description":"Data Anchoring Tokens (ERC-8028): prepaid value and revenue shares of datasets, models and agents."}'
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function test_ERC7572_TheContractDescribesItself() public {
        assertEq(token.contractURI(), contractURI("Kedge"));
        vm.recordLogs();
        address other = deployCode("DataAnchoringToken", abi.encode('K "\\', "DAT", token.extension()));
        assertEq(vm.getRecordedLogs()[0].topics[0], IERC7572.ContractURIUpdated.selector);
        assertEq(IDataAnchoringToken(other).contractURI(), contractURI('K \\"\\\\'));
    }

    function test_ERC2981_TheIssuerSaysWhatAResaleOwes() public {
        uint256 classId = createClass();
        uint256 tokenId = mintValue(classId, holder, 1, 0);
        (address receiver, uint256 amount) = token.royaltyInfo(tokenId, 1 ether);
        assertEq(receiver, address(0));
        assertEq(amount, 0);

        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        token.setSaleRoyalty(classId, stranger, 1);
        vm.startPrank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATSaleRoyalties.DATSaleRoyaltyTooHigh.selector, 1001, 1000));
        token.setSaleRoyalty(classId, operator, 1001);
        vm.expectEmit(address(token));
        emit IDATSaleRoyalties.SaleRoyaltySet(classId, operator, 1000);
        token.setSaleRoyalty(classId, operator, 1000);
        (receiver, amount) = token.royaltyInfo(tokenId, 99);
        assertEq(receiver, operator);
        assertEq(amount, 9);
        // Of another class.
        (, amount) = token.royaltyInfo(mintOther(), 99);
        assertEq(amount, 0);
        vm.expectEmit(address(token));
        emit IDATSaleRoyalties.SaleRoyaltySet(classId, address(0), 0);
        token.setSaleRoyalty(classId, address(0), 500);
        (receiver, amount) = token.royaltyInfo(tokenId, 1 ether);
        assertEq(receiver, address(0));
        assertEq(amount, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.royaltyInfo(9, 1);
    }

    function mintOther() private returns (uint256) {
        vm.stopPrank();
        uint256 tokenId = mintValue(createClass(), holder, 1, 0);
        vm.startPrank(issuer);
        return tokenId;
    }

    function testFuzz_ERC2981_RoundsDownForAnyPrice(uint256 price, uint16 bps) public {
        uint256 classId = createClass();
        uint256 tokenId = mintValue(classId, holder, 1, 0);
        bps = uint16(bound(bps, 0, 1000));
        vm.prank(issuer);
        token.setSaleRoyalty(classId, operator, bps);
        (, uint256 amount) = token.royaltyInfo(tokenId, price);
        // amount <= price x bps / 10,000 < amount + 1, in parts that do not overflow.
        assertEq(amount, price / 10_000 * bps + price % 10_000 * bps / 10_000);
        if (price < 2 ** 240) assertEq(amount, price * bps / 10_000);
    }

    function test_L1_TheSupplyOfAClassIsCounted() public {
        vm.prank(issuer);
        uint256 classId = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 1 days, 0, 0, false, false, false)
        );
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        uint32 first = createLot(classId, terms);
        uint32 second = createLot(classId, terms);
        openListing(classId, first, 100, 0);
        openListing(classId, second, 100, 0);
        uint256 tokenId = buy(holder, classId, first, 60);
        buy(holder, classId, second, 5);
        openChannel(channelTerms(tokenId, 20));
        captureTo(channelTerms(tokenId, 20), 7);
        vm.prank(holder);
        token.refund(tokenId, 3, payable(holder));
        mint(classId, holder, 1000, 4, 0);

        (uint256 count, uint256 totalShare, uint256 pendingShare) = token.classSupply(classId);
        assertEq(count, 3);
        assertEq(totalShare, 0);
        assertEq(pendingShare, 4);
        // Up to the second of its activation.
        vm.warp(START + 1 days);
        (, totalShare, pendingShare) = token.classSupply(classId);
        assertEq(totalShare, 0);
        assertEq(pendingShare, 4);
        vm.warp(START + 3 days);
        (, totalShare, pendingShare) = token.classSupply(classId);
        assertEq(totalShare, 4);
        assertEq(pendingShare, 0);

        supply(classId, 1, 2, 55, 7);
        supply(classId, 1, 1, 50, 7);
        supply(classId, 0, type(uint32).max, 55, 7);
        supply(classId, 2, 2, 5, 0);
        supply(classId, 3, 9, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 9));
        token.classSupply(9);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 9));
        token.unitSupply(9, 1, 1);
    }

    function supply(uint256 classId, uint32 firstLot, uint32 lastLot, uint256 outstanding, uint256 spent) private view {
        (uint256 outstandingNow, uint256 spentNow) = token.unitSupply(classId, firstLot, lastLot);
        assertEq(outstandingNow, outstanding);
        assertEq(spentNow, spent);
    }

    function test_P24_UseTakesValueInEveryClassAndAViewSaysSo() public {
        uint256 classId = createClass();
        uint256 tokenId = mintValue(classId, holder, 10, 0);
        assertEq(uint256(token.quotaModeOf(classId)), uint256(QuotaMode.Hard));
        vm.prank(holder);
        core.recordUsage(tokenId, "metric", 4);
        assertEq(core.valueOf(tokenId), 6);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 9));
        token.quotaModeOf(9);
    }

    function test_P12_InterfaceIdsOfOtherStandards() public view {
        assertTrue(token.supportsInterface(type(IERC2981).interfaceId));
        assertEq(type(IERC2981).interfaceId, bytes4(0x2a55205a));
        assertTrue(token.supportsInterface(type(IDATSupply).interfaceId));
        assertTrue(token.supportsInterface(type(IDATSaleRoyalties).interfaceId));
    }
}
