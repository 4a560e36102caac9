// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IDATApprovals: approvals to record usage and nothing else, capped and expiring; permits for both kinds (P13).
/// @notice A scope is a class id or a token id; class ids are below 2^64 and token ids are not, so none is both. An allowance
/// is the owner's, not the token's: it says nothing about a token that somebody else owns.
interface IDATApprovals {
    /// @notice `operator` may record `units` units of use on the owner's tokens in `scope` until `expireAt` (0: for ever).
    event UsageApproval(
        address indexed owner, uint256 indexed scope, address indexed operator, uint64 units, uint64 expireAt
    );
    /// @notice Use took a part of an allowance; `units` are left.
    event UsageAllowanceSpent(address indexed owner, uint256 indexed scope, address indexed operator, uint64 units);
    /// @notice Companion of `UsageRecorded`: the owner recorded it on its own token, so it proves no demand (P15). Comes just
    /// before it, in a batch after the `UsageRecorded` of its run. What an operator captures from channels that it holds
    /// itself is told by `ChannelOpened`, which names both.
    event UsageSelfReported(uint256 indexed tokenId);
    /// @notice Permits signed with a nonce below `nonce` are void.
    event NonceUsed(address indexed owner, uint256 nonce);

    /// @notice Thrown when the allowances that are not expired cover less than asked for. `units`: the larger of both.
    error DATUsageAllowanceExceeded(uint256 tokenId, address operator, uint64 units, uint256 needed);
    /// @notice Thrown when a permit comes after its deadline.
    error DATPermitExpired(uint256 deadline);
    /// @notice Thrown when a permit is not signed by its owner over the owner's current nonce.
    error DATPermitNotSigned(address owner, uint256 nonce);

    /// @notice Replaces the caller's allowance for `operator` in `scope`. Zero units: none. Acts at once.
    /// @dev `recordUsage` takes from it where the caller is neither owner nor class operator: from the token's allowance
    /// if that covers the whole amount, else from the class's. It never allows to move value or tokens.
    function approveUsage(uint256 scope, address operator, uint64 units, uint64 expireAt) external;

    function usageAllowance(address owner, uint256 scope, address operator)
        external
        view
        returns (uint64 units, uint64 expireAt);

    /// @notice `approveForClass` in the owner's name, by its signature over
    /// ClassPermit(address owner,uint256 classId,address operator,bool approved,uint256 nonce,uint256 deadline).
    /// @param deadline Last second at which it works.
    /// @param signature 65 bytes of an EOA, or whatever the owner's ERC-1271 contract accepts.
    /// @dev Warning: whoever sees a permit can send it first. Its effect is the same; check the approval, not the call.
    function permitForClass(
        address owner,
        uint256 classId,
        address operator,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice `approveUsage` in the owner's name, by its signature over
    /// UsagePermit(address owner,uint256 scope,address operator,uint64 units,uint64 expireAt,uint256 nonce,uint256 deadline).
    function permitUsage(
        address owner,
        uint256 scope,
        address operator,
        uint64 units,
        uint64 expireAt,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Uses up the caller's nonce, so that what it signed and nobody sent is void.
    function cancelPermits() external;

    /// @notice The nonce of the owner's next permit. Permits of both kinds count together.
    function nonces(address owner) external view returns (uint256);

    /// @notice EIP-712 domain of permits: name "Kedge DataAnchoringToken", version "1", the chain, this contract.
    function DOMAIN_SEPARATOR() external view returns (bytes32);

    /// @notice ERC-5267.
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
        );
}
