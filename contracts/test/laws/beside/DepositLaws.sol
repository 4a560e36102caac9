// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DepositTerms, IChannelDeposits, TransferAuthorization} from "../../../src/interfaces/IChannelDeposits.sol";
import {Channel, ChannelMode} from "../../../src/interfaces/IValueChannels.sol";
import {AuthorizedAsset} from "../../helpers/AuthorizedAsset.sol";
import {Beside} from "./Beside.sol";

/// @notice Six deposit addresses over two lots, paid, swept, refunded and captured from (R28).
contract DepositLaws is Beside {
    struct Opened {
        Channel channel;
        bytes32 channelId;
        address holder;
        uint64 captured;
    }

    IChannelDeposits internal deposits;
    AuthorizedAsset internal aut;
    uint256 internal classId;
    uint32[2] internal lots;
    DepositTerms[] internal terms;
    address[] internal addresses;
    /// @dev By deposit and asset.
    mapping(uint256 which => uint256[2]) internal paidIn;
    mapping(uint256 which => uint256[2]) internal spentOf;
    mapping(uint256 which => uint256[2]) internal refunded;
    uint256[2] internal bought;
    uint256[2] internal costs;
    Opened[] internal opened;
    address internal payer;
    uint256 internal payerSecret;
    uint256 internal nonces;
    uint256 internal late;
    /// @dev Of the class, which nobody else mints from.
    uint256 internal serials;

    function setUp() public override {
        super.setUp();
        deposits = IChannelDeposits(deployCode("ChannelDeposits", abi.encode(address(token), address(channels))));
        (payer, payerSecret) = makeAddrAndKey("payer");
        aut = new AuthorizedAsset();
        assets[1] = address(aut);
        classId = createClass();
        lots[0] = createLot(classId, lotTerms(ETH, 100, 3));
        lots[1] = createLot(classId, lotTerms(address(aut), 1_000_003, 7));
        openListing(classId, lots[0], type(uint64).max, 0);
        openListing(classId, lots[1], type(uint64).max, 0);
        for (uint256 i = 0; i < 6; ++i) {
            terms.push(
                DepositTerms({
                    market: address(market),
                    classId: classId,
                    lot: lots[i % 2],
                    asset: assets[i % 2],
                    holder: aPerson(i),
                    refundTo: makeAddr(string.concat("refund ", vm.toString(i))),
                    operator: operator,
                    channelKey: channelKey,
                    rate: 0,
                    burst: 0,
                    deadline: uint64(START + (i < 3 ? 20 days : 3650 days)),
                    grace: 1 days,
                    mode: ChannelMode.Strict,
                    salt: bytes32(i)
                })
            );
            addresses.push(deposits.depositOf(terms[i]));
        }
    }

    function actions() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](9);
        list[0] = this.warp.selector;
        list[1] = this.pay.selector;
        list[2] = this.pay.selector;
        list[3] = this.sweep.selector;
        list[4] = this.sweep.selector;
        list[5] = this.payAndSweep.selector;
        list[6] = this.refund.selector;
        list[7] = this.captureSome.selector;
        list[8] = this.grab.selector;
    }

    /// @notice Anyone pays in anything, what the terms name or another asset.
    function pay(uint256 which, uint256 asset, uint256 amount) external {
        (which, asset) = (which % 6, asset % 5 == 0 ? 1 - which % 2 : which % 2);
        amount = 1 + amount % (asset == 0 ? 1000 : 10_000_000);
        fund(asset, addresses[which], amount);
        paidIn[which][asset] += amount;
    }

    function sweep(uint256 which) external {
        which %= 6;
        uint256 asset = which % 2;
        uint256 before = heldBy(asset, addresses[which]);
        bytes memory call = abi.encodeCall(IChannelDeposits.sweep, (terms[which]));
        if (unitsFor(asset, before) == 0 || block.timestamp > terms[which].deadline) {
            return trespass(stranger, address(deposits), call);
        }
        vm.prank(stranger);
        (bytes32 channelId, uint64 units, uint256 spent) = deposits.sweep(terms[which]);
        noteSwept(which, channelId, units, spent, before);
    }

    function payAndSweep(uint256 which, uint256 amount, uint256 used) external {
        which = which % 3 * 2 + 1;
        amount = 1 + amount % 10_000_000;
        aut.mint(payer, amount);
        TransferAuthorization memory given =
            TransferAuthorization(payer, amount, 0, block.timestamp + 1, bytes32(nonces++), "");
        bytes32 digest = aut.digestOf(payer, addresses[which], amount, 0, block.timestamp + 1, given.nonce);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerSecret, digest);
        given.signature = abi.encodePacked(r, s, v);
        if (used % 2 == 0) {
            // Somebody saw it and was first: the money is there all the same.
            aut.transferWithAuthorization(payer, addresses[which], amount, 0, block.timestamp + 1, given.nonce, v, r, s);
        }
        uint256 before = heldBy(1, addresses[which]) + (used % 2 == 0 ? 0 : amount);
        bytes memory call = abi.encodeCall(IChannelDeposits.payAndSweep, (terms[which], given));
        if (unitsFor(1, before) == 0 || block.timestamp > terms[which].deadline) {
            trespass(stranger, address(deposits), call);
            // Where the sweep fails nothing is paid.
            if (used % 2 == 0) paidIn[which][1] += amount;
            else dropped(amount);
            return;
        }
        vm.prank(stranger);
        (bytes32 channelId, uint64 units, uint256 spent) = deposits.payAndSweep(terms[which], given);
        paidIn[which][1] += amount;
        noteSwept(which, channelId, units, spent, before);
    }

    function refund(uint256 which, uint256 asset, uint256 way) external {
        (which, asset) = (which % 6, asset % 2);
        bool overdue = block.timestamp > terms[which].deadline;
        address caller = way % 3 == 0 ? stranger : terms[which].refundTo;
        uint256 amount = heldBy(asset, addresses[which]);
        bytes memory call = abi.encodeCall(IChannelDeposits.refund, (terms[which], assets[asset]));
        if (amount == 0 || (caller == stranger && !overdue)) return trespass(caller, address(deposits), call);
        if (way % 4 != 0 && !overdue) return;
        vm.prank(caller);
        assertEq(deposits.refund(terms[which], assets[asset]), amount, "D1: all that is held");
        refunded[which][asset] += amount;
        if (caller == stranger) ++late;
    }

    function captureSome(uint256 which, uint256 units) external {
        if (opened.length == 0) return;
        Opened storage o = opened[which % opened.length];
        if (block.timestamp > o.channel.deadline) return;
        o.captured += uint64(units % (o.channel.cap - o.captured + 1));
        captureTo(o.channel, o.captured);
    }

    /// @notice A stranger turns a deposit to its own end.
    function grab(uint256 which, uint256 asset) external {
        which %= 6;
        DepositTerms memory other = terms[which];
        other.refundTo = stranger;
        trespass(stranger, address(deposits), abi.encodeCall(IChannelDeposits.refund, (other, assets[asset % 2])));
        other = terms[which];
        other.holder = stranger;
        trespass(stranger, address(deposits), abi.encodeCall(IChannelDeposits.sweep, (other)));
        trespass(
            stranger,
            address(deposits),
            abi.encodeCall(IChannelDeposits.withdrawBond, (terms[which], address(this), ETH))
        );
        if (addresses[which].code.length == 0) return;
        trespass(
            stranger, addresses[which], abi.encodeWithSignature("pay(address,address)", assets[asset % 2], stranger)
        );
    }

    // Laws

    function checkD1PaidInIsSpentRefundedOrHeld() public view {
        for (uint256 i = 0; i < 6; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                uint256 left = paidIn[i][asset] - spentOf[i][asset] - refunded[i][asset];
                assertEq(heldBy(asset, addresses[i]), left, "D1: paid in = spent + refunded + held");
            }
        }
    }

    function checkD2ADepositGoesNowhereElse() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            for (uint256 i = 0; i < 6; ++i) {
                assertEq(heldBy(asset, terms[i].refundTo), refunded[i][asset], "D2: refunds, to the wei");
            }
            assertEq(heldBy(asset, address(deposits)), 0, "D2: nothing stays between");
            assertEq(heldBy(asset, address(market)), 0, "D2: nor at the market");
            assertEq(heldBy(asset, stranger), 0, "D2: a stranger gains nothing");
        }
        for (uint256 i = 0; i < 6; ++i) {
            assertEq(aut.allowance(addresses[i], address(market)), 0, "D2: no allowance is left");
        }
    }

    function checkD3WhatIsSpentBacksValue() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            uint256 spent;
            for (uint256 i = 0; i < 6; ++i) {
                spent += spentOf[i][asset];
            }
            assertEq(spent, costs[asset], "D3: units at their price");
            uint256 captured;
            for (uint256 i = 0; i < opened.length; ++i) {
                if (opened[i].channel.tokenId >> 32 & 0xffffffff == lots[asset]) captured += opened[i].captured;
            }
            assertEq(token.lotInfo(classId, lots[asset]).outstanding, bought[asset] - captured, "D3: outstanding");
            assertEq(heldBy(asset, address(token)), spent, "D3: the token contract holds it");
        }
    }

    function checkD4AllThatIsBoughtIsInItsChannel() public view {
        for (uint256 i = 0; i < opened.length; ++i) {
            Opened storage o = opened[i];
            (bool open, uint64 captured, uint64 remaining,) = channels.channelState(o.channel);
            assertTrue(open, "D4: open");
            assertEq(captured, o.captured, "D4: captured");
            assertEq(uint256(captured) + remaining, o.channel.cap, "D4: all of it is locked");
            assertEq(core.ownerOf(o.channel.tokenId), o.holder, "D4: the holder's");
            assertEq(core.valueOf(o.channel.tokenId), 0, "D4: nothing beside the channel");
        }
        for (uint256 i = 0; i < 6; ++i) {
            assertEq(token.balanceOf(addresses[i]), 0, "D4: a deposit keeps no token");
        }
    }

    function checkAll() external view override {
        checkD1PaidInIsSpentRefundedOrHeld();
        checkD2ADepositGoesNowhereElse();
        checkD3WhatIsSpentBacksValue();
        checkD4AllThatIsBoughtIsInItsChannel();
    }

    function checkEverythingHappened() external view override {
        for (uint256 asset = 0; asset < 2; ++asset) {
            assertGt(costs[asset], 0, "spent");
            uint256 sum;
            for (uint256 i = 0; i < 6; ++i) {
                sum += refunded[i][asset];
            }
            assertGt(sum, 0, "refunded");
        }
        assertGt(late, 0, "refunds by anyone after the deadline");
        assertGt(trespasses, 0, "trespasses");
    }

    // Helpers

    function heldBy(uint256 asset, address account) private view returns (uint256) {
        return asset == 0 ? account.balance : aut.balanceOf(account);
    }

    function fund(uint256 asset, address account, uint256 amount) private {
        if (asset == 0) vm.deal(account, account.balance + amount);
        else aut.mint(account, amount);
    }

    function dropped(uint256 amount) private {
        vm.prank(payer);
        aut.transfer(issuer, amount);
    }

    /// @dev The most whose price, rounded up, is held.
    function unitsFor(uint256 asset, uint256 amount) private pure returns (uint256) {
        return asset == 0 ? amount * 3 / 100 : amount * 7 / 1_000_003;
    }

    function priceUp(uint256 asset, uint256 units) private pure returns (uint256) {
        return asset == 0 ? (units * 100 + 2) / 3 : (units * 1_000_003 + 6) / 7;
    }

    function noteSwept(uint256 which, bytes32 channelId, uint64 units, uint256 spent, uint256 before) private {
        DepositTerms storage t = terms[which];
        uint256 asset = which % 2;
        assertEq(units, unitsFor(asset, before), "D3: as many as it pays for");
        assertEq(spent, priceUp(asset, units), "D3: at the lot's price");
        (spentOf[which][asset], costs[asset], bought[asset]) =
        (spentOf[which][asset] + spent, costs[asset] + priceUp(asset, units), bought[asset] + units);
        uint256 tokenId = (classId << 64) | (uint256(t.lot) << 32) | ++serials;
        opened.push();
        Opened storage o = opened[opened.length - 1];
        (o.channelId, o.holder) = (channelId, t.holder);
        o.channel = Channel(
            addresses[which], tokenId, t.operator, t.channelKey, units, 0, 0, t.deadline, t.grace, t.mode, t.salt
        );
        assertEq(channels.channelIdOf(o.channel), channelId, "D4: a channel of these terms");
    }
}
