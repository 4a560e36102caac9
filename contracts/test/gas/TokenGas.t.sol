// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Gas of each operation of the token, each in its own transaction, under snapshot.
/// forge-config: default.isolate = true
contract TokenGasTest is KedgeTest {
    bytes32 private constant METRIC = keccak256("inference_calls");

    uint256 private classId;
    uint256 private child;
    uint256 private tokenId;
    uint256 private share;
    uint32 private lot;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        child = createClass(parent(classId, 1000), address(0));
        mintShare(classId, stranger, 1000);
        mintShare(child, stranger, 1000);
        share = mintShare(classId, holder, 1000);
        tokenId = mintValue(classId, holder, 1_000_000, 0);
        lot = createLot(child, lotTerms(ETH, 1e9, 1));
        openListing(child, lot, 1_000_000, 0);
        buy(holder, child, lot, 1000);
        settleETH(classId, 1 ether);
        settleUSD(classId, 1e6);
        vm.deal(holder, 10 ether);
        vm.deal(address(this), 10 ether);
        usd.mint(address(this), 1e12);
        usd.approve(address(token), type(uint256).max);
    }

    function snapshot(string memory name) private {
        vm.snapshotGasLastCall("token", name);
    }

    function test_CreateClass() public {
        core.createClass("ipfs://metadata", keccak256("metadata"), 0, "ipfs://policy");
        snapshot("createClass");
    }

    function test_Mint() public {
        vm.startPrank(issuer);
        core.mint(classId, operator, 1000, 0, 0);
        snapshot("mint, value only, first token of its holder");
        core.mint(classId, operator, 1000, 0, 0);
        snapshot("mint, value only");
        core.mint(classId, operator, 0, 1000, 0);
        snapshot("mint, share");
        core.mint(classId, operator, 0, 1000, uint64(START + 1 days));
        snapshot("mint, share that expires on a new day");
        core.mint(classId, operator, 0, 1000, uint64(START + 1 days));
        snapshot("mint, share that expires on a known day");
    }

    function test_TransferToken() public {
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        snapshot("transferToken");
    }

    function test_TransferValue() public {
        uint256 other = mintValue(classId, stranger, 1, 0);
        vm.prank(holder);
        core.transferValue(tokenId, other, 10);
        snapshot("transferValue");
    }

    function test_RecordUsage() public {
        vm.startPrank(holder);
        core.recordUsage(tokenId, METRIC, 10);
        snapshot("recordUsage by the holder");
        core.approveForClass(classId, operator, true);
        snapshot("approveForClass");
        vm.stopPrank();
        vm.prank(operator);
        core.recordUsage(tokenId, METRIC, 10);
        snapshot("recordUsage by an operator");
    }

    function test_Settle() public {
        core.settleRevenueETH{value: 1 ether}(classId);
        snapshot("settleRevenueETH");
        core.settleRevenueERC20(classId, address(usd), 1e6);
        snapshot("settleRevenueERC20");
        mintShare(classId, holder, 1);
        core.settleRevenueETH{value: 1 ether}(classId);
        snapshot("settleRevenueETH, first of an epoch");
    }

    /// @notice R21: a settlement that finds every pending expiry due.
    function test_SettleAfter64Expiries() public {
        for (uint256 i = 0; i < 64; ++i) {
            mint(classId, holder, 0, 1000, uint64(START + (i + 1) * 1 days));
        }
        vm.warp(START + 65 days);
        core.settleRevenueETH{value: 1 ether}(classId);
        snapshot("settleRevenueETH, 64 expiries due");
        assertEq(token.totalShareOf(classId), 2000);
    }

    function test_SettleWithRoyalty() public {
        core.settleRevenueETH{value: 1 ether}(child);
        token.collectRoyalty(child, 0, ETH);
        snapshot("collectRoyalty, first of an epoch");
        core.settleRevenueETH{value: 1 ether}(child);
        token.collectRoyalty(child, 0, ETH);
        snapshot("collectRoyalty");
    }

    function test_Claim() public {
        vm.startPrank(holder);
        core.claim(share, ETH, payable(holder));
        snapshot("claim ETH, first");
        core.claim(share, address(usd), payable(holder));
        snapshot("claim ERC-20, first");
        vm.stopPrank();
        core.settleRevenueETH{value: 1 ether}(classId);
        core.settleRevenueERC20(classId, address(usd), 1e6);
        vm.startPrank(holder);
        core.claim(share, ETH, payable(holder));
        snapshot("claim ETH");
        core.claim(share, address(usd), payable(holder));
        snapshot("claim ERC-20");
    }

    function test_Sale() public {
        vm.startPrank(holder);
        (uint256 bought,) = market.buy{value: 1e12}(child, lot, 1000, holder, 1e12);
        snapshot("buy through the market, ETH");
        token.refund(bought, 500, payable(holder));
        snapshot("refund");
    }

    function test_Locks() public {
        Channel memory channel = channelTerms(tokenId, 1000);
        bytes memory data = abi.encode(channel);
        vm.prank(holder);
        token.lock(tokenId, 1000, address(channels), data);
        snapshot("lock, opening a channel");
        vm.prank(operator);
        channels.close(channel);
        snapshot("close a channel");
    }

    function test_Withdraw() public {
        Channel memory channel = channelTerms(buyWithCut(), 1000);
        openChannel(channel);
        captureTo(channel, 1000);
        vm.prank(operator);
        token.withdraw(ETH, payable(operator));
        snapshot("withdraw ETH");
    }

    function buyWithCut() private returns (uint256) {
        uint32 paying = createLot(child, lotTermsWithCut());
        openListing(child, paying, 1000, 0);
        return buy(holder, child, paying, 1000);
    }

    function lotTermsWithCut() private view returns (LotTerms memory terms) {
        terms = lotTerms(ETH, 1e9, 1);
        terms.operatorBps = 2000;
    }
}
