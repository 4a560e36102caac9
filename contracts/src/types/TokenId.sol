// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev classId(64) << 64 | lot(32) << 32 | serial(32). The serial's highest bit is set in classes without transfers, so that a
/// transfer reads nothing to know it (ERC-5192). Ids made elsewhere name no token, whatever their bits say.
type TokenId is uint256;

using {classId, lot, lotKey, isBacked, isNonTransferable} for TokenId global;

/// @dev Unbacked lots bear the number of their policy version; backed lots have this bit set (R1).
uint32 constant BACKED_LOT_BIT = 1 << 31;

/// @dev Of a serial.
uint32 constant NON_TRANSFERABLE_BIT = 1 << 31;

function encodeTokenId(uint256 classId_, uint32 lot_, uint32 serial) pure returns (uint256) {
    return classId_ << 64 | uint256(lot_) << 32 | serial;
}

function classId(TokenId id) pure returns (uint256) {
    return TokenId.unwrap(id) >> 64;
}

function lot(TokenId id) pure returns (uint32) {
    // The cast keeps the 32 bits that are the lot.
    return uint32(TokenId.unwrap(id) >> 32);
}

/// @dev Key of the lot among the lots of all classes.
function lotKey(TokenId id) pure returns (uint256) {
    return TokenId.unwrap(id) >> 32;
}

function isBacked(TokenId id) pure returns (bool) {
    // The lot's highest bit, where the id has it.
    return TokenId.unwrap(id) & uint256(BACKED_LOT_BIT) << 32 != 0;
}

function isNonTransferable(TokenId id) pure returns (bool) {
    return TokenId.unwrap(id) & NON_TRANSFERABLE_BIT != 0;
}

function encodeLotKey(uint256 classId_, uint32 lot_) pure returns (uint256) {
    return classId_ << 32 | lot_;
}
