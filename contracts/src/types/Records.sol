// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassKind, Parent} from "../interfaces/IDATClasses.sol";

/// @dev One slot. `owner` is never zero for a token that exists.
struct Token {
    address owner; // 160
    uint64 value; // 224: spendable units, locked ones excluded
    uint32 expireAt; // 256: last valid second, 0 for ever
}

/// @dev One slot, written only for tokens that carry a share.
struct Share {
    uint32 ratio; // 32: weight, saturated (P10)
    uint32 entryEpoch; // 64: the class's epoch that began with this share (P1)
}

/// @dev One slot: what a mint reads and writes. `issuer` is never zero for a class that exists.
struct ClassHead {
    address issuer; // 160
    uint32 policyVersion; // 192: current, from 1
    uint32 tokenCount; // 224: the last token's serial
    uint8 unitDecimals; // 232
    ClassKind kind; // 240
}

/// @dev One slot: what a settlement reads.
struct ClassShare {
    uint48 totalShare; // 48: active weight, expired but unsynced shares included
    uint32 epoch; // 80: counts the changes of totalShare
    uint32 nextExpiry; // 112: earliest pending expiry, 0 for none
    uint8 expiryCount; // 120: pending distinct expiries, at most 64 (R21)
    uint16 royaltyBps; // 136: sum over the edges to parents
    uint32 lotCount; // 168: backed lots
    uint32 orphanAssets; // 200: assets in which orphan revenue waits (R20)
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

/// @dev One slot: the shares of a class that expire in the same second.
struct ExpiryBucket {
    uint48 weight; // 48
    uint32 exitEpoch; // 80: the epoch that began when they left the total; 0 while they have not
}

/// @dev Four slots; a capture reads the first three.
struct Lot {
    address asset; // 160
    uint32 policyVersion; // 192
    uint16 operatorBps; // 208
    bool refundable; // 216
    bool expiredToClass; // 224
    // next slot
    uint96 priceNumerator; // 96
    uint64 priceDenominator; // 160
    // next slot
    uint64 outstanding; // 64: outstanding + spent never exceeds 2^64 - 1
    uint64 spent; // 128
    uint96 escrow; // 224
    // next slot
    address seller;
}

/// @dev One slot. After the lock's end `lockedAt` remains, so that its id stays used.
struct Lock {
    uint128 tokenId; // 128
    uint64 remaining; // 192
    uint40 lockedAt; // 232
}

/// @dev The revenue of one class in one asset.
struct Ledger {
    uint160 index; // 160: revenue per unit of share, scaled by 2^48, rounded down
    uint48 carry; // 208: what the index could not divide, scaled by 2^48
    uint32 lastEpoch; // 240: the epoch of the newest checkpoint
    // next slot
    uint112 received; // 112: revenue ever received
    uint112 claimed; // 224: paid to holders or passed to the beneficiary
    uint32 checkpointCount; // 256
    // next slot
    uint112 orphan; // 112: waits for the next active shares
    uint112 backing; // 224: escrow of all lots of the class in this asset
    // next slots
    mapping(uint256 position => Checkpoint) checkpoints;
    mapping(uint256 tokenId => ClaimState) claims;
    mapping(uint256 parentIndex => uint256 amount) collected;
}

/// @dev One slot: the index before the first settlement of an epoch. Epochs without a settlement have none.
struct Checkpoint {
    uint32 epoch; // 32
    uint160 index; // 192
}

/// @dev One slot: how far a token has claimed. Both zero: it has not, and starts at the index of its entry.
/// The fraction makes any sequence of claims pay exactly what one claim at its end would.
struct ClaimState {
    uint160 index; // 160
    uint48 fraction; // 208: earned below one smallest unit, scaled by 2^48
}
