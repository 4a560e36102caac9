// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    Bond,
    FraudProof,
    IOperatorBond,

    // Test has a Receipt of its own.
    Receipt as CallReceipt,
    ReceiptMetric,
    SignedReceipt,
    SlashWindow
} from "../../../src/interfaces/IOperatorBond.sol";
import {Channel} from "../../../src/interfaces/IValueChannels.sol";
import {Beside} from "./Beside.sol";

/// @notice Two operators bonded in two assets, who capture, close channels and sign twice (R26).
contract BondLaws is Beside {
    struct Served {
        Channel channel;
        bytes32 channelId;
        uint256 asset;
        uint64 captured;
        bool closed;
    }

    struct Proven {
        uint256 served;
        uint32 window;
        address reporter;
        uint256 backing;
        bool paid;
        uint256 holderAmount;
        uint256 reporterAmount;
        /// Claimed again since, in a later window.
        bool followed;
    }

    struct BondModel {
        uint256 posted;
        uint256 slashed;
        uint256 released;
        uint256 coveredUntil;
        uint256 unbondingSince;
    }

    uint256 private constant WINDOW = 7 days;
    address private constant BURNED = 0x000000000000000000000000000000000000dEaD;

    IOperatorBond internal bond;
    address[] internal operators;
    uint256[] internal secrets;
    uint256 internal classId;
    uint32[] internal lots;

    Served[] internal served;
    mapping(uint256 asset => Proven[]) internal proven;
    mapping(uint256 operator => mapping(uint256 asset => BondModel)) internal bonds;
    mapping(uint256 operator => mapping(uint256 asset => uint256)) internal windows;
    /// @dev Of the newest window.
    mapping(uint256 operator => mapping(uint256 asset => uint256)) internal pots;
    /// @dev What its newest slash left of the bond.
    mapping(uint256 operator => mapping(uint256 asset => uint256)) internal spared;
    mapping(address account => uint256[2]) internal credited;
    mapping(address account => uint256[2]) internal withdrawn;
    uint256[2] internal burned;
    mapping(bytes32 window => uint256) internal burnedOf;
    uint256 internal closedFirst;
    uint256 internal grown;
    uint256 internal raised;
    uint256 internal slashedAnew;

    function setUp() public override {
        super.setUp();
        bond = IOperatorBond(deployCode("OperatorBond", abi.encode(address(token), address(channels))));
        for (uint256 i = 0; i < 2; ++i) {
            (address who, uint256 secret) = makeAddrAndKey(string.concat("operator ", vm.toString(i)));
            operators.push(who);
            secrets.push(secret);
        }
        classId = createClass();
        lots.push(createLot(classId, lotTerms(ETH, 7, 3)));
        lots.push(createLot(classId, lotTerms(address(usd), 1_000_003, 7)));
        openListing(classId, lots[0], type(uint64).max, 0);
        openListing(classId, lots[1], type(uint64).max, 0);
    }

    function actions() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](18);
        list[0] = this.warp.selector;
        list[1] = this.post.selector;
        list[2] = this.coverUntil.selector;
        list[3] = this.unbond.selector;
        list[4] = this.keepBonded.selector;
        list[5] = this.release.selector;
        list[6] = this.serve.selector;
        list[7] = this.captureMore.selector;
        list[8] = this.close.selector;
        list[9] = this.prove.selector;
        list[10] = this.pay.selector;
        list[11] = this.burn.selector;
        list[12] = this.withdraw.selector;
        list[13] = this.forge.selector;
        list[14] = this.serve.selector;
        list[15] = this.proveBetweenPosts.selector;
        list[16] = this.raise.selector;
        list[17] = this.captureProven.selector;
    }

    // Operators

    function post(uint256 op, uint256 asset, uint256 amount) public {
        (op, asset, amount) = (op % 2, asset % 2, 1 + amount % 20_000);
        address payer = people[0];
        give(assets[asset], payer, amount);
        vm.startPrank(payer);
        usd.approve(address(bond), amount);
        bond.post{value: asset == 0 ? amount : 0}(operators[op], assets[asset], amount);
        vm.stopPrank();
        bonds[op][asset].posted += amount;
    }

    function coverUntil(uint256 op, uint256 asset, uint256 time) external {
        (op, asset) = (op % 2, asset % 2);
        BondModel storage model = bonds[op][asset];
        uint256 until =
            (block.timestamp > model.coveredUntil ? block.timestamp : model.coveredUntil) + 1 + time % 2 days;
        if (model.unbondingSince != 0) return;
        vm.prank(operators[op]);
        bond.coverUntil(assets[asset], uint64(until));
        model.coveredUntil = until;
    }

    function unbond(uint256 op, uint256 asset) external {
        (op, asset) = (op % 2, asset % 2);
        BondModel storage model = bonds[op][asset];
        if (model.unbondingSince != 0 || bonded(op, asset) == 0) return;
        vm.prank(operators[op]);
        bond.startUnbonding(assets[asset]);
        model.unbondingSince = block.timestamp;
    }

    function keepBonded(uint256 op, uint256 asset, uint256 seldom) external {
        (op, asset) = (op % 2, asset % 2);
        if (bonds[op][asset].unbondingSince == 0 || seldom % 8 != 0) return;
        vm.prank(operators[op]);
        bond.cancelUnbonding(assets[asset]);
        bonds[op][asset].unbondingSince = 0;
    }

    function release(uint256 op, uint256 asset) external {
        (op, asset) = (op % 2, asset % 2);
        BondModel storage model = bonds[op][asset];
        if (model.unbondingSince == 0) return;
        uint256 start = model.unbondingSince > model.coveredUntil ? model.unbondingSince : model.coveredUntil;
        if (block.timestamp <= start + WINDOW) {
            trespass(
                operators[op],
                address(bond),
                abi.encodeCall(IOperatorBond.release, (assets[asset], payable(operators[op])))
            );
            return;
        }
        vm.prank(operators[op]);
        model.released += bond.release(assets[asset], payable(operators[op]));
        (model.coveredUntil, model.unbondingSince, spared[op][asset]) = (0, 0, 0);
    }

    // Channels

    function serve(uint256 op, uint256 who, uint256 asset, uint256 capSeed, uint256 unitsSeed) public {
        uint64 cap = uint64(1 + capSeed % 5000);
        uint64 units = uint64(unitsSeed % (cap + 1));
        (op, asset) = (op % 2, asset % 2);
        Channel memory channel = channelTerms(buy(aPerson(who), classId, lots[asset], cap), cap);
        (channel.holder, channel.operator, channel.salt) = (aPerson(who), operators[op], bytes32(served.length));
        bytes32 channelId = openChannel(channel);
        if (units != 0) captureTo(channel, units);
        served.push(Served(channel, channelId, asset, units, false));
    }

    function captureMore(uint256 which, uint256 unitsSeed) public {
        if (served.length == 0) return;
        Served storage s = served[which % served.length];
        if (s.closed || block.timestamp > s.channel.deadline) return;
        uint64 units = s.captured + uint64(unitsSeed % (s.channel.cap - s.captured + 1));
        captureTo(s.channel, units);
        s.captured = units;
    }

    function close(uint256 which) external {
        if (served.length == 0) return;
        Served storage s = served[which % served.length];
        if (s.closed) return;
        vm.prank(s.channel.operator);
        channels.close(s.channel);
        s.closed = true;
    }

    // Fraud

    function prove(uint256 which, uint256 asset, uint256 who) public {
        asset %= 2;
        if (served.length == 0) return;
        which %= served.length;
        Served storage s = served[which];
        uint256 op = s.channel.operator == operators[0] ? 0 : 1;
        (SignedReceipt memory one, SignedReceipt memory other) = (signed(s, op, 1), signed(s, op, 2));
        uint32 window = bond.windowCount(operators[op], assets[asset]);
        bool open = block.timestamp <= bond.windowOf(operators[op], assets[asset], window).endsAt;
        bytes memory call = abi.encodeCall(IOperatorBond.proveFraud, (s.channel, assets[asset], one, other));
        if (isProven(which, asset) || (!open && bonded(op, asset) == 0)) {
            return trespass(aPerson(who), address(bond), call);
        }
        vm.prank(aPerson(who));
        window = bond.proveFraud(s.channel, assets[asset], one, other);
        if (s.closed) ++closedFirst;
        slashed(op, asset, window, open);
        proven[asset].push(Proven(which, window, aPerson(who), backingOf(s, asset), false, 0, 0, false));
    }

    /// @dev What a proof takes, or a claim that comes after its window.
    function slashed(uint256 op, uint256 asset, uint32 window, bool open) private {
        if (!open) (windows[op][asset], pots[op][asset], spared[op][asset]) = (window, 0, 0);
        uint256 half = (bonded(op, asset) - spared[op][asset] + 1) / 2;
        if (half > 0) {
            if (open) ++grown;
            bonds[op][asset].slashed += half;
            pots[op][asset] += half;
        }
        spared[op][asset] = bonded(op, asset);
        assertLe(bonded(op, asset), pots[op][asset], "O2: at least half is slashed, whenever it was posted");
    }

    function raise(uint256 which, uint256 asset, uint256 who) public {
        asset %= 2;
        if (proven[asset].length == 0) return;
        Proven storage p = proven[asset][which % proven[asset].length];
        Served storage s = served[p.served];
        if (p.followed) return;
        uint256 op = s.channel.operator == operators[0] ? 0 : 1;
        uint256 more = backingOf(s, asset) - claimedOf(p.served, asset);
        uint32 newest = bond.windowCount(operators[op], assets[asset]);
        bool open = block.timestamp <= bond.windowOf(operators[op], assets[asset], newest).endsAt;
        bool joined = block.timestamp <= bond.windowOf(operators[op], assets[asset], p.window).endsAt;
        if (more == 0 || (!open && bonded(op, asset) == 0)) {
            return
                trespass(
                    aPerson(who), address(bond), abi.encodeCall(IOperatorBond.raiseClaim, (s.channel, assets[asset]))
                );
        }
        if (!joined && !p.paid) {
            // What the call pays first.
            uint256 before = vm.snapshotState();
            (uint256 toHolder, uint256 toReporter) = bond.payFraud(assets[asset], s.channelId);
            vm.revertToState(before);
            paid(p, asset, toHolder, toReporter);
        }
        vm.prank(aPerson(who));
        uint32 window = bond.raiseClaim(s.channel, assets[asset]);
        if (joined) {
            assertEq(window, p.window, "O4: a claim stays in its window");
            p.backing += more;
            ++raised;
            return;
        }
        slashed(op, asset, window, open);
        p.followed = true;
        proven[asset].push(Proven(p.served, window, aPerson(who), more, false, 0, 0, false));
        ++slashedAnew;
    }

    /// @notice An operator goes on capturing from a channel that was proven, and somebody claims it.
    function captureProven(uint256 which, uint256 asset, uint256 who, uint256 unitsSeed) external {
        asset %= 2;
        if (proven[asset].length == 0) return;
        which %= proven[asset].length;
        captureMore(proven[asset][which].served, unitsSeed);
        raise(which, asset, who);
    }

    /// @notice Two channels of one operator, proven in one window, before each of which something is posted.
    function proveBetweenPosts(uint256 op, uint256 asset, uint256 who, uint256 amount, uint256 units) external {
        for (uint256 i = 0; i < 2; ++i) {
            post(op, asset, amount);
            serve(op, who, asset, 5000, units);
            prove(served.length - 1, asset, who);
        }
    }

    function pay(uint256 which, uint256 asset) external {
        asset %= 2;
        if (proven[asset].length == 0) return;
        Proven storage p = proven[asset][which % proven[asset].length];
        Served storage s = served[p.served];
        if (p.followed) return;
        if (p.paid || block.timestamp <= bond.windowOf(s.channel.operator, assets[asset], p.window).endsAt) {
            return trespass(
                s.channel.holder, address(bond), abi.encodeCall(IOperatorBond.payFraud, (assets[asset], s.channelId))
            );
        }
        (uint256 toHolder, uint256 toReporter) = bond.payFraud(assets[asset], s.channelId);
        paid(p, asset, toHolder, toReporter);
    }

    function paid(Proven storage p, uint256 asset, uint256 toHolder, uint256 toReporter) private {
        (p.paid, p.holderAmount, p.reporterAmount) = (true, toHolder, toReporter);
        credited[served[p.served].channel.holder][asset] += toHolder;
        credited[p.reporter][asset] += toReporter;
    }

    function burn(uint256 op, uint256 asset, uint256 window) external {
        (op, asset) = (op % 2, asset % 2);
        if (windows[op][asset] == 0) return;
        uint32 number = uint32(1 + window % windows[op][asset]);
        SlashWindow memory slash = bond.windowOf(operators[op], assets[asset], number);
        if (slash.burned || block.timestamp <= slash.endsAt) {
            return trespass(
                people[0], address(bond), abi.encodeCall(IOperatorBond.burn, (operators[op], assets[asset], number))
            );
        }
        uint256 amount = bond.burn(operators[op], assets[asset], number);
        burnedOf[keccak256(abi.encode(op, asset, number))] += amount;
        burned[asset] += amount;
    }

    function withdraw(uint256 who, uint256 asset) external {
        asset %= 2;
        vm.prank(aPerson(who));
        withdrawn[aPerson(who)][asset] += bond.withdraw(assets[asset], payable(aPerson(who)));
    }

    /// @notice A stranger forges proofs and asks for what is others'.
    function forge(uint256 which, uint256 asset, uint256 way) external {
        asset %= 2;
        if (served.length == 0) return;
        Served storage s = served[which % served.length];
        uint256 op = s.channel.operator == operators[0] ? 0 : 1;
        SignedReceipt memory honest = signed(s, op, 1);
        SignedReceipt memory forged = way % 3 == 0 ? honest : signed(s, 1 - op, 2);
        if (way % 3 == 2) forged.signature = honest.signature;
        trespass(
            stranger,
            address(bond),
            abi.encodeCall(IOperatorBond.proveFraud, (s.channel, assets[asset], honest, forged))
        );
        trespass(stranger, address(bond), abi.encodeCall(IOperatorBond.release, (assets[asset], payable(stranger))));
        vm.prank(stranger);
        assertEq(bond.withdraw(assets[asset], payable(stranger)), 0, "O6: a stranger is owed nothing");
    }

    // Laws

    function checkO1MoneyIsConserved() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            uint256 expected;
            for (uint256 op = 0; op < 2; ++op) {
                expected += bonds[op][asset].posted - bonds[op][asset].released;
            }
            expected -= burned[asset];
            for (uint256 i = 0; i < people.length; ++i) {
                expected -= withdrawn[people[i]][asset];
            }
            assertEq(held(assets[asset], address(bond)), expected, "O1: posted = released + withdrawn + burned + held");
            assertEq(held(assets[asset], BURNED), burned[asset], "O1: burned");
        }
    }

    function checkO2ABondIsPostedLessSlashedAndReleased() public view {
        for (uint256 op = 0; op < 2; ++op) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                Bond memory found = bond.bondOf(operators[op], assets[asset]);
                assertEq(found.amount, bonded(op, asset), "O2: bond");
                assertEq(found.coveredUntil, bonds[op][asset].coveredUntil, "O2: promise");
                assertEq(found.releaseAt != 0, bonds[op][asset].unbondingSince != 0, "O2: unbonding");
            }
        }
    }

    function checkO3AWindowPaysNoMoreThanItsPot() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            for (uint256 op = 0; op < 2; ++op) {
                for (uint32 w = 1; w <= windows[op][asset]; ++w) {
                    SlashWindow memory slash = bond.windowOf(operators[op], assets[asset], w);
                    (uint256 holders_, uint256 reporters, uint256 claims, uint256 proofs) = paidOf(op, asset, w);
                    uint256 fire = burnedOf[keccak256(abi.encode(op, asset, w))];
                    uint256 forReporters = uint256(slash.pot) * 500 / 10_000;
                    assertLe(reporters, forReporters, "O3: reporters share five percent");
                    assertLe(holders_ + fire, slash.pot - forReporters, "O3: holders and the fire share the rest");
                    assertEq(slash.claims, claims, "O3: claims");
                    assertEq(slash.proofs, proofs, "O3: proofs");
                }
            }
        }
    }

    function checkO4AHolderGetsAtMostWhatWasCaptured() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            for (uint256 i = 0; i < proven[asset].length; ++i) {
                Proven storage p = proven[asset][i];
                Served storage s = served[p.served];
                assertLe(p.holderAmount, p.backing, "O4: at most its backing");
                if (p.followed) continue;
                FraudProof memory found = bond.proofOf(assets[asset], s.channelId);
                assertEq(found.backing, p.backing, "O4: backing");
                assertEq(found.claimed, claimedOf(p.served, asset), "O4: claimed in all windows");
                assertLe(found.claimed, backingOf(s, asset), "O4: at most captured");
            }
        }
    }

    function checkO5AProofIsPaidOnce() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            for (uint256 i = 0; i < proven[asset].length; ++i) {
                Proven storage p = proven[asset][i];
                if (p.followed) {
                    assertTrue(p.paid, "O5: a claim is paid before the next");
                    continue;
                }
                FraudProof memory found = bond.proofOf(assets[asset], served[p.served].channelId);
                assertEq(found.paid, p.paid, "O5: paid");
                assertEq(found.reporter, p.reporter, "O5: a window's first reporter stays");
                assertEq(found.holder, served[p.served].channel.holder, "O5: holder");
            }
        }
    }

    function checkO6EverybodyIsOwedItsPart() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            for (uint256 i = 0; i < people.length; ++i) {
                uint256 owed = bond.owedTo(people[i], assets[asset]);
                assertEq(owed + withdrawn[people[i]][asset], credited[people[i]][asset], "O6: owed");
            }
            assertEq(held(assets[asset], stranger), 0, "O6: a stranger gains nothing");
        }
    }

    function checkAll() external view override {
        checkO1MoneyIsConserved();
        checkO2ABondIsPostedLessSlashedAndReleased();
        checkO3AWindowPaysNoMoreThanItsPot();
        checkO4AHolderGetsAtMostWhatWasCaptured();
        checkO5AProofIsPaidOnce();
        checkO6EverybodyIsOwedItsPart();
    }

    function checkEverythingHappened() external view override {
        uint256 sum;
        for (uint256 i = 0; i < people.length; ++i) {
            sum += withdrawn[people[i]][0] + withdrawn[people[i]][1];
        }
        assertGt(sum, 0, "withdrawn");
        assertGt(burned[0] + burned[1], 0, "burned");
        assertGt(
            bonds[0][0].released + bonds[1][0].released + bonds[0][1].released + bonds[1][1].released, 0, "released"
        );
        assertGt(proven[0].length, 0, "proofs in ETH");
        assertGt(proven[1].length, 0, "proofs in an ERC-20");
        assertGt(closedFirst, 0, "proofs of closed channels");
        assertGt(grown, 0, "proofs that take of what was posted since");
        assertGt(raised, 0, "claims raised in their window");
        assertGt(slashedAnew, 0, "claims raised after it");
        assertGt(trespasses, 0, "trespasses");
    }

    // Helpers

    function claimedOf(uint256 which, uint256 asset) private view returns (uint256 sum) {
        for (uint256 i = 0; i < proven[asset].length; ++i) {
            if (proven[asset][i].served == which) sum += proven[asset][i].backing;
        }
    }

    function bonded(uint256 op, uint256 asset) private view returns (uint256) {
        BondModel storage model = bonds[op][asset];
        return model.posted - model.slashed - model.released;
    }

    function isProven(uint256 which, uint256 asset) private view returns (bool) {
        for (uint256 i = 0; i < proven[asset].length; ++i) {
            if (proven[asset][i].served == which) return true;
        }
        return false;
    }

    function backingOf(Served storage s, uint256 asset) private view returns (uint256) {
        return s.asset == asset ? priceDown(asset, s.captured) : 0;
    }

    function priceDown(uint256 asset, uint256 units) private pure returns (uint256) {
        return asset == 0 ? units * 7 / 3 : units * 1_000_003 / 7;
    }

    function paidOf(uint256 op, uint256 asset, uint32 window)
        private
        view
        returns (uint256 holders_, uint256 reporters, uint256 claims, uint256 proofs)
    {
        for (uint256 i = 0; i < proven[asset].length; ++i) {
            Proven storage p = proven[asset][i];
            if (p.window != window || served[p.served].channel.operator != operators[op]) continue;
            holders_ += p.holderAmount;
            reporters += p.reporterAmount;
            claims += p.backing;
            ++proofs;
        }
    }

    /// @dev A batch of one.
    function signed(Served storage s, uint256 op, uint64 batch) private view returns (SignedReceipt memory) {
        CallReceipt memory receipt;
        (receipt.channelId, receipt.seq, receipt.metrics) = (s.channelId, (1 << 40) | 7, new ReceiptMetric[](0));
        receipt.responseHash = bytes32(uint256(batch));
        bytes32 root = keccak256(abi.encode(bond.receiptHash(receipt)));
        (uint8 v, bytes32 r, bytes32 t) = vm.sign(secrets[op], bond.batchDigest(operators[op], 1, batch, root));
        return SignedReceipt(receipt, 1, batch, new bytes32[](0), abi.encodePacked(r, t, v));
    }
}
