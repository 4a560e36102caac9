// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassKind, Parent} from "../interfaces/IDATClasses.sol";
import {NON_TRANSFERABLE_BIT} from "./TokenId.sol";

/// @dev One slot, what a mint reads and writes: issuer(160) | policyVersion(32) | tokenCount(31) | nonTransferable(1) | unitDecimals(8) | kind(8) |
/// hasShareTerms(1) | hasNotice(1) | keepsExpiry(1).
/// `issuer` is never zero for a class that exists; versions run from 1; `tokenCount` is the last token's serial,
/// but for the highest bit, which comes next and is part of every serial of the class.
/// The last three say that the class's options concern mints of shares (P17, P21), policies (P18), or moves of value (P22).
type ClassHead is uint256;

/// @dev `tokenCount` at its highest, in its place. Literals, so that nothing is computed.
uint256 constant LAST_TOKEN = 0x7fffffff << 192;

using {
    issuer,
    policyVersion,
    tokenCount,
    lastSerial,
    unitDecimals,
    kind,
    withIssuer,
    hasShareTerms,
    hasNotice,
    keepsExpiry,
    withNextPolicy,
    withNextToken,
    withShareTerms,
    withNotice,
    withKeptExpiry,
    withoutTransfers
} for ClassHead global;

function packClassHead(address issuer_, uint32 policyVersion_, uint8 unitDecimals_, ClassKind kind_)
    pure
    returns (ClassHead)
{
    return ClassHead.wrap(
        uint160(issuer_) | uint256(policyVersion_) << 160 | uint256(unitDecimals_) << 224 | uint256(kind_) << 232
    );
}

// The casts below keep exactly the bits of their field.

function issuer(ClassHead head) pure returns (address) {
    return address(uint160(ClassHead.unwrap(head)));
}

function policyVersion(ClassHead head) pure returns (uint32) {
    return uint32(ClassHead.unwrap(head) >> 160);
}

function tokenCount(ClassHead head) pure returns (uint32) {
    return head.lastSerial() & ~NON_TRANSFERABLE_BIT;
}

function lastSerial(ClassHead head) pure returns (uint32) {
    return uint32(ClassHead.unwrap(head) >> 192);
}

function unitDecimals(ClassHead head) pure returns (uint8) {
    return uint8(ClassHead.unwrap(head) >> 224);
}

function kind(ClassHead head) pure returns (ClassKind) {
    return ClassKind(uint8(ClassHead.unwrap(head) >> 232));
}

function hasShareTerms(ClassHead head) pure returns (bool) {
    return ClassHead.unwrap(head) & 1 << 240 != 0;
}

function hasNotice(ClassHead head) pure returns (bool) {
    return ClassHead.unwrap(head) & 1 << 241 != 0;
}

function keepsExpiry(ClassHead head) pure returns (bool) {
    return ClassHead.unwrap(head) & 1 << 242 != 0;
}

function withShareTerms(ClassHead head) pure returns (ClassHead) {
    return ClassHead.wrap(ClassHead.unwrap(head) | 1 << 240);
}

function withNotice(ClassHead head) pure returns (ClassHead) {
    return ClassHead.wrap(ClassHead.unwrap(head) | 1 << 241);
}

function withKeptExpiry(ClassHead head) pure returns (ClassHead) {
    return ClassHead.wrap(ClassHead.unwrap(head) | 1 << 242);
}

function withIssuer(ClassHead head, address issuer_) pure returns (ClassHead) {
    return ClassHead.wrap(ClassHead.unwrap(head) >> 160 << 160 | uint160(issuer_));
}

/// @dev The caller has seen that the version has room.
function withNextPolicy(ClassHead head) pure returns (ClassHead) {
    return ClassHead.wrap(ClassHead.unwrap(head) + (1 << 160));
}

function withoutTransfers(ClassHead head) pure returns (ClassHead) {
    return ClassHead.wrap(ClassHead.unwrap(head) | uint256(NON_TRANSFERABLE_BIT) << 192);
}

/// @dev Fails when 2^31 - 1 tokens exist.
function withNextToken(ClassHead head) pure returns (ClassHead) {
    assert(ClassHead.unwrap(head) & LAST_TOKEN != LAST_TOKEN);
    return ClassHead.wrap(ClassHead.unwrap(head) + (1 << 192));
}

/// @dev One slot, what a settlement reads: totalShare(48) | epoch(32) | nextExpiry(32) | expiryCount(8) | royaltyBps(16) |
/// lotCount(32) | orphanAssets(32). `totalShare` includes expired but unsynced shares; `epoch` counts its changes;
/// `nextExpiry` is the earliest pending expiry, 0 for none, of `expiryCount` (R21); `royaltyBps` sums the edges to parents;
/// orphan revenue waits in `orphanAssets` assets (R20).
type ClassShare is uint256;

using {
    totalShare,
    epoch,
    nextExpiry,
    expiryCount,
    royaltyBps,
    lotCount,
    orphanAssets,
    withTotal,
    withExpiries,
    withRoyaltyBps,
    withNextLot,
    withMoreOrphans,
    withFewerOrphans
} for ClassShare global;

function totalShare(ClassShare share) pure returns (uint48) {
    return uint48(ClassShare.unwrap(share));
}

function epoch(ClassShare share) pure returns (uint32) {
    return uint32(ClassShare.unwrap(share) >> 48);
}

function nextExpiry(ClassShare share) pure returns (uint32) {
    return uint32(ClassShare.unwrap(share) >> 80);
}

function expiryCount(ClassShare share) pure returns (uint8) {
    return uint8(ClassShare.unwrap(share) >> 112);
}

function royaltyBps(ClassShare share) pure returns (uint16) {
    return uint16(ClassShare.unwrap(share) >> 120);
}

function lotCount(ClassShare share) pure returns (uint32) {
    return uint32(ClassShare.unwrap(share) >> 136);
}

function orphanAssets(ClassShare share) pure returns (uint32) {
    return uint32(ClassShare.unwrap(share) >> 168);
}

/// @dev A new total begins a new epoch. A class has at most two for each of its fewer than 2^32 tokens; the check is for
/// the one that would not fit.
function withTotal(ClassShare share, uint48 totalShare_) pure returns (ClassShare) {
    uint32 next = share.epoch() + 1;
    return ClassShare.wrap(ClassShare.unwrap(share) >> 80 << 80 | uint256(next) << 48 | totalShare_);
}

function withExpiries(ClassShare share, uint32 nextExpiry_, uint8 count) pure returns (ClassShare) {
    return ClassShare.wrap(
        ClassShare.unwrap(share) & ~(uint256(type(uint40).max) << 80) | uint256(nextExpiry_) << 80 | uint256(count)
            << 112
    );
}

/// @dev Set once, when the class is created.
function withRoyaltyBps(ClassShare share, uint16 royaltyBps_) pure returns (ClassShare) {
    return ClassShare.wrap(ClassShare.unwrap(share) | uint256(royaltyBps_) << 120);
}

/// @dev The caller has seen that the number has room.
function withNextLot(ClassShare share) pure returns (ClassShare) {
    return ClassShare.wrap(ClassShare.unwrap(share) + (1 << 136));
}

/// @dev Fails when orphan revenue waits in 2^32 - 1 assets.
function withMoreOrphans(ClassShare share) pure returns (ClassShare) {
    assert(share.orphanAssets() != type(uint32).max);
    return ClassShare.wrap(ClassShare.unwrap(share) + (1 << 168));
}

/// @dev The caller takes the orphan revenue of an asset, so there is one.
function withFewerOrphans(ClassShare share) pure returns (ClassShare) {
    return ClassShare.wrap(ClassShare.unwrap(share) - (1 << 168));
}

/// @dev What is read rarely.
struct ClassRecord {
    string metadataURI;
    bytes32 integrityHash;
    address pendingIssuer;
    address beneficiary;
    Parent[] parents;
    mapping(uint32 policyVersion => Policy) policies;
}

struct Policy {
    string uri;
    bytes32 hash;
}

/// @dev A policy that waits for the end of its notice (P18); `effectiveAt` is 0 when there is none.
struct AnnouncedPolicy {
    string uri;
    bytes32 hash;
    uint64 effectiveAt;
}

/// @dev One slot: the shares of a class that leave, and those that enter, at the end of the same second.
struct ExpiryBucket {
    uint48 weight; // 48
    uint32 exitEpoch; // 80: the epoch that began when they left or entered the total; 0 while they have not
    uint48 entering; // 128
}
