// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MintItem} from "../../src/interfaces/IDATBatches.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {SplitPart} from "../../src/interfaces/IDATLifecycle.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {Channel, ChannelMode, ReceiptAnchor, RoyaltyEdge} from "../../src/interfaces/IValueChannels.sol";
import {CaptureItem, encodeItems} from "../helpers/CaptureItems.sol";
import {Model} from "./Model.sol";

/// @notice Many actors over four related classes. Each action does something valid and tells the model.
/// @dev An action that finds nothing to act on does nothing: nothing here may revert.
contract World is Model {
    address[] internal holders;
    address[] internal operators;
    address internal beneficiary;
    address internal directSeller;
    uint256 internal salt;
    uint256 internal delayedClass;
    uint32 internal constant DELAY = 1 days;
    uint32 internal constant WINDOW = 1 days;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = 0; i < 5; ++i) {
            holders.push(makeAddr(string.concat("holder ", vm.toString(i))));
        }
        operators.push(makeAddr("operator 0"));
        operators.push(makeAddr("operator 1"));
        beneficiary = makeAddr("beneficiary");
        directSeller = makeAddr("seller");
        accounts.push(operators[0]);
        accounts.push(operators[1]);
        accounts.push(beneficiary);
        for (uint256 i = 0; i < holders.length; ++i) {
            accounts.push(holders[i]);
        }

        // A diamond: the agent uses the model and one of the datasets that the model was made from. Its shares outlive
        // expiry (P21), and its value keeps it (P22).
        addClass(new ParentTerms[](0), address(0));
        addClass(new ParentTerms[](0), beneficiary);
        addClass(edgesTo(classIds[0], 1000, classIds[1], 333), address(0));
        addClass(edgesTo(classIds[2], 2000, classIds[0], 1), address(0));

        // Its shares wait a day or two before they earn.
        addClass(new ParentTerms[](0), address(0));
        delayedClass = classIds[4];
        (keepingClass, outlivingClass) = (classIds[3], classIds[3]);

        for (uint256 i = 0; i < classIds.length; ++i) {
            addLot(classIds[i], 0, 7, 3, 2500, true, false);
            addLot(classIds[i], 1, 1_000_003, 7, 1, false, true);
        }
        addLot(classIds[3], 0, 1, 1000, 10_000, false, false);
        addLot(classIds[3], 1, 5, 1, 0, true, true);
    }

    function addClass(ParentTerms[] memory parents, address beneficiary_) private {
        uint256 classId;
        // The last two may revoke, and the shares of the last wait.
        if (classIds.length >= 3) {
            bool last = classIds.length == 4;
            uint32 delay = last ? DELAY : 0;
            vm.prank(issuer);
            classId = token.createClassWithOptions(
                classTerms(parents, beneficiary_), ClassOptions(0, 0, delay, 0, WINDOW, false, !last, !last)
            );
        } else {
            classId = createClass(parents, beneficiary_);
        }
        classIds.push(classId);
        policyVersionOf[classId] = 1;
        policies[classId].push(PolicyModel("ipfs://policy", keccak256("policy")));
        beneficiaryOf[classId] = beneficiary_;
        for (uint256 i = 0; i < parents.length; ++i) {
            edges[classId].push(EdgeModel(parents[i].classId, parents[i].royaltyBps, [uint256(0), 0]));
        }
    }

    function edgesTo(uint256 first, uint16 firstBps, uint256 second, uint16 secondBps)
        private
        pure
        returns (ParentTerms[] memory parents)
    {
        parents = new ParentTerms[](2);
        parents[0] = ParentTerms(uint64(first), firstBps);
        parents[1] = ParentTerms(uint64(second), secondBps);
    }

    function addLot(
        uint256 classId,
        uint256 asset,
        uint96 numerator,
        uint64 denominator,
        uint16 operatorBps,
        bool refundable,
        bool expiredToClass
    ) internal {
        bool onMarket = lots.length % 2 == 0;
        uint32 lot = createLot(
            classId,
            LotTerms({
                asset: assetOf(asset),
                priceNumerator: numerator,
                priceDenominator: denominator,
                operatorBps: operatorBps,
                refundable: refundable,
                expiredToClass: expiredToClass,
                seller: onMarket ? address(market) : directSeller
            })
        );
        lots.push();
        LotModel storage l = lots[lots.length - 1];
        l.classId = classId;
        l.lot = lot;
        l.asset = asset;
        l.numerator = numerator;
        l.denominator = denominator;
        l.operatorBps = operatorBps;
        l.refundable = refundable;
        l.expiredToClass = expiredToClass;
        l.onMarket = onMarket;
        l.policyVersion = policyVersionOf[classId];
    }

    // Picks: a seed into the first fitting element at or after it; `none` when nothing fits.

    uint256 internal constant NONE = type(uint256).max;

    function aHolder(uint256 seed) internal view returns (address) {
        return holders[seed % holders.length];
    }

    function aClass(uint256 seed) internal view returns (uint256) {
        return classIds[seed % classIds.length];
    }

    /// @notice Never, or the end of one of the next nine days, so that expiries meet each other and the clock.
    function anExpiry(uint256 seed) internal view returns (uint64) {
        uint256 day = seed % 12;
        if (day >= 10) return 0;
        return uint64((block.timestamp / 1 days + day + 1) * 1 days);
    }

    function aLiveTokenWithValue(uint256 seed) internal view returns (uint256) {
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 at = (seed % tokens.length + i) % tokens.length;
            if (!expired(tokens[at]) && core.valueOf(tokens[at].tokenId) != 0) return at;
        }
        return NONE;
    }

    function anOpenChannel(uint256 seed) internal view returns (uint256) {
        for (uint256 i = 0; i < opened.length; ++i) {
            uint256 at = (seed % opened.length + i) % opened.length;
            if (opened[at].open) return at;
        }
        return NONE;
    }

    function endOf(Channel memory channel) internal pure returns (uint256) {
        return uint256(channel.deadline) + channel.grace;
    }

    modifier thenNoteExpiries() {
        _;
        noteExpiries();
        noteProgress();
    }

    // Time.

    function warp(uint256 seed) external thenNoteExpiries {
        // One in three moves lands on the end of a day, where P20 is decided; else up to two days pass.
        if (seed % 3 == 0) vm.warp((block.timestamp / 1 days + 1) * 1 days);
        else vm.warp(block.timestamp + bound(seed, 1, 2 days));
    }

    // Tokens.

    function mintUnbacked(uint256 who, uint256 class_, uint64 value, uint256 share, uint256 expiry) external {
        uint256 classId = aClass(class_);
        value = uint64(bound(value, 0, 1e12));
        // A third has no share, some saturate (P10).
        share = share % 3 == 0 ? 0 : share % 7 == 0 ? bound(share, 2 ** 32, 2 ** 40) : bound(share, 1, 10_000);
        uint64 expireAt = anExpiry(expiry);
        uint64 activateAt;
        if (classId == delayedClass) {
            // The end of the day on which the delay ends; a share that would have expired by then is refused.
            activateAt = uint64((block.timestamp + DELAY + 1 days - 1) / 1 days * 1 days);
            if (expireAt != 0 && expireAt <= activateAt) share = 0;
            if (share == 0) activateAt = 0;
        }
        uint256 tokenId = mintAs(expiry / 12 % 2, classId, MintItem(aHolder(who), value, share, expireAt));
        units[classId].minted += value;
        addToken(
            tokenId, classId, policyVersionOf[classId], share > type(uint32).max ? type(uint32).max : share, expireAt
        );
        tokens[tokens.length - 1].activateAt = activateAt;
    }

    /// @notice Alone, or as a batch of one (P29).
    function mintAs(uint256 way, uint256 classId, MintItem memory item) private returns (uint256) {
        if (way == 0) return mint(classId, item.to, item.value, item.shareRatio, item.expireAt);
        MintItem[] memory items = new MintItem[](1);
        items[0] = item;
        vm.prank(issuer);
        return token.mintBatch(classId, items)[0];
    }

    function mintBacked(uint256 who, uint256 lot, uint64 amount, uint256 expiry) external {
        LotModel storage l = lots[lot % lots.length];
        // A superseded lot sells nothing (R25).
        if (l.policyVersion != policyVersionOf[l.classId]) return;
        amount = uint64(bound(amount, 1, 1e9));
        uint256 cost = (l.numerator * amount + l.denominator - 1) / l.denominator;
        uint64 expireAt = anExpiry(expiry);
        uint256 tokenId;
        if (l.onMarket) {
            l.listed = amount % 5;
            openListing(l.classId, l.lot, amount + l.listed, expireAt);
            tokenId = buy(aHolder(who), l.classId, l.lot, amount);
        } else {
            vm.deal(directSeller, l.asset == 0 ? cost : 0);
            usd.mint(directSeller, l.asset == 1 ? cost : 0);
            vm.startPrank(directSeller);
            usd.approve(address(token), cost);
            tokenId =
                token.mintFromLot{value: l.asset == 0 ? cost : 0}(l.classId, l.lot, aHolder(who), amount, expireAt);
            vm.stopPrank();
        }
        units[l.classId].minted += amount;
        l.outstanding += amount;
        l.escrow += cost;
        money[l.classId][l.asset].deposited += cost;
        balance[l.asset] += cost;
        addToken(tokenId, l.classId, l.lot, 0, expireAt);
    }

    function addToken(uint256 tokenId, uint256 classId, uint32 lot, uint256 share, uint64 expireAt) private {
        tokens.push();
        TokenModel storage t = tokens[tokens.length - 1];
        (t.tokenId, t.classId, t.lot, t.share, t.expireAt) = (tokenId, classId, lot, share, expireAt);
        t.storedShare = uint32(share);
        ++mintedTokens[classId];
    }

    function transferToken(uint256 which, uint256 to) external {
        if (tokens.length == 0) return;
        uint256 tokenId = tokens[which % tokens.length].tokenId;
        vm.prank(core.ownerOf(tokenId));
        core.transferToken(tokenId, aHolder(to));
        delete tokenApprovals[tokenId];
    }

    function transferValue(uint256 from, uint256 to, uint256 amount) external {
        uint256 at = aLiveTokenWithValue(from);
        if (at == NONE) return;
        TokenModel storage source = tokens[at];
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage target = tokens[(to % tokens.length + i) % tokens.length];
            if (!takesValueOf(target, source)) continue;
            amount = bound(amount, 1, core.valueOf(source.tokenId));
            vm.prank(core.ownerOf(source.tokenId));
            core.transferValue(source.tokenId, target.tokenId, amount);
            return;
        }
    }

    /// @notice Value that is backed, or of a class that keeps expiries, does not come to live longer (P22, P32).
    function takesValueOf(TokenModel storage target, TokenModel storage source) private view returns (bool) {
        if (target.tokenId == source.tokenId || expired(target)) return false;
        if (target.classId != source.classId || target.lot != source.lot) return false;
        bool outlives = source.expireAt != 0 && (target.expireAt == 0 || target.expireAt > source.expireAt);
        (bool backed,) = lotIndexOf(source);
        return !outlives || (!backed && source.classId != keepingClass);
    }

    function recordUsage(uint256 which, uint256 amount) external {
        uint256 at = aLiveTokenWithValue(which);
        if (at == NONE) return;
        TokenModel storage t = tokens[at];
        amount = bound(amount, 0, core.valueOf(t.tokenId));
        recordAs(which / 7 % 3, t, uint64(amount));
        units[t.classId].recorded += amount;
        if (amount != 0) spend(t, amount, 0, address(0));
    }

    /// @notice By the owner, by the owner in a batch of two, or by an operator with an allowance for just that (P13, P29).
    function recordAs(uint256 way, TokenModel storage t, uint64 amount) private {
        bytes32 metric = keccak256("inference_calls");
        vm.prank(core.ownerOf(t.tokenId));
        if (way == 0) {
            core.recordUsage(t.tokenId, metric, amount);
        } else if (way == 1) {
            bytes4 serial = bytes4(uint32(t.tokenId));
            token.recordUsageBatch(
                metric,
                abi.encodePacked(uint96(t.tokenId >> 32), uint16(2), serial, amount / 3, serial, amount - amount / 3)
            );
        } else {
            uint256 scope = amount % 2 == 0 ? t.classId : t.tokenId;
            token.approveUsage(scope, operators[0], amount + 1, 0);
            // A class operator needs none of it, and a token's allowance that suffices goes before its class's.
            noteAllowance(core.ownerOf(t.tokenId), scope, operators[0], amount + 1, 0);
            takeAllowanceInModel(core.ownerOf(t.tokenId), t, operators[0], amount);
            vm.prank(operators[0]);
            core.recordUsage(t.tokenId, metric, amount);
        }
    }

    function refund(uint256 which, uint64 amount) external {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[(which % tokens.length + i) % tokens.length];
            uint256 value = core.valueOf(t.tokenId);
            (bool backed, uint256 index) = lotIndexOf(t);
            if (!backed || value == 0) continue;
            LotModel storage l = lots[index];
            if (expired(t) ? l.expiredToClass : !l.refundable) continue;
            amount = uint64(bound(amount, 1, value));
            address payable owner = payable(core.ownerOf(t.tokenId));
            vm.prank(owner);
            uint256 paid = token.refund(t.tokenId, amount, owner);
            assertEq(paid, l.numerator * amount / l.denominator, "R2: refund is floor(price x n)");
            units[t.classId].refunded += amount;
            money[t.classId][l.asset].refunded += paid;
            balance[l.asset] -= paid;
            leaveLot(l, amount, paid, 0);
            return;
        }
    }

    function sweepExpired(uint256 which) external {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[(which % tokens.length + i) % tokens.length];
            uint256 value = core.valueOf(t.tokenId);
            (bool backed, uint256 index) = lotIndexOf(t);
            if (!backed || value == 0 || !expired(t) || !lots[index].expiredToClass) continue;
            token.sweepExpired(t.tokenId);
            LotModel storage l = lots[index];
            units[t.classId].swept += value;
            uint256 released = l.numerator * value / l.denominator;
            leaveLot(l, value, released, released);
            return;
        }
    }

    // Lifecycle (P27, R22).

    function topUp(uint256 which, uint64 amount) external {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[(which % tokens.length + i) % tokens.length];
            (bool backed, uint256 index) = lotIndexOf(t);
            // The market sells new tokens only.
            if (expired(t) || (backed && lots[index].onMarket)) continue;
            if (isSuperseded(t)) continue;
            amount = uint64(bound(amount, 1, 1e9));
            units[t.classId].minted += amount;
            if (!backed) {
                vm.prank(issuer);
                token.topUp(t.tokenId, amount);
                return;
            }
            LotModel storage l = lots[index];
            uint256 cost = (l.numerator * amount + l.denominator - 1) / l.denominator;
            vm.deal(directSeller, l.asset == 0 ? cost : 0);
            usd.mint(directSeller, l.asset == 1 ? cost : 0);
            vm.startPrank(directSeller);
            usd.approve(address(token), cost);
            token.topUp{value: l.asset == 0 ? cost : 0}(t.tokenId, amount);
            vm.stopPrank();
            l.outstanding += amount;
            l.escrow += cost;
            money[l.classId][l.asset].deposited += cost;
            balance[l.asset] += cost;
            return;
        }
    }

    function burnValue(uint256 which, uint64 amount) external {
        uint256 at = aLiveTokenWithValue(which);
        if (at == NONE) return;
        TokenModel storage t = tokens[at];
        amount = uint64(bound(amount, 1, core.valueOf(t.tokenId)));
        vm.prank(core.ownerOf(t.tokenId));
        token.burnValue(t.tokenId, amount);
        units[t.classId].burned += amount;
        (bool backed, uint256 index) = lotIndexOf(t);
        if (!backed) return;
        uint256 released = lots[index].numerator * amount / lots[index].denominator;
        leaveLot(lots[index], amount, released, released);
    }

    function aTokenWithActiveShare(uint256 seed) private view returns (uint256) {
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 at = (seed % tokens.length + i) % tokens.length;
            if (tokens[at].share != 0 && active(tokens[at]) && pendingRevocation(tokens[at].tokenId) == 0) return at;
        }
        return NONE;
    }

    function retireShare(uint256 which) external {
        uint256 at = aTokenWithActiveShare(which);
        // Some stay, so that there is somebody to pay.
        if (at == NONE || which % 3 != 0) return;
        vm.prank(core.ownerOf(tokens[at].tokenId));
        token.retireShare(tokens[at].tokenId);
        (tokens[at].share, tokens[at].retired) = (0, true);
    }

    function split(uint256 which, uint64 amount, uint256 to) external {
        bool shares = which % 2 == 0;
        uint256 at = shares ? aTokenWithActiveShare(which) : aLiveTokenWithValue(which);
        if (at == NONE) return;
        TokenModel storage t = tokens[at];
        // A share that outlives it goes as a whole.
        if (expired(t)) return;
        SplitPart[] memory parts = new SplitPart[](2);
        uint64 value = uint64(core.valueOf(t.tokenId));
        uint32 share = shares ? uint32(t.share) : 0;
        parts[0] = SplitPart(aHolder(to), uint64(bound(amount, 0, value)), share / 3);
        parts[1] = SplitPart(aHolder(to / 2), (value - parts[0].units) / 2, share - share / 3);
        bool hollow = isNothing(parts[0]) || isNothing(parts[1]);
        vm.prank(core.ownerOf(t.tokenId));
        if (hollow) vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        uint256[] memory ids = token.split(t.tokenId, parts);
        if (hollow) return;
        if (shares) (t.share, t.retired) = (0, true);
        (uint256 classId, uint32 lot, uint64 expireAt) = (t.classId, t.lot, t.expireAt);
        for (uint256 i = 0; i < 2; ++i) {
            addToken(ids[i], classId, lot, parts[i].share, expireAt);
        }
    }

    function isNothing(SplitPart memory part) private pure returns (bool) {
        return part.units == 0 && part.share == 0;
    }

    function renew(uint256 which, uint256 expiry) external {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[(which % tokens.length + i) % tokens.length];
            (bool backed, uint256 index) = lotIndexOf(t);
            if (t.expireAt == 0 || expired(t) || isSuperseded(t)) continue;
            if (t.share != 0 && t.classId != outlivingClass) continue;
            // The market renews nothing, and nobody puts off a refund.
            if (backed && (lots[index].onMarket || (!lots[index].refundable && !lots[index].expiredToClass))) continue;
            t.expireAt = t.expireAt + uint64(expiry % 3 + 1) * 1 days;
            vm.prank(backed ? directSeller : issuer);
            token.renew(t.tokenId, t.expireAt);
            return;
        }
    }

    function renewShare(uint256 which, uint256 expiry) external {
        uint256 at = aTokenWithActiveShare(which);
        if (at == NONE || tokens[at].expireAt == 0 || tokens[at].classId == outlivingClass) return;
        TokenModel storage t = tokens[at];
        // An expiry that others have, so that there are never too many.
        uint64 expireAt = anExpiry(expiry);
        if (expireAt <= t.expireAt) return;
        vm.prank(issuer);
        token.offerShareRenewal(t.tokenId, expireAt);
        vm.prank(core.ownerOf(t.tokenId));
        uint256 renewed = token.renewShare(t.tokenId, expireAt);
        (uint256 classId, uint32 lot, uint256 share) = (t.classId, t.lot, t.share);
        (t.share, t.retired) = (0, true);
        addToken(renewed, classId, lot, share, expireAt);
    }

    /// @notice Announces, appeals, thinks better of it, or carries out.
    function revoke(uint256 which) external {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[(which % tokens.length + i) % tokens.length];
            if (t.classId != classIds[3] && t.classId != delayedClass) continue;
            if (expired(t) && (t.classId != outlivingClass || t.share == 0)) continue;
            (uint64 effectiveAt, bool appealed) = token.revocationOf(t.tokenId);
            assertEq(effectiveAt, pendingRevocation(t.tokenId), "P27: a revocation waits, and lapses");
            if (effectiveAt == 0) {
                revocableFrom[t.tokenId] = block.timestamp + WINDOW;
                vm.prank(issuer);
                token.announceRevocation(t.tokenId, "reason");
            } else if (block.timestamp >= effectiveAt) {
                if (t.share != 0 && !active(t)) continue;
                carryOut(t);
            } else if (!appealed && which % 5 == 0) {
                revocableFrom[t.tokenId] = block.timestamp + WINDOW;
                vm.prank(core.ownerOf(t.tokenId));
                token.appealRevocation(t.tokenId, "statement");
            } else if (which % 11 == 0) {
                delete revocableFrom[t.tokenId];
                vm.prank(issuer);
                token.withdrawRevocation(t.tokenId);
            } else {
                continue;
            }
            return;
        }
    }

    function pendingRevocation(uint256 tokenId) private view returns (uint256) {
        uint256 from = revocableFrom[tokenId];
        return from == 0 || block.timestamp > from + WINDOW ? 0 : from;
    }

    function carryOut(TokenModel storage t) private {
        uint256 value = core.valueOf(t.tokenId);
        address owner = core.ownerOf(t.tokenId);
        delete revocableFrom[t.tokenId];
        vm.prank(issuer);
        token.revoke(t.tokenId);
        if (t.share != 0) (t.share, t.retired) = (0, true);
        units[t.classId].revoked += value;
        (bool backed, uint256 index) = lotIndexOf(t);
        if (!backed || value == 0) return;
        LotModel storage l = lots[index];
        // Owed to the holder, who withdraws it.
        uint256 released = l.numerator * value / l.denominator;
        owed[owner][l.asset] += released;
        money[t.classId][l.asset].refunded += released;
        leaveLot(l, value, released, 0);
    }

    function merge(uint256 which) external {
        uint256 at = aLiveTokenWithValue(which);
        if (at == NONE) return;
        TokenModel storage source = tokens[at];
        address owner = core.ownerOf(source.tokenId);
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage target = tokens[i];
            if (!takesValueOf(target, source) || core.ownerOf(target.tokenId) != owner) continue;
            uint256[] memory from = new uint256[](1);
            from[0] = source.tokenId;
            vm.prank(owner);
            token.merge(from, target.tokenId);
            return;
        }
    }

    // Channels.

    uint256 private runToken;
    uint256 private runUnits;
    address private runOperator;

    function openChannel(uint256 which, uint64 cap, uint64 rate, uint256 deadline, uint256 who) external {
        uint256 at = aLiveTokenWithValue(which);
        if (at == NONE) return;
        TokenModel storage t = tokens[at];
        uint256 latest = t.expireAt == 0 ? block.timestamp + 10 days : t.expireAt;
        if (latest < block.timestamp + 1 days + 1) return;
        Channel memory channel = Channel({
            holder: core.ownerOf(t.tokenId),
            tokenId: t.tokenId,
            operator: operators[who % operators.length],
            channelKey: channelKey,
            cap: uint64(bound(cap, 1, core.valueOf(t.tokenId))),
            rate: uint64(rate % 3 == 0 ? 0 : bound(rate, 1, 1e6)),
            burst: uint64(rate % 1000),
            deadline: uint64(bound(deadline, block.timestamp + 1, latest - 1 days)),
            grace: 1 days,
            mode: rate % 3 == 1 ? ChannelMode.Capped : ChannelMode.Strict,
            salt: bytes32(++salt)
        });
        bytes32 id = openChannel(channel);
        opened.push();
        ChannelModel storage c = opened[opened.length - 1];
        (c.channel, c.id, c.token, c.openedAt, c.open) = (channel, id, at, block.timestamp, true);
    }

    /// @notice Up to four vouchers, some of them forged, late, stale or above the cap, some unsigned, which count only where
    /// the channel key sends them, and up to two edges.
    function capture(uint256 which, uint256 count, uint64[4] calldata signed, uint256 edgeSeed) external {
        if (opened.length == 0) return;
        count = bound(count, 1, 4);
        CaptureItem[] memory items = new CaptureItem[](count);
        RoyaltyEdge[] memory edgesToCollect = new RoyaltyEdge[](edgeSeed % 3);
        delete runOperator;
        address sender = edgeSeed % 2 == 0 ? channelKey : stranger;
        for (uint256 i = 0; i < count; ++i) {
            ChannelModel storage c = opened[(which % opened.length + i) % opened.length];
            bool unsigned = signed[i] % 7 < 3;
            bool forged = unsigned ? sender != channelKey : signed[i] % 5 == 0;
            uint64 cumulative = signed[i] % 11 == 0 ? signed[i] : uint64(bound(signed[i], 0, c.channel.cap));
            items[i] = unsigned
                ? unsignedItem(c.channel, cumulative)
                : voucherItem(c.channel, cumulative, forged ? uint256(0xBAD) : channelKeySecret);
            // Items side by side with one operator are consumed together, whatever becomes of each.
            if (c.channel.operator != runOperator) endRun();
            runOperator = c.channel.operator;
            if (forged || !c.open) continue;
            if (cumulative > c.signed) c.signed = cumulative;
            captureInModel(c, cumulative);
        }
        endRun();
        for (uint256 i = 0; i < edgesToCollect.length; ++i) {
            (uint256 classId, uint256 edge, uint256 asset) = anEdge(edgeSeed / 3 + i);
            edgesToCollect[i] = RoyaltyEdge(classId, edge, assetOf(asset));
            collected(classId, edge, asset);
        }
        vm.prank(sender);
        channels.capture(encodeItems(items), edgesToCollect, new ReceiptAnchor[](0));
    }

    function captureInModel(ChannelModel storage c, uint64 cumulative) private {
        if (block.timestamp > endOf(c.channel)) return;
        uint256 target = cumulative < c.channel.cap ? cumulative : c.channel.cap;
        uint256 metered = uint256(c.channel.burst) + uint256(c.channel.rate) * (block.timestamp - c.openedAt);
        if (c.channel.rate != 0 && metered < target) target = metered;
        if (target <= c.captured) return;
        TokenModel storage t = tokens[c.token];
        if (t.classId != tokens[runToken].classId || t.lot != tokens[runToken].lot) endRun();
        runToken = c.token;
        uint256 taken = target - c.captured;
        runUnits += taken;
        c.captured = uint64(target);
        units[t.classId].captured += taken;
    }

    /// @notice Consecutive uses of one lot for one operator are released together.
    function endRun() private {
        if (runUnits == 0) return;
        TokenModel storage t = tokens[runToken];
        (bool backed, uint256 index) = lotIndexOf(t);
        if (backed) spend(t, runUnits, lots[index].operatorBps, runOperator);
        runUnits = 0;
    }

    function closeChannel(uint256 which) external {
        uint256 at = anOpenChannel(which);
        if (at == NONE) return;
        ChannelModel storage c = opened[at];
        // Whoever may: the operator at any time, anyone else later.
        vm.prank(block.timestamp > endOf(c.channel) ? aHolder(which) : c.channel.operator);
        uint64 returned = channels.close(c.channel);
        assertEq(returned, c.channel.cap - c.captured, "R6: the rest returns");
        c.open = false;
    }

    // Money.

    function settle(uint256 class_, uint256 asset, uint256 amount) external {
        uint256 classId = aClass(class_);
        if (activeShare(classId) == 0) return;
        asset = asset % 2;
        // Single wei matter as much as fortunes.
        amount = amount % 2 == 0 ? bound(amount, 1, 1000) : bound(amount, 1, 1e27);
        if (asset == 0) settleETH(classId, amount);
        else settleUSD(classId, amount);
        money[classId][asset].settled += amount;
        balance[asset] += amount;
        accrue(classId, asset, amount);
    }

    /// @notice By the owner or by anyone else, who may only pay the owner (P11); then again, for nothing (L4).
    function claim(uint256 which, uint256 asset, uint256 who) external {
        if (tokens.length == 0) return;
        asset = asset % 2;
        TokenModel storage t = tokens[aTokenToClaim(which, asset)];
        address payable owner = payable(core.ownerOf(t.tokenId));
        uint256 before = balanceOf(owner, asset);
        vm.startPrank(who % 2 == 0 ? owner : stranger);
        uint256 paid;
        if (who % 3 == 0) {
            // Twice in one batch, too.
            uint256[] memory twice = new uint256[](2);
            (twice[0], twice[1]) = (t.tokenId, t.tokenId);
            paid = token.claimBatch(twice, assetOf(asset), owner);
        } else {
            paid = core.claim(t.tokenId, assetOf(asset), owner);
        }
        uint256 again = core.claim(t.tokenId, assetOf(asset), owner);
        vm.stopPrank();
        assertEq(again, 0, "L4: the second claim pays nothing");
        assertEq(balanceOf(owner, asset) - before, paid, "L4: the owner receives what the claim says");
        t.claimed[asset] += paid;
        money[t.classId][asset].claimed += paid;
        balance[asset] -= paid;
    }

    /// @notice Half of the time one that has something to claim, if any has.
    function aTokenToClaim(uint256 seed, uint256 asset) private view returns (uint256) {
        for (uint256 i = 0; seed % 2 == 0 && i < tokens.length; ++i) {
            uint256 at = (seed / 2 % tokens.length + i) % tokens.length;
            if (core.pendingRevenue(tokens[at].tokenId, assetOf(asset)) != 0) return at;
        }
        return seed % tokens.length;
    }

    function balanceOf(address account, uint256 asset) private view returns (uint256) {
        return asset == 0 ? account.balance : usd.balanceOf(account);
    }

    function anEdge(uint256 seed) private view returns (uint256 classId, uint256 edge, uint256 asset) {
        return (classIds[2 + seed % 2], (seed / 2) % 2, (seed / 4) % 2);
    }

    function collectRoyalty(uint256 seed) external {
        (uint256 classId, uint256 edge, uint256 asset) = anEdge(seed);
        assertEq(
            token.collectRoyalty(classId, edge, assetOf(asset)),
            collected(classId, edge, asset),
            "R19: an edge pays floor(received x bps) less what it paid"
        );
    }

    function withdraw(uint256 who, uint256 asset) external {
        asset = asset % 2;
        address account = accounts[who % accounts.length];
        uint256 amount = owed[account][asset];
        if (amount == 0) return;
        vm.prank(account);
        assertEq(token.withdraw(assetOf(asset), payable(account)), amount, "R3: all that is owed is paid");
        owed[account][asset] = 0;
        balance[asset] -= amount;
    }

    function poke(uint256 seed) external {
        token.syncExpired(aClass(seed));
        if (tokens.length != 0) token.observeExpiry(tokens[seed % tokens.length].tokenId);
    }
}
