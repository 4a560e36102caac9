// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATApprovals} from "../../src/interfaces/IDATApprovals.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATLifecycle, SplitPart} from "../../src/interfaces/IDATLifecycle.sol";
import {IDATLocks} from "../../src/interfaces/IDATLocks.sol";
import {IDATRenewals} from "../../src/interfaces/IDATRenewals.sol";
import {IDATRevocations} from "../../src/interfaces/IDATRevocations.sol";
import {IDATLots} from "../../src/interfaces/IDATLots.sol";
import {IValueMarket} from "../../src/interfaces/IValueMarket.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {World} from "./World.sol";

/// @notice Who may do what: approvals and permits given, used and withdrawn, policies published, and what nobody may do.
abstract contract Authority is World {
    bytes32 private constant CLASS_PERMIT = keccak256(
        "ClassPermit(address owner,uint256 classId,address operator,bool approved,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant USAGE_PERMIT = keccak256(
        "UsagePermit(address owner,uint256 scope,address operator,uint64 units,uint64 expireAt,uint256 nonce,uint256 deadline)"
    );
    uint256 private constant TRESPASSES = 18;
    uint256 private constant MOST_LOTS = 24;

    address internal bystander = makeAddr("bystander");
    uint256 internal bystandersToken;
    uint256 internal trespasses;
    uint256 internal refusedUses;

    function setUp() public virtual override {
        super.setUp();
        // A class of its own, which no action but a trespass touches.
        bystandersToken = mint(createClass(), bystander, 77, 7, 0);
    }

    function aScope(address owner, uint256 seed) private view returns (uint256) {
        if (seed % 2 == 0 || tokens.length == 0) return aClass(seed / 2);
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 tokenId = tokens[(seed / 2 % tokens.length + i) % tokens.length].tokenId;
            if (core.ownerOf(tokenId) == owner) return tokenId;
        }
        return aClass(seed / 2);
    }

    /// @notice Holders' keys are made from their names.
    function signAs(uint256 who, bytes32 structHash) private view returns (bytes memory) {
        uint256 key = uint256(keccak256(abi.encodePacked("holder ", vm.toString(who % holders.length))));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function approveUsage(uint256 who, uint256 scopeSeed, uint64 amount, uint256 until) external {
        address owner = aHolder(who);
        uint256 scope = aScope(owner, scopeSeed);
        amount = uint64(bound(amount, 0, 1e9));
        uint64 expireAt = anExpiry(until);
        if (until % 2 == 0) {
            vm.prank(owner);
            token.approveUsage(scope, operators[who / 5 % 2], amount, expireAt);
        } else {
            permitUsage(who, scope, amount, expireAt);
        }
        noteAllowance(owner, scope, operators[who / 5 % 2], amount, expireAt);
    }

    function permitUsage(uint256 who, uint256 scope, uint64 amount, uint64 expireAt) private {
        address owner = aHolder(who);
        address operator_ = operators[who / 5 % 2];
        uint256 nonce = noncesUsed[owner]++;
        bytes memory signature = signAs(
            who, keccak256(abi.encode(USAGE_PERMIT, owner, scope, operator_, amount, expireAt, nonce, block.timestamp))
        );
        token.permitUsage(owner, scope, operator_, amount, expireAt, block.timestamp, signature);
    }

    function approveForClass(uint256 who, uint256 class_, uint256 way) external {
        uint256 classId = aClass(class_);
        // Withdrawn twice as often as given, so that allowances matter.
        bool approved = way % 3 == 0;
        if (way % 2 == 0) {
            vm.prank(aHolder(who));
            core.approveForClass(classId, operators[who / 5 % 2], approved);
        } else {
            permitForClass(who, classId, approved);
        }
        classOperators[aHolder(who)][classId][operators[who / 5 % 2]] = approved;
    }

    function permitForClass(uint256 who, uint256 classId, bool approved) private {
        address owner = aHolder(who);
        address operator_ = operators[who / 5 % 2];
        uint256 nonce = noncesUsed[owner]++;
        bytes memory signature = signAs(
            who, keccak256(abi.encode(CLASS_PERMIT, owner, classId, operator_, approved, nonce, block.timestamp))
        );
        token.permitForClass(owner, classId, operator_, approved, block.timestamp, signature);
    }

    function cancelPermits(uint256 who) external {
        vm.prank(aHolder(who));
        token.cancelPermits();
        ++noncesUsed[aHolder(who)];
    }

    /// @notice An operator records what it was allowed to, and is refused what it was not (P13).
    function useApproved(uint256 which, uint256 who, uint64 amount) external {
        uint256 at = aLiveTokenWithValue(which);
        if (at == NONE) return;
        TokenModel storage t = tokens[at];
        amount = uint64(bound(amount, 1, core.valueOf(t.tokenId)));
        address operator_ = operators[who % 2];
        bool allowed = takeAllowanceInModel(core.ownerOf(t.tokenId), t, operator_, amount);
        vm.prank(operator_);
        (bool done,) =
            address(token).call(abi.encodeCall(IDATCore.recordUsage, (t.tokenId, keccak256("inference_calls"), amount)));
        assertEq(done, allowed, "P13: an operator records what it was allowed to");
        if (!allowed) {
            ++refusedUses;
            return;
        }
        units[t.classId].recorded += amount;
        spend(t, amount, 0, address(0));
    }

    function approveToken(uint256 which, uint256 to) external {
        if (tokens.length == 0) return;
        uint256 tokenId = tokens[which % tokens.length].tokenId;
        address approved = to % 3 == 0 ? address(0) : aHolder(to);
        vm.prank(core.ownerOf(tokenId));
        token.approve(approved, tokenId);
        tokenApprovals[tokenId] = approved;
    }

    function transferApproved(uint256 which, uint256 to) external {
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 tokenId = tokens[(which % tokens.length + i) % tokens.length].tokenId;
            address approved = tokenApprovals[tokenId];
            if (approved == address(0)) continue;
            address owner = core.ownerOf(tokenId);
            vm.prank(approved);
            token.transferFrom(owner, aHolder(to), tokenId);
            delete tokenApprovals[tokenId];
            return;
        }
    }

    /// @notice A new policy, and two lots under it; what was sold before keeps its terms (P18, L10).
    function publishPolicy(uint256 seed) external {
        uint256 classId = aClass(seed);
        if (seed / 5 % 4 != 0 || lots.length >= MOST_LOTS) return;
        string memory uri = string.concat("ipfs://dearer/", vm.toString(seed));
        vm.prank(issuer);
        policyVersionOf[classId] = token.publishPolicy(classId, uri, bytes32(seed | 1));
        policies[classId].push(PolicyModel(uri, bytes32(seed | 1)));
        addLot(classId, 0, uint96(bound(seed, 1, 1e6)), uint64(bound(seed / 7, 1, 1e3)), 100, true, false);
        addLot(classId, 1, uint96(bound(seed / 3, 1, 1e6)), uint64(bound(seed / 9, 1, 1e3)), 0, false, true);
    }

    /// @notice The one term of a lot that may change, and only in its holders' favour (R25).
    function openRefunds(uint256 lot) external {
        LotModel storage l = lots[lot % lots.length];
        if (l.refundable || lot / lots.length % 4 != 0) return;
        vm.prank(issuer);
        token.openRefunds(l.classId, l.lot);
        l.refundable = true;
    }

    /// @notice Whatever somebody without rights tries is refused.
    function trespass(uint256 which, uint256 way) external {
        uint256 tokenId = bystandersToken;
        if (way % 5 != 0 && tokens.length != 0) tokenId = tokens[which % tokens.length].tokenId;
        bytes memory attempt = way / 5 % 2 == 0
            ? aWrongUseOf(tokenId, way / 10 % TRESPASSES)
            : aWrongIssue(tokenId, way / 10 % TRESPASSES);
        bool ofMarket = bytes4(attempt) == IValueMarket.openListing.selector
            || bytes4(attempt) == IValueMarket.closeListing.selector;
        vm.prank(stranger);
        (bool done,) = (ofMarket ? address(market) : address(token)).call(attempt);
        assertFalse(done, "P11-P13, P16: a stranger may not");
        ++trespasses;
    }

    function aWrongUseOf(uint256 tokenId, uint256 way) private view returns (bytes memory) {
        address owner = core.ownerOf(tokenId);
        uint256[] memory alone = new uint256[](1);
        alone[0] = tokenId;
        if (way == 0) return abi.encodeCall(IDATCore.transferToken, (tokenId, stranger));
        if (way == 1) return abi.encodeCall(IERC721.transferFrom, (owner, stranger, tokenId));
        if (way == 2) return abi.encodeCall(IERC721.approve, (stranger, tokenId));
        if (way == 3) return abi.encodeCall(IDATCore.recordUsage, (tokenId, bytes32("calls"), 1));
        if (way == 4) return abi.encodeCall(IDATLocks.lock, (tokenId, 1, address(channels), ""));
        if (way == 5) return abi.encodeCall(IDATLots.refund, (tokenId, 1, payable(stranger)));
        if (way == 6) return abi.encodeCall(IDATCore.claim, (tokenId, ETH, payable(stranger)));
        if (way == 7) return abi.encodeCall(IDATLifecycle.burnValue, (tokenId, 1));
        if (way == 8) return abi.encodeCall(IDATLifecycle.retireShare, (tokenId));
        if (way == 9) return abi.encodeCall(IDATLifecycle.split, (tokenId, new SplitPart[](1)));
        if (way == 10) return abi.encodeCall(IDATLifecycle.merge, (alone, bystandersToken));
        if (way == 11) return abi.encodeCall(IDATCore.transferValue, (tokenId, bystandersToken, 1));
        if (way == 12) return abi.encodeCall(IDATLocks.returnLock, (bytes32(tokenId)));
        bytes memory nobodys = abi.encodePacked(bytes32(way), bytes32(way), uint8(27));
        if (way == 13) {
            return abi.encodeCall(IDATApprovals.permitUsage, (owner, tokenId, stranger, 1, 0, block.timestamp, nobodys));
        }
        return abi.encodeCall(
            IDATApprovals.permitForClass, (owner, core.classOf(tokenId), stranger, true, block.timestamp, nobodys)
        );
    }

    function aWrongIssue(uint256 tokenId, uint256 way) private view returns (bytes memory) {
        uint256 classId = core.classOf(tokenId);
        uint32 lot = uint32(tokenId >> 32);
        if (way == 0) return abi.encodeCall(IDATCore.mint, (classId, stranger, 1, 1, 0));
        if (way == 1) return abi.encodeCall(IDATLots.mintFromLot, (classId, lot, stranger, 1, 0));
        if (way == 2) return abi.encodeCall(IDATLots.createLot, (classId, lotTerms(ETH, 1, 1)));
        if (way == 3) return abi.encodeCall(IDATClasses.publishPolicy, (classId, "ipfs://free", bytes32(way)));
        if (way == 4) return abi.encodeCall(IDATCore.updateClassPolicy, (classId, "ipfs://free"));
        if (way == 5) return abi.encodeCall(IDATCore.updateClassMetadata, (classId, "ipfs://mine", bytes32(way)));
        if (way == 6) return abi.encodeCall(IDATClasses.transferIssuer, (classId, stranger));
        if (way == 7) return abi.encodeCall(IDATClasses.acceptIssuer, (classId));
        if (way == 8) return abi.encodeCall(IDATLifecycle.topUp, (tokenId, 1));
        if (way == 9) return abi.encodeCall(IValueMarket.openListing, (classId, lot, 1, 0));
        if (way == 10) return abi.encodeCall(IDATRevocations.announceRevocation, (tokenId, "reason"));
        if (way == 11) return abi.encodeCall(IDATRevocations.revoke, (tokenId));
        if (way == 12) return abi.encodeCall(IDATRenewals.renew, (tokenId, type(uint32).max));
        if (way == 13) return abi.encodeCall(IDATRenewals.offerShareRenewal, (tokenId, type(uint32).max));
        return abi.encodeCall(IValueMarket.closeListing, (classId, lot));
    }
}
