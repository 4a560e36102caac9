// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IERC5192: tokens that stay with their first holder.
interface IERC5192 {
    /// @notice Emitted when a token of a class without transfers is minted. It is never unlocked.
    event Locked(uint256 tokenId);
    /// @notice Part of the standard; never emitted.
    event Unlocked(uint256 tokenId);

    /// @notice Whether the token's class was created without transfers. Not to be confused with locked units (R5).
    function locked(uint256 tokenId) external view returns (bool);
}
