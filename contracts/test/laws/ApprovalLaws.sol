// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Authority} from "./Authority.sol";

/// @notice A1-A6: who may act for whom.
abstract contract ApprovalLaws is Authority {
    /// @notice P13: an allowance is what was given less what was used, and use takes no more than that.
    function checkA1AllowancesAreSpentExactly() public view {
        for (uint256 i = 0; i < allowances.length; ++i) {
            AllowanceModel storage a = allowances[i];
            (uint64 left, uint64 expireAt) = token.usageAllowance(a.owner, a.scope, a.operator);
            assertEq(left, a.units, "A1: given less used");
            assertEq(expireAt, a.expireAt, "A1: until when");
        }
    }

    function checkA2ClassOperatorsAreThoseApproved() public view {
        for (uint256 i = 0; i < holders.length; ++i) {
            for (uint256 j = 0; j < classIds.length; ++j) {
                for (uint256 k = 0; k < operators.length; ++k) {
                    assertEq(
                        core.isApprovedForClass(holders[i], classIds[j], operators[k]),
                        classOperators[holders[i]][classIds[j]][operators[k]],
                        "A2: approved by the holder, and not withdrawn"
                    );
                }
            }
        }
    }

    /// @notice P13: a permit works once.
    function checkA3NoncesCountPermits() public view {
        for (uint256 i = 0; i < holders.length; ++i) {
            assertEq(token.nonces(holders[i]), noncesUsed[holders[i]], "A3: one nonce a permit");
        }
    }

    /// @notice R30: a transfer clears the token's approval.
    function checkA4ApprovalsEndWithATransfer() public view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 tokenId = tokens[i].tokenId;
            assertEq(token.getApproved(tokenId), tokenApprovals[tokenId], "A4: approved by this holder");
        }
    }

    /// @notice P11, P12: what nobody acted for is as it was, whatever strangers tried.
    function checkA5ABystanderLosesNothing() public view {
        assertEq(core.ownerOf(bystandersToken), bystander, "A5: owner");
        assertEq(core.valueOf(bystandersToken), 77, "A5: value");
        assertEq(core.shareRatioOf(bystandersToken), 7, "A5: share");
        assertEq(token.getApproved(bystandersToken), address(0), "A5: approval");
        assertEq(token.nonces(bystander), 0, "A5: nonce");
    }

    /// @notice P16: a stranger holds nothing and is owed nothing.
    function checkA6AStrangerGainsNothing() public view {
        assertEq(token.balanceOf(stranger), 0, "A6: tokens");
        for (uint256 asset = 0; asset < 2; ++asset) {
            assertEq(token.owedTo(stranger, assetOf(asset)), 0, "A6: dues");
        }
        assertEq(stranger.balance + usd.balanceOf(stranger), 0, "A6: money");
    }
}
