// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev One slot: owner(160) | value(64) | expireAt(32), from the lowest bit. `owner` is never zero for a token that exists;
/// `value` counts spendable units, locked ones excluded; `expireAt` is the last valid second, 0 for ever.
type Token is uint256;

using {owner, value, expireAt, withOwner, withValue, withExpiry} for Token global;

function packToken(address owner_, uint64 value_, uint32 expireAt_) pure returns (Token) {
    return Token.wrap(uint160(owner_) | uint256(value_) << 160 | uint256(expireAt_) << 224);
}

// The casts below keep exactly the bits of their field.

function owner(Token token) pure returns (address) {
    return address(uint160(Token.unwrap(token)));
}

function value(Token token) pure returns (uint64) {
    return uint64(Token.unwrap(token) >> 160);
}

function expireAt(Token token) pure returns (uint32) {
    return uint32(Token.unwrap(token) >> 224);
}

function withOwner(Token token, address owner_) pure returns (Token) {
    return Token.wrap(Token.unwrap(token) >> 160 << 160 | uint160(owner_));
}

function withValue(Token token, uint64 value_) pure returns (Token) {
    return Token.wrap(Token.unwrap(token) & ~(uint256(type(uint64).max) << 160) | uint256(value_) << 160);
}

function withExpiry(Token token, uint32 expireAt_) pure returns (Token) {
    return Token.wrap(Token.unwrap(token) << 32 >> 32 | uint256(expireAt_) << 224);
}

/// @dev One slot, written only for tokens that carry a share: ratio(32) | entryEpoch(32) | activateAt(32) |
/// retiredRatio(32) | exitEpoch(32) | outlivesExpiry(1). The weight is
/// saturated (P10); the class's epoch `entryEpoch` began with this share (P1), or, where it is to enter after `activateAt`,
/// the epoch is that of this moment's bucket (P17). A retired share has ratio 0 and what it was in `retiredRatio`; it earned
/// until `exitEpoch` began (R22). One that outlives the expiry of its token earns until it is retired (P21).
type Share is uint256;

/// @dev In its place. A literal, so that nothing is computed.
uint256 constant OUTLIVES_EXPIRY = 1 << 160;

using {
    ratio,
    entry,
    activateAt,
    isRetired,
    retiredRatio,
    exitEpoch,
    outlivesExpiry,
    withRatio,
    withoutExpiry,
    begunAnew
} for Share global;

function packShare(uint32 ratio_, uint32 entryEpoch_) pure returns (Share) {
    return Share.wrap(ratio_ | uint256(entryEpoch_) << 32);
}

function packPendingShare(uint32 ratio_, uint32 activateAt_) pure returns (Share) {
    return Share.wrap(ratio_ | uint256(activateAt_) << 64);
}

function packRetiredShare(Share share, uint32 exitEpoch_) pure returns (Share) {
    return Share.wrap(
        (Share.unwrap(share) & ~OUTLIVES_EXPIRY) >> 32 << 32 | uint256(share.ratio()) << 96 | uint256(exitEpoch_) << 128
    );
}

/// @dev Of the same weight and terms, and entering with `entryEpoch_`.
function begunAnew(Share share, uint32 entryEpoch_) pure returns (Share) {
    return Share.wrap(Share.unwrap(share) & (OUTLIVES_EXPIRY | type(uint32).max) | uint256(entryEpoch_) << 32);
}

function withRatio(Share share, uint32 ratio_) pure returns (Share) {
    return Share.wrap(Share.unwrap(share) >> 32 << 32 | ratio_);
}

function withoutExpiry(Share share) pure returns (Share) {
    return Share.wrap(Share.unwrap(share) | OUTLIVES_EXPIRY);
}

function ratio(Share share) pure returns (uint32) {
    return uint32(Share.unwrap(share));
}

/// @dev Of a share that is not retired: the entry epoch, or, above 32 bits, when the share enters.
function entry(Share share) pure returns (uint256) {
    return uint64(Share.unwrap(share) >> 32);
}

function activateAt(Share share) pure returns (uint32) {
    return uint32(Share.unwrap(share) >> 64);
}

function isRetired(Share share) pure returns (bool) {
    return share.ratio() == 0 && Share.unwrap(share) != 0;
}

function retiredRatio(Share share) pure returns (uint32) {
    return uint32(Share.unwrap(share) >> 96);
}

function exitEpoch(Share share) pure returns (uint32) {
    return uint32(Share.unwrap(share) >> 128);
}

function outlivesExpiry(Share share) pure returns (bool) {
    return Share.unwrap(share) & OUTLIVES_EXPIRY != 0;
}
