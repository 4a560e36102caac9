// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassOptions} from "../interfaces/IDATOptions.sol";
import {AnnouncedPolicy, ClassHead, ClassRecord, ClassShare, ExpiryBucket} from "../types/Class.sol";
import {Ledger} from "../types/Ledger.sol";
import {Lock} from "../types/Lock.sol";
import {Lot} from "../types/Lot.sol";
import {Revocation} from "../types/Revocation.sol";
import {SaleRoyalty} from "../types/SaleRoyalty.sol";
import {Share, Token} from "../types/Token.sol";
import {UsageAllowance} from "../types/UsageAllowance.sol";

/// @title DATStorage: the one storage layout of `DataAnchoringToken` and of its extensions.
/// @dev All inherit it first and declare no storage of their own, so that a delegated call finds every slot.
abstract contract DATStorage {
    string internal _name;
    string internal _symbol;

    // tokens
    mapping(uint256 tokenId => Token) internal _tokens;
    mapping(uint256 tokenId => Share) internal _shares;
    mapping(address owner => uint256) internal _balances;
    mapping(uint256 tokenId => address) internal _tokenApprovals;
    mapping(address owner => mapping(address operator => bool)) internal _operators;
    mapping(address owner => mapping(uint256 classId => mapping(address operator => bool))) internal _classOperators;
    /// @dev Bit `tokenId & 255` of word `tokenId >> 8`: `Expired` was emitted.
    mapping(uint256 word => uint256 bits) internal _expiredSeen;

    // classes
    uint256 internal _classCount;
    mapping(uint256 classId => ClassHead) internal _heads;
    mapping(uint256 classId => ClassShare) internal _classShares;
    mapping(uint256 classId => ClassRecord) internal _records;
    /// @dev Pending distinct expiries and activations, descending, so that the earliest is popped from the end.
    mapping(uint256 classId => uint32[64]) internal _expiries;
    mapping(uint256 classId => mapping(uint256 expireAt => ExpiryBucket)) internal _buckets;

    // lots and locks
    mapping(uint256 lotKey => Lot) internal _lots;
    mapping(address module => mapping(bytes32 lockId => Lock)) internal _locks;

    // money
    mapping(uint256 classId => mapping(address asset => Ledger)) internal _ledgers;
    mapping(address account => mapping(address asset => uint256)) internal _owed;
    mapping(address asset => uint256) internal _owedTotal;

    // scoped approvals and permits
    /// @dev A scope is a class id, below 2^64, or a token id, which is not.
    mapping(address owner => mapping(uint256 scope => mapping(address operator => UsageAllowance))) internal
        _usageAllowances;
    mapping(address owner => uint256) internal _nonces;

    // options and notice
    mapping(uint256 classId => ClassOptions) internal _classOptions;
    mapping(uint256 classId => AnnouncedPolicy) internal _announcedPolicies;

    // renewals, revocations and resale
    /// @dev Expiry that a token's holder may have for its share; 0: none.
    mapping(uint256 tokenId => uint32) internal _renewalOffers;
    mapping(uint256 tokenId => Revocation) internal _revocations;
    mapping(uint256 classId => SaleRoyalty) internal _saleRoyalties;
}
