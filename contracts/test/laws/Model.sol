// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {RevenueInfo} from "../../src/interfaces/IDATRevenue.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice What the laws expect, kept by the plainest means: every list is walked, every share is paid at once.
/// @dev No epochs, checkpoints, buckets or cached indices here: those are what is under test.
abstract contract Model is KedgeTest {
    uint256 internal constant SCALE_BITS = 48;

    struct TokenModel {
        uint256 tokenId;
        uint256 classId;
        uint32 lot;
        uint256 share;
        uint64 expireAt;
        uint256[2] earnedScaled;
        uint256[2] claimed;
        bool seenExpired;
        uint256[2] earnedAtExpiry;
        uint64 activateAt;
        bool retired;
        uint32 storedShare;
        uint256 valueAtExpiry;
    }

    /// @notice L1's terms, in units.
    struct UnitsModel {
        uint256 minted;
        uint256 captured;
        uint256 recorded;
        uint256 refunded;
        uint256 swept;
        uint256 burned;
        uint256 revoked;
    }

    /// @notice L3's terms, in smallest units of one asset.
    struct MoneyModel {
        uint256 settled;
        uint256 deposited;
        uint256 royaltiesIn;
        uint256 received;
        uint256 claimed;
        uint256 refunded;
        uint256 operators;
        uint256 beneficiary;
        uint256 royaltiesOut;
        uint256 orphan;
        uint256 carry;
    }

    struct EdgeModel {
        uint256 parentId;
        uint256 royaltyBps;
        uint256[2] collected;
    }

    struct LotModel {
        uint256 classId;
        uint32 lot;
        uint256 asset;
        uint256 numerator;
        uint256 denominator;
        uint256 operatorBps;
        bool refundable;
        bool expiredToClass;
        bool onMarket;
        uint256 outstanding;
        uint256 spent;
        uint256 escrow;
        uint32 policyVersion;
        uint64 listed;
    }

    struct ChannelModel {
        Channel channel;
        bytes32 id;
        uint256 token;
        uint64 signed;
        uint64 captured;
        uint256 openedAt;
        bool open;
    }

    struct PolicyModel {
        string uri;
        bytes32 hash;
    }

    struct AllowanceModel {
        address owner;
        uint256 scope;
        address operator;
        uint64 units;
        uint64 expireAt;
    }

    uint256[] internal classIds;
    TokenModel[] internal tokens;
    LotModel[] internal lots;
    ChannelModel[] internal opened;
    mapping(uint256 classId => UnitsModel) internal units;
    mapping(uint256 classId => MoneyModel[2]) internal money;
    mapping(uint256 classId => EdgeModel[]) internal edges;
    mapping(uint256 classId => address) internal beneficiaryOf;
    mapping(address account => uint256[2]) internal owed;
    mapping(uint256 classId => uint256[2]) internal seenIndex;
    mapping(uint256 classId => uint256[2]) internal seenReceived;
    mapping(uint256 classId => uint32) internal policyVersionOf;
    /// @dev Version 1 is the first.
    mapping(uint256 classId => PolicyModel[]) internal policies;
    mapping(uint256 classId => uint256) internal mintedTokens;
    AllowanceModel[] internal allowances;
    mapping(address owner => mapping(uint256 classId => mapping(address operator => bool))) internal classOperators;
    mapping(uint256 tokenId => address) internal tokenApprovals;
    mapping(address owner => uint256) internal noncesUsed;
    address[] internal accounts;
    uint256[2] internal balance;
    mapping(uint256 tokenId => uint256) internal revocableFrom;
    /// @dev Whose unbacked value keeps its expiry (P22), and whose shares outlive expiry (P21).
    uint256 internal keepingClass;
    uint256 internal outlivingClass;

    function assetOf(uint256 asset) internal view returns (address) {
        return asset == 0 ? ETH : address(usd);
    }

    function expired(TokenModel storage t) internal view returns (bool) {
        return t.expireAt != 0 && block.timestamp > t.expireAt;
    }

    /// @notice Enters after `activateAt` (P17), as it leaves after `expireAt`, if it does (P21).
    function active(TokenModel storage t) internal view returns (bool) {
        return (!expired(t) || t.classId == outlivingClass) && block.timestamp > t.activateAt;
    }

    function activeShare(uint256 classId) internal view returns (uint256 total) {
        for (uint256 i = 0; i < tokens.length; ++i) {
            if (tokens[i].classId == classId && active(tokens[i])) total += tokens[i].share;
        }
    }

    function royaltyBpsOf(uint256 classId) internal view returns (uint256 sum) {
        for (uint256 i = 0; i < edges[classId].length; ++i) {
            sum += edges[classId][i].royaltyBps;
        }
    }

    /// @notice Revenue pays every active share at once; the remainder waits for the next revenue (P1-P5, R20).
    function accrue(uint256 classId, uint256 asset, uint256 amount) internal {
        MoneyModel storage m = money[classId][asset];
        uint256 holdersBps = 10_000 - royaltyBpsOf(classId);
        uint256 toHolders = (m.received + amount) * holdersBps / 10_000 - m.received * holdersBps / 10_000;
        m.received += amount;
        uint256 total = activeShare(classId);
        if (total == 0) {
            address beneficiary = beneficiaryOf[classId];
            if (beneficiary == address(0)) {
                m.orphan += toHolders;
            } else {
                m.beneficiary += toHolders;
                owed[beneficiary][asset] += toHolders;
            }
            return;
        }
        uint256 scaled = ((toHolders + m.orphan) << SCALE_BITS) + m.carry;
        m.orphan = 0;
        m.carry = scaled % total;
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[i];
            if (t.classId == classId && active(t)) t.earnedScaled[asset] += t.share * (scaled / total);
        }
    }

    function earned(TokenModel storage t, uint256 asset) internal view returns (uint256) {
        return t.earnedScaled[asset] >> SCALE_BITS;
    }

    function due(uint256 classId, uint256 edge, uint256 asset) internal view returns (uint256) {
        EdgeModel storage e = edges[classId][edge];
        return money[classId][asset].received * e.royaltyBps / 10_000 - e.collected[asset];
    }

    function collected(uint256 classId, uint256 edge, uint256 asset) internal returns (uint256 amount) {
        EdgeModel storage e = edges[classId][edge];
        amount = due(classId, edge, asset);
        if (amount == 0) return 0;
        e.collected[asset] += amount;
        money[classId][asset].royaltiesOut += amount;
        money[e.parentId][asset].royaltiesIn += amount;
        accrue(e.parentId, asset, amount);
    }

    /// @notice Units of a lot are spent: R2 and R3. `operatorBps` is zero for usage that its holder records.
    function spend(TokenModel storage t, uint256 amount, uint256 operatorBps, address to) internal {
        (bool backed, uint256 index) = lotIndexOf(t);
        if (!backed) return;
        LotModel storage l = lots[index];
        uint256 released = l.numerator * (l.spent + amount) / l.denominator - l.numerator * l.spent / l.denominator;
        l.spent += amount;
        uint256 cut = released * operatorBps / 10_000;
        owed[to][l.asset] += cut;
        money[t.classId][l.asset].operators += cut;
        leaveLot(l, amount, released, released - cut);
    }

    /// @notice Units leave a lot for good; what `released` leaves behind when nothing is outstanding goes to the class.
    function leaveLot(LotModel storage l, uint256 amount, uint256 released, uint256 revenue) internal {
        l.outstanding -= amount;
        l.escrow -= released;
        if (l.outstanding == 0) {
            revenue += l.escrow;
            l.escrow = 0;
        }
        if (revenue != 0) accrue(l.classId, l.asset, revenue);
    }

    function lotIndexOf(TokenModel storage t) internal view returns (bool backed, uint256 index) {
        for (index = 0; index < lots.length; ++index) {
            if (lots[index].classId == t.classId && lots[index].lot == t.lot) return (true, index);
        }
        return (false, 0);
    }

    /// @notice Whether a later policy was published: the lot sells, tops up and renews nothing (R25).
    function isSuperseded(TokenModel storage t) internal view returns (bool) {
        (bool backed, uint256 index) = lotIndexOf(t);
        // An unbacked lot bears the number of its policy version.
        return (backed ? lots[index].policyVersion : t.lot) != policyVersionOf[t.classId];
    }

    /// @notice Units of a token that open channels hold.
    function lockedOf(uint256 at) internal view returns (uint256 sum) {
        for (uint256 i = 0; i < opened.length; ++i) {
            if (!opened[i].open || opened[i].token != at) continue;
            (, uint64 left,) = token.lockInfo(address(channels), opened[i].id);
            sum += left;
        }
    }

    /// @notice What the token contract holds.
    function held(uint256 asset) internal view returns (uint256) {
        return asset == 0 ? address(token).balance : usd.balanceOf(address(token));
    }

    /// @notice Notes what each token had, and had earned, when it was first seen expired (L7).
    function noteExpiries() internal {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[i];
            if (t.seenExpired || !expired(t)) continue;
            t.seenExpired = true;
            t.valueAtExpiry = core.valueOf(t.tokenId) + lockedOf(i);
            for (uint256 asset = 0; asset < 2; ++asset) {
                t.earnedAtExpiry[asset] = core.pendingRevenue(t.tokenId, assetOf(asset)) + t.claimed[asset];
            }
        }
    }

    /// @notice Notes how far the classes have come: none of it goes back (P4).
    function noteProgress() internal {
        for (uint256 i = 0; i < classIds.length; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                RevenueInfo memory info = token.revenueInfo(classIds[i], assetOf(asset));
                (seenIndex[classIds[i]][asset], seenReceived[classIds[i]][asset]) = (info.index, info.received);
            }
        }
    }

    function noteAllowance(address owner, uint256 scope, address operator, uint64 units_, uint64 expireAt) internal {
        uint256 at = allowanceIndexOf(owner, scope, operator);
        if (at == allowances.length) allowances.push(AllowanceModel(owner, scope, operator, 0, 0));
        (allowances[at].units, allowances[at].expireAt) = (units_, expireAt);
    }

    function allowanceIndexOf(address owner, uint256 scope, address operator) internal view returns (uint256 at) {
        for (; at < allowances.length; ++at) {
            AllowanceModel storage a = allowances[at];
            if (a.owner == owner && a.scope == scope && a.operator == operator) return at;
        }
    }

    /// @notice Zero when expired, or never given.
    function allowanceOf(address owner, uint256 scope, address operator) internal view returns (uint64) {
        uint256 at = allowanceIndexOf(owner, scope, operator);
        if (at == allowances.length) return 0;
        AllowanceModel storage a = allowances[at];
        return a.expireAt == 0 || block.timestamp <= a.expireAt ? a.units : 0;
    }

    /// @notice Use takes from the token's allowance if that suffices, else from the class's, and needs one of them (P13).
    function takeAllowanceInModel(address owner, TokenModel storage t, address operator, uint64 amount)
        internal
        returns (bool allowed)
    {
        if (classOperators[owner][t.classId][operator]) return true;
        uint256[2] memory scopes = [t.tokenId, t.classId];
        for (uint256 i = 0; i < 2; ++i) {
            uint64 left = allowanceOf(owner, scopes[i], operator);
            if (left == 0 || left < amount) continue;
            allowances[allowanceIndexOf(owner, scopes[i], operator)].units = left - amount;
            return true;
        }
    }
}
