// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title ExpiryQueue: up to 64 distinct seconds in descending order; the earliest is the last.
library ExpiryQueue {
    uint256 internal constant CAPACITY = 64;

    /// @dev The caller knows that `expireAt` is not in the queue and that `count` < 64.
    function insert(uint32[64] storage queue, uint256 count, uint32 expireAt) internal {
        uint256 position = count;
        while (position != 0) {
            uint32 later = queue[position - 1];
            if (later > expireAt) break;
            queue[position] = later;
            --position;
        }
        queue[position] = expireAt;
    }

    /// @dev The caller knows that `expireAt` is in the queue.
    function remove(uint32[64] storage queue, uint256 count, uint32 expireAt) internal {
        uint256 position = count - 1;
        uint32 earlier = queue[position];
        while (earlier != expireAt) {
            --position;
            (queue[position], earlier) = (earlier, queue[position]);
        }
    }
}
