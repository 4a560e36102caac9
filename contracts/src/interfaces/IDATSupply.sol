// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice What recorded use does to a token's value: the draft's hard quota takes units, its soft quota takes none.
enum QuotaMode {
    Hard,
    Soft
}

/// @title IDATSupply: how much there is of a class: tokens, shares, units.
/// @dev Unbacked units are counted in their tokens only: nobody paid for them, so no sum of them is kept.
interface IDATSupply {
    /// @notice Tokens that were ever minted, none of which is ever destroyed; the active shares' weights; those that wait to
    /// enter (P17).
    function classSupply(uint256 classId)
        external
        view
        returns (uint256 tokens, uint256 totalShare, uint256 pendingShare);

    /// @notice Units behind which the escrow of a lot stands, locked ones included, and units that were spent, over the
    /// backed lots with the numbers from `firstLot` to `lastLot`; a class's lots are numbered from 1.
    function unitSupply(uint256 classId, uint32 firstLot, uint32 lastLot)
        external
        view
        returns (uint256 outstanding, uint256 spent);

    /// @notice Whether use takes value (P24). Here it does in every class: value that is paid for, and channels, need it.
    function quotaModeOf(uint256 classId) external view returns (QuotaMode);
}
