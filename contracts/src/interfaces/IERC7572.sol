// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IERC7572: metadata of the whole contract.
interface IERC7572 {
    /// @notice Emitted once, by the constructor: the metadata never changes.
    event ContractURIUpdated();

    /// @notice Name, symbol and description as JSON, in a `data:` URI. Classes have metadata of their own: `getClassMeta`.
    function contractURI() external view returns (string memory);
}
