// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassHead} from "./Class.sol";

/// @dev Four slots; a capture reads the first three and writes the third.
struct Lot {
    LotHead head;
    LotPrice price;
    LotSupply supply;
    address seller; // never zero for a lot that exists
}

/// @dev asset(160) | policyVersion(32) | operatorBps(16) | refundable(8) | expiredToClass(8)
type LotHead is uint256;

using {asset, policyVersion, operatorBps, refundable, expiredToClass, isSuperseded, withRefunds} for LotHead global;

function packLotHead(address asset_, uint32 policyVersion_, uint16 operatorBps_, bool refundable_, bool expiredToClass_)
    pure
    returns (LotHead)
{
    return LotHead.wrap(
        uint160(asset_) | uint256(policyVersion_) << 160 | uint256(operatorBps_) << 192 | (refundable_ ? 1 << 208 : 0)
            | (expiredToClass_ ? 1 << 216 : 0)
    );
}

// The casts below keep exactly the bits of their field.

function asset(LotHead head) pure returns (address) {
    return address(uint160(LotHead.unwrap(head)));
}

function policyVersion(LotHead head) pure returns (uint32) {
    return uint32(LotHead.unwrap(head) >> 160);
}

function operatorBps(LotHead head) pure returns (uint16) {
    return uint16(LotHead.unwrap(head) >> 192);
}

function refundable(LotHead head) pure returns (bool) {
    return LotHead.unwrap(head) & 1 << 208 != 0;
}

function expiredToClass(LotHead head) pure returns (bool) {
    return LotHead.unwrap(head) & 1 << 216 != 0;
}

/// @dev Whether the lot's policy is not the class's current one (R25). Both heads have the version in the same place.
function isSuperseded(LotHead head, ClassHead class_) pure returns (bool) {
    return (LotHead.unwrap(head) ^ ClassHead.unwrap(class_)) & uint256(type(uint32).max) << 160 != 0;
}

function withRefunds(LotHead head) pure returns (LotHead) {
    return LotHead.wrap(LotHead.unwrap(head) | 1 << 208);
}

/// @dev numerator(96) | denominator(64): smallest units of the asset for units of value.
type LotPrice is uint256;

using {numerator, denominator, costDown, costUp} for LotPrice global;

function packLotPrice(uint96 numerator_, uint64 denominator_) pure returns (LotPrice) {
    return LotPrice.wrap(numerator_ | uint256(denominator_) << 96);
}

function numerator(LotPrice price) pure returns (uint96) {
    return uint96(LotPrice.unwrap(price));
}

function denominator(LotPrice price) pure returns (uint64) {
    return uint64(LotPrice.unwrap(price) >> 96);
}

function costDown(LotPrice price, uint64 units) pure returns (uint256) {
    // No overflow: 96 and 64 bits. No lot has a zero denominator.
    unchecked {
        return uint256(price.numerator()) * units / price.denominator();
    }
}

function costUp(LotPrice price, uint64 units) pure returns (uint256) {
    // No overflow: 96 and 64 bits, and then 64 more.
    unchecked {
        uint256 divisor = price.denominator();
        return (uint256(price.numerator()) * units + divisor - 1) / divisor;
    }
}

/// @dev outstanding(64) | spent(64) | escrow(96). outstanding + spent never exceeds 2^64 - 1.
type LotSupply is uint256;

using {outstanding, spent, escrow} for LotSupply global;

function packLotSupply(uint64 outstanding_, uint64 spent_, uint96 escrow_) pure returns (LotSupply) {
    return LotSupply.wrap(outstanding_ | uint256(spent_) << 64 | uint256(escrow_) << 128);
}

function outstanding(LotSupply supply) pure returns (uint64) {
    return uint64(LotSupply.unwrap(supply));
}

function spent(LotSupply supply) pure returns (uint64) {
    return uint64(LotSupply.unwrap(supply) >> 64);
}

function escrow(LotSupply supply) pure returns (uint96) {
    return uint96(LotSupply.unwrap(supply) >> 128);
}
