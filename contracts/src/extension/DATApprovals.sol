// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDATApprovals} from "../interfaces/IDATApprovals.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {UsageAllowance} from "../types/UsageAllowance.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATApprovals: scoped usage approvals given, and permits (P13). `DATUsages` takes from them.
/// @dev OpenZeppelin's `EIP712` would declare storage; the domain is computed here instead, for the address that runs.
abstract contract DATApprovals is DATExtension, IDATApprovals {
    string private constant DOMAIN_NAME = "Kedge DataAnchoringToken";
    string private constant DOMAIN_VERSION = "1";
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant CLASS_PERMIT_TYPE = keccak256(
        "ClassPermit(address owner,uint256 classId,address operator,bool approved,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant USAGE_PERMIT_TYPE = keccak256(
        "UsagePermit(address owner,uint256 scope,address operator,uint64 units,uint64 expireAt,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IDATApprovals
    function approveUsage(uint256 scope, address operator, uint64 units, uint64 expireAt) external onlyDelegated {
        _approveUsage(msg.sender, scope, operator, units, expireAt);
    }

    /// @inheritdoc IDATApprovals
    function usageAllowance(address owner, uint256 scope, address operator)
        external
        view
        returns (uint64 units, uint64 expireAt)
    {
        UsageAllowance storage allowance = _usageAllowances[owner][scope][operator];
        return (allowance.units, allowance.expireAt);
    }

    /// @inheritdoc IDATApprovals
    function permitForClass(
        address owner,
        uint256 classId,
        address operator,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external onlyDelegated {
        uint256 nonce = _useNonce(owner);
        bytes32 structHash =
            keccak256(abi.encode(CLASS_PERMIT_TYPE, owner, classId, operator, approved, nonce, deadline));
        _requirePermit(owner, nonce, deadline, structHash, signature);
        _classOperators[owner][classId][operator] = approved;
        emit IDATCore.ApprovalForClass(owner, classId, operator, approved);
    }

    /// @inheritdoc IDATApprovals
    function permitUsage(
        address owner,
        uint256 scope,
        address operator,
        uint64 units,
        uint64 expireAt,
        uint256 deadline,
        bytes calldata signature
    ) external onlyDelegated {
        uint256 nonce = _useNonce(owner);
        bytes32 structHash =
            keccak256(abi.encode(USAGE_PERMIT_TYPE, owner, scope, operator, units, expireAt, nonce, deadline));
        _requirePermit(owner, nonce, deadline, structHash, signature);
        _approveUsage(owner, scope, operator, units, expireAt);
    }

    /// @inheritdoc IDATApprovals
    function cancelPermits() external onlyDelegated {
        _useNonce(msg.sender);
    }

    /// @inheritdoc IDATApprovals
    function nonces(address owner) external view returns (uint256) {
        return _nonces[owner];
    }

    /// @inheritdoc IDATApprovals
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPE,
                keccak256(bytes(DOMAIN_NAME)),
                keccak256(bytes(DOMAIN_VERSION)),
                block.chainid,
                address(this)
            )
        );
    }

    /// @inheritdoc IDATApprovals
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // Bits of the five fields, from the lowest: all but the salt.
        return (0x0f, DOMAIN_NAME, DOMAIN_VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    function _approveUsage(address owner, uint256 scope, address operator, uint64 units, uint64 expireAt) private {
        _usageAllowances[owner][scope][operator] = UsageAllowance(units, expireAt);
        emit UsageApproval(owner, scope, operator, units, expireAt);
    }

    function _useNonce(address owner) private returns (uint256 nonce) {
        // Counts transactions.
        unchecked {
            nonce = _nonces[owner]++;
            emit NonceUsed(owner, nonce + 1);
        }
    }

    function _requirePermit(
        address owner,
        uint256 nonce,
        uint256 deadline,
        bytes32 structHash,
        bytes calldata signature
    ) private view {
        if (block.timestamp > deadline) revert DATPermitExpired(deadline);
        bytes32 digest = MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR(), structHash);
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, digest, signature)) {
            revert DATPermitNotSigned(owner, nonce);
        }
    }
}
