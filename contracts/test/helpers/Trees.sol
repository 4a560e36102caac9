// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice Merkle trees as @kedge/core builds them: pairs in ascending order, a node without a neighbour moves up as it is.
library Trees {
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        return levelsOf(leaves, type(uint256).max, new bytes32[](0));
    }

    function pathOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory path) {
        uint256 length;
        uint256 position = index;
        for (uint256 size = leaves.length; size > 1; size = (size + 1) / 2) {
            if (position ^ 1 < size) ++length;
            position /= 2;
        }
        path = new bytes32[](length);
        levelsOf(leaves, index, path);
    }

    /// @notice The leaf of a contributor (R24), without memory: a hundred thousand of them are made in one test.
    function contributorLeaf(uint32 index, address account, uint64 weight) internal pure returns (bytes32 leaf) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, index)
            mstore(add(free, 0x20), account)
            mstore(add(free, 0x40), weight)
            mstore(0, keccak256(free, 0x60))
            leaf := keccak256(0, 0x20)
        }
    }

    /// @dev One pass over a copy, whose memory is given back; fills `path` for `index` on its way.
    function levelsOf(bytes32[] memory leaves, uint256 index, bytes32[] memory path)
        private
        pure
        returns (bytes32 root)
    {
        bytes32[] memory nodes = new bytes32[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            nodes[i] = leaves[i];
        }
        uint256 filled;
        for (uint256 size = nodes.length; size > 1; size = (size + 1) / 2) {
            if (path.length != 0 && index ^ 1 < size) path[filled++] = nodes[index ^ 1];
            for (uint256 i = 0; i < size; i += 2) {
                nodes[i / 2] = i + 1 == size ? nodes[i] : pairOf(nodes[i], nodes[i + 1]);
            }
            index /= 2;
        }
        root = nodes[0];
        assembly ("memory-safe") {
            mstore(0x40, nodes)
        }
    }

    function pairOf(bytes32 a, bytes32 b) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let swap := lt(b, a)
            mstore(shl(5, swap), a)
            mstore(shl(5, iszero(swap)), b)
            result := keccak256(0, 0x40)
        }
    }
}
