// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Authority} from "./Authority.sol";

/// @notice C1-C7: what operators may take of locked value.
abstract contract ChannelLaws is Authority {
    /// @notice L2.
    function checkC1CapturedIsSigned() public view {
        for (uint256 i = 0; i < opened.length; ++i) {
            assertLe(taken(opened[i]), opened[i].signed, "C1: captured <= signed");
        }
    }

    /// @notice L2.
    function checkC2CapturedIsLocked() public view {
        for (uint256 i = 0; i < opened.length; ++i) {
            assertLe(taken(opened[i]), opened[i].channel.cap, "C2: captured <= locked");
        }
    }

    function checkC3CapturedKeepsToTheRate() public view {
        for (uint256 i = 0; i < opened.length; ++i) {
            ChannelModel storage c = opened[i];
            if (c.channel.rate == 0) continue;
            assertLe(
                taken(c),
                uint256(c.channel.burst) + uint256(c.channel.rate) * (block.timestamp - c.openedAt),
                "C3: captured <= rate x time + burst (R9)"
            );
        }
    }

    function checkC4CapturesAreExact() public view {
        for (uint256 i = 0; i < opened.length; ++i) {
            ChannelModel storage c = opened[i];
            (bool open, uint64 captured, uint64 remaining,) = channels.channelState(c.channel);
            assertEq(open, c.open, "C4: open until it is closed");
            assertEq(captured, c.captured, "C4: min(signed, locked, rate) is what was captured (R8)");
            assertEq(remaining, open ? c.channel.cap - c.captured : 0, "C4: the rest remains until it is returned");
        }
    }

    /// @notice L7, R6.
    function checkC5NothingIsCapturedLate() public view {
        for (uint256 i = 0; i < opened.length; ++i) {
            ChannelModel storage c = opened[i];
            if (!c.open || block.timestamp <= endOf(c.channel)) continue;
            (,,, uint64 capturable) = channels.channelState(c.channel);
            assertEq(capturable, 0, "C5: nothing is captured after the grace");
        }
    }

    /// @notice R5, R26: a closed channel stays closed, and what it returned and captured stays known.
    function checkC6ClosedChannelsStayClosed() public view {
        for (uint256 i = 0; i < opened.length; ++i) {
            if (opened[i].open) continue;
            ChannelModel storage c = opened[i];
            (uint256 tokenId, uint64 units, uint64 lockedAt) = token.lockInfo(address(channels), c.id);
            assertEq(tokenId, 0, "C6: a closed channel holds nothing");
            assertEq(units, c.channel.cap - c.captured, "C6: what it returned stays known");
            assertEq(lockedAt, c.openedAt, "C6: and when it was opened");
        }
    }

    /// @notice R6: a lock stays with its token, whoever owns that.
    function checkC7LocksStayWithTheirToken() public view {
        for (uint256 i = 0; i < opened.length; ++i) {
            ChannelModel storage c = opened[i];
            if (!c.open) continue;
            (uint256 tokenId, uint64 remaining, uint64 lockedAt) = token.lockInfo(address(channels), c.id);
            assertEq(tokenId, tokens[c.token].tokenId, "C7: a lock is of its token");
            assertEq(lockedAt, c.openedAt, "C7: and of its second");
            assertEq(remaining, c.channel.cap - c.captured, "C7: and holds what was not taken");
        }
    }

    /// @notice What the token counts as taken from the lock, whatever the model says.
    function taken(ChannelModel storage c) private view returns (uint256) {
        (, uint64 left,) = token.lockInfo(address(channels), c.id);
        // Never below zero: more than was locked would show as more than was signed.
        return left > c.channel.cap ? type(uint256).max : c.channel.cap - left;
    }
}
