// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATLifecycle} from "../../src/interfaces/IDATLifecycle.sol";
import {IDATLots, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {
    BlacklistAsset,
    FalseReturnAsset,
    FeeAsset,
    NoReturnAsset,
    PausableAsset,
    ReentrantAsset,
    ShrinkingAsset
} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthReenterer, EthRejecter, GasBurner, TokenReceiver} from "../helpers/Receivers.sol";

/// @notice Attacks by assets and by who is paid, by the names that docs/security/threat-model.md lists them under.
contract AssetAttacksTest is KedgeTest {
    uint256 private classId;
    uint256 private share;
    uint256 private other;

    bytes private guarded = abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);

    function setUp() public override {
        super.setUp();
        classId = createClass();
        share = mintShare(classId, holder, 1);
        other = mintShare(classId, stranger, 1);
    }

    function test_Attack_FeeOnTransferAsset() public {
        FeeAsset asset = new FeeAsset();
        asset.mint(address(this), 1000);
        asset.approve(address(token), 1000);
        core.settleRevenueERC20(classId, address(asset), 1000);
        assertEq(token.revenueInfo(classId, address(asset)).received, asset.balanceOf(address(token)));
        core.claim(share, address(asset), payable(holder));
        core.claim(other, address(asset), payable(stranger));
        assertEq(asset.balanceOf(address(token)), 0);
    }

    /// @notice Who comes last finds too little, as the docs say; other assets and classes lose nothing.
    function test_Attack_RebasingAsset() public {
        ShrinkingAsset asset = new ShrinkingAsset();
        asset.mint(address(this), 1000);
        asset.approve(address(token), 1000);
        core.settleRevenueERC20(classId, address(asset), 1000);
        settleUSD(classId, 1000);
        asset.shrink(address(token), 400);
        (uint256 owed, uint256 held) = token.solvency(address(asset), 1, classId);
        assertEq(owed - held, 400, "the view says what is missing");
        assertEq(core.claim(share, address(asset), payable(holder)), 500);
        vm.expectRevert();
        core.claim(other, address(asset), payable(stranger));
        assertEq(core.claim(other, address(usd), payable(stranger)), 500);
    }

    function test_Attack_MissingReturnValue() public {
        NoReturnAsset asset = new NoReturnAsset();
        asset.mint(address(this), 10);
        asset.approve(address(token), 10);
        core.settleRevenueERC20(classId, address(asset), 10);
        assertEq(core.claim(share, address(asset), payable(holder)), 5);
        assertEq(asset.balanceOf(holder), 5);
    }

    function test_Attack_FalseReturnValue() public {
        FalseReturnAsset asset = new FalseReturnAsset();
        asset.mint(address(this), 10);
        asset.approve(address(token), 10);
        vm.expectRevert();
        core.settleRevenueERC20(classId, address(asset), 10);
        assertEq(token.revenueInfo(classId, address(asset)).received, 0);
    }

    function test_Attack_PausableAsset() public {
        PausableAsset asset = new PausableAsset();
        asset.mint(address(this), 10);
        asset.approve(address(token), 10);
        core.settleRevenueERC20(classId, address(asset), 10);
        settleETH(classId, 10);
        asset.setPaused(true);
        vm.expectRevert(PausableAsset.Paused.selector);
        core.claim(share, address(asset), payable(holder));
        // Everything else goes on, and nothing is lost when it does.
        assertEq(core.claim(share, ETH, payable(holder)), 5);
        asset.setPaused(false);
        assertEq(core.claim(share, address(asset), payable(holder)), 5);
    }

    function test_Attack_BlacklistedClaimantBlocksOthers() public {
        BlacklistAsset asset = new BlacklistAsset();
        asset.mint(address(this), 10);
        asset.approve(address(token), 10);
        core.settleRevenueERC20(classId, address(asset), 10);
        asset.setBlacklisted(holder, true);
        vm.expectRevert();
        core.claim(share, address(asset), payable(holder));
        assertEq(core.claim(other, address(asset), payable(stranger)), 5);
    }

    function test_Attack_EthGriefingReceiver() public {
        uint256 rejecting = mintShare(classId, address(new EthRejecter()), 1);
        uint256 burning = mintShare(classId, address(new GasBurner()), 1);
        settleETH(classId, 40);
        address payable rejecter = payable(core.ownerOf(rejecting));
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, rejecter, 10));
        core.claim(rejecting, ETH, rejecter);
        address payable burner = payable(core.ownerOf(burning));
        (bool done,) = address(token).call{gas: 1_000_000}(abi.encodeCall(IDATCore.claim, (burning, ETH, burner)));
        assertFalse(done);
        assertEq(core.claim(share, ETH, payable(holder)), 10);
    }

    /// @notice A hook of the asset, on the way in and on the way out, finds the books closed and the guard up.
    function test_Attack_ReentrancyThroughERC777Hooks() public {
        ReentrantAsset asset = new ReentrantAsset();
        asset.mint(address(this), 100);
        asset.approve(address(token), 100);
        asset.arm(address(token), abi.encodeCall(IDATCore.settleRevenueERC20, (classId, address(asset), 1)));
        core.settleRevenueERC20(classId, address(asset), 100);
        assertFalse(asset.succeeded());
        assertEq(asset.answer(), guarded);
        asset.arm(address(token), abi.encodeCall(IDATCore.claim, (share, address(asset), payable(holder))));
        assertEq(core.claim(share, address(asset), payable(holder)), 50);
        assertFalse(asset.succeeded());
        assertEq(asset.answer(), guarded);
        assertEq(asset.balanceOf(address(token)), 50);
    }

    function test_Attack_ReentrancyThroughEthSend() public {
        EthReenterer thief = new EthReenterer();
        uint256 owned = mintShare(classId, address(thief), 2);
        settleETH(classId, 100);
        bytes memory claim = abi.encodeCall(IDATCore.claim, (owned, ETH, payable(address(thief))));
        thief.arm(address(token), claim);
        thief.act(address(token), claim);
        assertEq(thief.answer(), guarded);
        assertEq(address(thief).balance, 50);
        assertEq(address(token).balance, 50);
    }

    /// @notice Who is paid is an issuer, too, and would add units while the books are open: the guard is one for all.
    function test_Attack_ReentrancyIntoAnotherFunction() public {
        EthReenterer thief = new EthReenterer();
        thief.act(address(token), abi.encodeCall(IDATCore.createClass, ("", 0, 0, "")));
        uint256 own = token.classCount();
        bytes memory minted = thief.act(address(token), abi.encodeCall(IDATCore.mint, (own, address(thief), 5, 1, 0)));
        uint256 owned = abi.decode(minted, (uint256));
        bytes[3] memory calls = [
            abi.encodeCall(IDATLifecycle.topUp, (owned, 1)),
            abi.encodeCall(IDATLifecycle.burnValue, (owned, 1)),
            abi.encodeCall(IDATCore.settleRevenueETH, (own))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            settleETH(own, 10);
            thief.arm(address(token), calls[i]);
            core.claim(owned, ETH, payable(address(thief)));
            assertTrue(thief.called());
            assertFalse(thief.succeeded());
            assertEq(thief.answer(), guarded);
        }
        assertEq(core.valueOf(owned), 5);
    }

    function test_Attack_ReadOnlyReentrancyInPendingRevenue() public {
        EthReenterer reader = new EthReenterer();
        uint256 owned = mintShare(classId, address(reader), 2);
        settleETH(classId, 100);
        reader.arm(address(token), abi.encodeCall(IDATCore.pendingRevenue, (owned, ETH)));
        core.claim(owned, ETH, payable(address(reader)));
        assertTrue(reader.succeeded());
        assertEq(abi.decode(reader.answer(), (uint256)), 0, "already paid, already gone from the view");
    }

    function test_Attack_ReentrancyThroughERC721ReceiveHook() public {
        settleETH(classId, 100);
        TokenReceiver receiver = new TokenReceiver();
        receiver.arm(address(token), abi.encodeCall(IDATCore.claim, (share, ETH, payable(address(receiver)))));
        vm.prank(holder);
        token.safeTransferFrom(holder, address(receiver), share);
        assertTrue(receiver.called());
        assertEq(receiver.answer(), guarded);
        assertEq(core.pendingRevenue(share, ETH), 50);
    }

    /// @notice A buyer's asset that calls the issuer back during the sale mints no unit that was not paid for.
    function test_Attack_ReentrancyThroughADeposit() public {
        ReentrantAsset asset = new ReentrantAsset();
        LotTerms memory terms = lotTerms(address(asset), 10, 1);
        terms.seller = address(this);
        uint32 lot = createLot(classId, terms);
        asset.mint(address(this), 100);
        asset.approve(address(token), 100);
        asset.arm(address(token), abi.encodeCall(IDATLots.mintFromLot, (classId, lot, stranger, 10, 0)));
        uint256 tokenId = token.mintFromLot(classId, lot, holder, 10, 0);
        assertTrue(asset.called());
        assertFalse(asset.succeeded());
        assertEq(token.lotInfo(classId, lot).outstanding, core.valueOf(tokenId));
        assertEq(token.lotInfo(classId, lot).escrow, 100);
    }

    /// @notice `transferFrom` means the same to it as to an ERC-20. It takes no token of somebody else, and pays none out.
    function test_Attack_TheTokenContractTakenForAnAsset() public {
        uint256 class_ = createClass();
        uint256 only = mintShare(class_, holder, 1);
        uint256 own = mintValue(class_, stranger, 10, 0);
        settleETH(class_, 100);
        vm.prank(holder);
        token.approve(address(token), only);

        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, stranger, only, holder));
        core.settleRevenueERC20(class_, address(token), only);
        // One's own counts as one unit of revenue, and is nobody's from then on.
        token.approve(address(token), own);
        core.settleRevenueERC20(class_, address(token), own);
        vm.stopPrank();

        assertEq(core.pendingRevenue(only, address(token)), 1);
        vm.startPrank(holder);
        vm.expectRevert();
        core.claim(only, address(token), payable(holder));
        assertEq(core.claim(only, ETH, payable(holder)), 100);
        vm.stopPrank();
        assertEq(core.ownerOf(own), address(token));
        assertEq(core.ownerOf(only), holder);
    }
}
