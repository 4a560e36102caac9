// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice One token of a `mintBatch`: the arguments of `mint`.
struct MintItem {
    address to;
    uint256 value;
    uint256 shareRatio;
    uint64 expireAt;
}

/// @title IDATBatches: minting, usage and claims of many tokens in one call (P29).
/// @notice All or nothing: the first item that fails reverts the call with the error that it would have alone.
/// Every item emits what it would emit alone.
interface IDATBatches {
    /// @notice Thrown when packed items end within a run.
    error DATMalformedItems(uint256 length);

    /// @notice `mint` for each item, in the unbacked lot of the current policy version.
    /// @dev Requirements: those of `mint`.
    function mintBatch(uint256 classId, MintItem[] calldata items) external returns (uint256[] memory tokenIds);

    /// @notice `recordUsage` for each item.
    /// @param items One or more runs, each classId(8) | lot(4) | count(2) and `count` times serial(4) | amount(8): numbers of
    /// bytes, big-endian, without padding.
    /// @dev Requirements: those of `recordUsage`. Items of a run that follow each other and have one owner and one expiry
    /// release their backing together, so `BackingReleased`, `RevenueSettled` and `RevenueAccrued` come once for them, after
    /// their `UsageRecorded` and then their `UsageSelfReported`; what is released in all does not depend on how uses are
    /// batched (R2). A token may be named twice.
    function recordUsageBatch(bytes32 metricType, bytes calldata items) external;

    /// @notice `claim` for each token, paid to `to` in one payment.
    /// @return amountClaimed The sum.
    /// @dev Requirements: of each token the caller is the owner, or `to` is (P11).
    function claimBatch(uint256[] calldata tokenIds, address asset, address payable to)
        external
        returns (uint256 amountClaimed);
}
