// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {
    IPermitBuyer,
    PermitTransferFrom,
    Purchase,
    TokenPermissions,
    TokenPermit
} from "../../src/interfaces/IPermitBuyer.sol";
import {FeeAsset, ReentrantAsset} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {CREATE2_DEPLOYER, PERMIT2, PERMIT2_CODE, PERMIT2_SALT} from "./Permit2Code.sol";

/// @notice What is used of Permit2 beside what the contract calls: its errors and what its signatures are for.
interface IPermit2 {
    error SignatureExpired(uint256 signatureDeadline);
    error InvalidAmount(uint256 maxAmount);
    error InvalidNonce();
    error InvalidSigner();
    error InvalidContractSignature();

    function DOMAIN_SEPARATOR() external view returns (bytes32);
}

contract PermitBuyerTest is KedgeTest {
    string private constant PERMIT_TYPE_STUB =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,";
    string private constant WITNESS_TYPE =
        "Purchase witness)Purchase(address market,uint256 classId,uint32 lot,uint64 units,address to,uint256 maxCost)TokenPermissions(address token,uint256 amount)";

    IPermitBuyer private buyer;
    PermitAsset private asset;
    uint256 private classId;
    uint32 private lot;
    address private payer;
    uint256 private payerSecret;

    function setUp() public override {
        super.setUp();
        (bool deployed,) = CREATE2_DEPLOYER.call(abi.encodePacked(PERMIT2_SALT, PERMIT2_CODE));
        assertTrue(deployed);
        assertGt(PERMIT2.code.length, 0);
        buyer = IPermitBuyer(deployCode("PermitBuyer", abi.encode(address(token), PERMIT2)));
        asset = new PermitAsset();
        (payer, payerSecret) = makeAddrAndKey("payer");
        classId = createClass();
        lot = listLot(address(asset));
        asset.mint(payer, 10_000);
        vm.prank(payer);
        asset.approve(PERMIT2, type(uint256).max);
    }

    function listLot(address of_) private returns (uint32 made) {
        made = createLot(classId, lotTerms(of_, 100, 1));
        openListing(classId, made, 1000, 0);
    }

    function purchase(uint64 units) private view returns (Purchase memory) {
        return Purchase(address(market), classId, lot, units, holder, uint256(units) * 100);
    }

    function permit(uint256 value) private view returns (TokenPermit memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                payer,
                address(buyer),
                value,
                asset.nonces(payer),
                START + 1 hours
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(payerSecret, keccak256(abi.encodePacked(hex"1901", asset.DOMAIN_SEPARATOR(), structHash)));
        return TokenPermit(value, START + 1 hours, v, r, s);
    }

    function transferPermit(uint256 amount) private view returns (PermitTransferFrom memory) {
        return PermitTransferFrom(TokenPermissions(address(asset), amount), 7, START + 1 hours);
    }

    /// @dev As a wallet hashes it, which knows the type from the text alone.
    function witnessOf(Purchase memory signed) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "Purchase(address market,uint256 classId,uint32 lot,uint64 units,address to,uint256 maxCost)"
                ),
                signed
            )
        );
    }

    function sign(PermitTransferFrom memory transfer, Purchase memory signed) private view returns (bytes memory) {
        bytes32 permissions =
            keccak256(abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), transfer.permitted));
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(abi.encodePacked(PERMIT_TYPE_STUB, WITNESS_TYPE)),
                permissions,
                address(buyer),
                transfer.nonce,
                transfer.deadline,
                witnessOf(signed)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            payerSecret, keccak256(abi.encodePacked(hex"1901", IPermit2(PERMIT2).DOMAIN_SEPARATOR(), structHash))
        );
        return abi.encodePacked(r, s, v);
    }

    function test_P29_BuysWithAPermit() public {
        TokenPermit memory signed = permit(1000);
        uint256 expectedId = (classId << 64) | (uint256(lot) << 32) | 1;
        vm.prank(payer);
        vm.expectEmit(address(buyer));
        emit IPermitBuyer.BoughtByPermit(expectedId, payer, address(market), address(asset), 1000);
        (uint256 tokenId, uint256 cost) = buyer.buyWithPermit(purchase(10), signed);
        assertEq(tokenId, expectedId);
        assertEq(cost, 1000);
        assertEq(core.ownerOf(tokenId), holder);
        assertEq(core.valueOf(tokenId), 10);
        assertEq(asset.balanceOf(address(token)), 1000);
        assertEq(asset.balanceOf(address(buyer)), 0);
        assertEq(asset.allowance(address(buyer), address(market)), 0);
        assertEq(buyer.token(), address(token));
        assertEq(buyer.permit2(), PERMIT2);
    }

    function test_P29_TellsTheWitnessThatAWalletHashes() public view {
        assertEq(buyer.witnessOf(purchase(10)), witnessOf(purchase(10)));
    }

    function test_P29_APermitThatSomebodySentBeforeIsNoObstacle() public {
        TokenPermit memory signed = permit(1000);
        vm.prank(stranger);
        asset.permit(payer, address(buyer), signed.value, signed.deadline, signed.v, signed.r, signed.s);
        vm.prank(payer);
        buyer.buyWithPermit(purchase(10), signed);
        assertEq(asset.balanceOf(address(token)), 1000);
    }

    function test_P29_NobodyBuysWithAnothersPermit() public {
        TokenPermit memory signed = permit(1000);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(buyer), 0, 1000)
        );
        buyer.buyWithPermit(purchase(10), signed);
    }

    function test_R1_NotAboveWhatTheBuyerAllows() public {
        Purchase memory dear = purchase(10);
        dear.maxCost = 999;
        TokenPermit memory signed = permit(1000);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IPermitBuyer.PermitBuyerTooExpensive.selector, 1000, 999));
        buyer.buyWithPermit(dear, signed);
        dear.lot = createLot(classId, lotTerms(ETH, 100, 1));
        vm.expectRevert(abi.encodeWithSelector(IPermitBuyer.PermitBuyerNotErc20.selector, classId, dear.lot));
        buyer.buyWithPermit(dear, signed);
    }

    function test_P29_AnyoneSendsAPermit2PurchaseAsItWasSigned() public {
        Purchase memory signed = purchase(10);
        PermitTransferFrom memory transfer = transferPermit(2000);
        bytes memory signature = sign(transfer, signed);
        vm.prank(stranger);
        (uint256 tokenId, uint256 cost) = buyer.buyWithPermit2(signed, payer, transfer, signature);
        assertEq(core.ownerOf(tokenId), holder);
        assertEq(cost, 1000);
        assertEq(asset.balanceOf(payer), 9000);
        vm.expectRevert(IPermit2.InvalidNonce.selector);
        buyer.buyWithPermit2(signed, payer, transfer, signature);
    }

    function test_P29_AContractPaysByPermit2WithItsOwnSignature() public {
        ContractWallet wallet = new ContractWallet();
        asset.mint(address(wallet), 10_000);
        vm.prank(address(wallet));
        asset.approve(PERMIT2, type(uint256).max);
        vm.expectRevert(IPermit2.InvalidContractSignature.selector);
        buyer.buyWithPermit2(purchase(10), address(wallet), transferPermit(1000), "close sesame");
        buyer.buyWithPermit2(purchase(10), address(wallet), transferPermit(1000), "open sesame");
        assertEq(asset.balanceOf(address(wallet)), 9000);
    }

    function test_P29_NoPartOfAPermit2PurchaseCanBeChanged() public {
        PermitTransferFrom memory transfer = transferPermit(2000);
        bytes memory signature = sign(transfer, purchase(10));
        uint32 other = listLot(address(asset));
        for (uint256 i = 0; i < 4; ++i) {
            Purchase memory changed = purchase(10);
            if (i == 0) changed.to = stranger;
            if (i == 1) changed.units = 9;
            if (i == 2) changed.lot = other;
            if (i == 3) changed.market = stranger;
            vm.expectRevert(IPermit2.InvalidSigner.selector);
            buyer.buyWithPermit2(changed, payer, transfer, signature);
        }
        Purchase memory more = purchase(10);
        more.maxCost = 5000;
        vm.expectRevert(IPermit2.InvalidSigner.selector);
        buyer.buyWithPermit2(more, payer, transfer, signature);
        vm.expectRevert(IPermit2.InvalidSigner.selector);
        buyer.buyWithPermit2(purchase(10), stranger, transfer, signature);
        transfer.permitted.token = address(usd);
        vm.expectRevert(
            abi.encodeWithSelector(IPermitBuyer.PermitBuyerWrongAsset.selector, address(asset), address(usd))
        );
        buyer.buyWithPermit2(purchase(10), payer, transfer, signature);
    }

    function test_P29_Permit2TakesNoMoreThanWasPermittedNorLater() public {
        PermitTransferFrom memory transfer = transferPermit(999);
        bytes memory signature = sign(transfer, purchase(10));
        vm.expectRevert(abi.encodeWithSelector(IPermit2.InvalidAmount.selector, 999));
        buyer.buyWithPermit2(purchase(10), payer, transfer, signature);
        vm.warp(START + 1 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(IPermit2.SignatureExpired.selector, START + 1 hours));
        buyer.buyWithPermit2(purchase(10), payer, transfer, signature);
    }

    function test_R25_WhatWasBoughtByPermitKeepsItsPriceAndRates() public {
        TokenPermit memory signed = permit(1000);
        vm.prank(payer);
        (uint256 tokenId,) = buyer.buyWithPermit(purchase(10), signed);
        vm.prank(issuer);
        token.publishPolicy(classId, "ipfs://tenfold", keccak256("tenfold"));
        (uint32 version, bytes32 policyHash) = token.policyOfToken(tokenId);
        assertEq(version, 1);
        assertEq(policyHash, keccak256("policy"));
        vm.prank(holder);
        assertEq(token.refund(tokenId, 10, payable(holder)), 1000);
    }

    function test_P29_WhatAMarketDoesNotTakeGoesBack() public {
        ModestMarket modest = new ModestMarket(asset);
        Purchase memory from = purchase(10);
        from.market = address(modest);
        TokenPermit memory signed = permit(1000);
        vm.prank(payer);
        buyer.buyWithPermit(from, signed);
        assertEq(asset.balanceOf(payer), 9400);
        assertEq(asset.balanceOf(address(buyer)), 0);
        assertEq(asset.allowance(address(buyer), address(modest)), 0);
    }

    function test_P29_OneUnitThatAMarketDoesNotTakeGoesBack() public {
        ModestMarket modest = new ModestMarket(asset);
        Purchase memory from = purchase(10);
        // Sixty percent of it are 999.
        (from.market, from.maxCost) = (address(modest), 1665);
        TokenPermit memory signed = permit(1000);
        vm.prank(payer);
        buyer.buyWithPermit(from, signed);
        assertEq(asset.balanceOf(payer), 9001);
        assertEq(asset.balanceOf(address(buyer)), 0);
        assertEq(asset.allowance(address(buyer), address(modest)), 0);
    }

    function test_P29_WhatSomebodyGaveTheBuyerHindersNobody() public {
        asset.mint(address(buyer), 5);
        TokenPermit memory signed = permit(1000);
        vm.prank(payer);
        buyer.buyWithPermit(purchase(10), signed);
        assertEq(asset.balanceOf(address(token)), 1000);
        assertEq(asset.balanceOf(payer), 9000);
        assertEq(asset.balanceOf(address(buyer)), 5);
    }

    function test_P7_NothingLeftIsNotSentBack() public {
        NoZeroAsset strict = new NoZeroAsset();
        Purchase memory from = purchase(10);
        from.lot = listLot(address(strict));
        strict.mint(payer, 1000);
        TokenPermit memory signed = permit(1000);
        vm.startPrank(payer);
        strict.approve(address(buyer), 1000);
        buyer.buyWithPermit(from, signed);
        assertEq(strict.balanceOf(address(token)), 1000);
    }

    function test_P7_FeeOnTransferCannotBuy() public {
        FeeAsset fee = new FeeAsset();
        Purchase memory from = purchase(10);
        from.lot = listLot(address(fee));
        fee.mint(payer, 1000);
        TokenPermit memory signed = permit(1000);
        vm.startPrank(payer);
        fee.approve(address(buyer), 1000);
        vm.expectRevert(abi.encodeWithSelector(IPermitBuyer.PermitBuyerWrongPayment.selector, 1000, 990));
        buyer.buyWithPermit(from, signed);
    }

    function test_P7_AReentrantAssetBuysOnce() public {
        ReentrantAsset reentrant = new ReentrantAsset();
        Purchase memory from = purchase(10);
        from.lot = listLot(address(reentrant));
        reentrant.mint(payer, 2000);
        TokenPermit memory signed = permit(1000);
        vm.prank(payer);
        reentrant.approve(address(buyer), 2000);
        reentrant.arm(address(buyer), abi.encodeCall(IPermitBuyer.buyWithPermit, (from, signed)));
        vm.prank(payer);
        buyer.buyWithPermit(from, signed);
        assertTrue(reentrant.called());
        assertEq(reentrant.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(reentrant.balanceOf(payer), 1000);
    }

    function test_P7_AReentrantAssetBuysOnceByPermit2() public {
        ReentrantAsset reentrant = new ReentrantAsset();
        Purchase memory from = purchase(10);
        from.lot = listLot(address(reentrant));
        reentrant.mint(payer, 2000);
        vm.prank(payer);
        reentrant.approve(PERMIT2, 2000);
        PermitTransferFrom memory first =
            PermitTransferFrom(TokenPermissions(address(reentrant), 1000), 7, START + 1 hours);
        PermitTransferFrom memory second =
            PermitTransferFrom(TokenPermissions(address(reentrant), 1000), 8, START + 1 hours);
        reentrant.arm(
            address(buyer), abi.encodeCall(IPermitBuyer.buyWithPermit2, (from, payer, second, sign(second, from)))
        );
        buyer.buyWithPermit2(from, payer, first, sign(first, from));
        assertTrue(reentrant.called());
        assertEq(reentrant.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(reentrant.balanceOf(payer), 1000);
        // It was refused for when it came, not for what it was.
        buyer.buyWithPermit2(from, payer, second, sign(second, from));
        assertEq(reentrant.balanceOf(payer), 0);
    }
}

/// @notice An asset with ERC-2612.
contract PermitAsset is ERC20, ERC20Permit {
    constructor() ERC20("Permit", "PRM") ERC20Permit("Permit") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice A wallet with ERC-1271, whose signature is a word.
contract ContractWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata signature) external pure returns (bytes4) {
        return keccak256(signature) == keccak256("open sesame") ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Takes sixty percent of what it may.
contract ModestMarket {
    ERC20 private immutable ASSET;

    constructor(ERC20 asset) {
        ASSET = asset;
    }

    function buy(uint256, uint32, uint64, address, uint256 maxCost) external returns (uint256, uint256) {
        ASSET.transferFrom(msg.sender, address(this), maxCost * 6 / 10);
        return (1, maxCost * 6 / 10);
    }
}

/// @notice Refuses to move nothing.
contract NoZeroAsset is ERC20 {
    error NothingToMove();

    constructor() ERC20("No zero", "NZR") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (amount == 0) revert NothingToMove();
        super._update(from, to, amount);
    }
}
