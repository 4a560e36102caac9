// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassInfo} from "../../src/interfaces/IDATClasses.sol";
import {LotInfo} from "../../src/interfaces/IDATLots.sol";
import {Authority} from "./Authority.sol";

/// @notice V1-V6: value and the tokens that carry it.
abstract contract ValueLaws is Authority {
    /// @notice L1: minted = held + locked + captured + recorded + refunded + swept + burned + revoked, per class.
    function checkV1UnitsOfAClassAreConserved() public view {
        uint256 n = classIds.length;
        uint256[] memory held = new uint256[](n);
        for (uint256 i = 0; i < tokens.length; ++i) {
            held[indexOf(tokens[i].classId)] += core.valueOf(tokens[i].tokenId);
        }
        for (uint256 i = 0; i < opened.length; ++i) {
            if (!opened[i].open) continue;
            (, uint64 remaining,) = token.lockInfo(address(channels), opened[i].id);
            held[indexOf(tokens[opened[i].token].classId)] += remaining;
        }
        for (uint256 i = 0; i < n; ++i) {
            UnitsModel storage u = units[classIds[i]];
            assertEq(
                u.minted,
                held[i] + u.captured + u.recorded + u.refunded + u.swept + u.burned + u.revoked,
                "V1: units of a class are conserved"
            );
        }
    }

    function checkV2LotsCountTheirUnits() public view {
        uint256[] memory outstanding = new uint256[](lots.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            (bool backed, uint256 lot) = lotIndexOf(tokens[i]);
            if (backed) outstanding[lot] += core.valueOf(tokens[i].tokenId);
        }
        for (uint256 i = 0; i < opened.length; ++i) {
            if (!opened[i].open) continue;
            (, uint64 remaining,) = token.lockInfo(address(channels), opened[i].id);
            (bool backed, uint256 lot) = lotIndexOf(tokens[opened[i].token]);
            if (backed) outstanding[lot] += remaining;
        }
        for (uint256 i = 0; i < lots.length; ++i) {
            LotInfo memory info = token.lotInfo(lots[i].classId, lots[i].lot);
            assertEq(info.outstanding, outstanding[i], "V2: outstanding is held + locked");
            assertEq(info.spent, lots[i].spent, "V2: a lot counts what was spent");
        }
    }

    /// @notice P12: everybody holds as many tokens as `balanceOf` says, and no token is lost.
    function checkV3EveryTokenHasOneHolder() public view {
        uint256[] memory count = new uint256[](holders.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            address owner = core.ownerOf(tokens[i].tokenId);
            uint256 at;
            while (holders[at] != owner) ++at;
            ++count[at];
        }
        for (uint256 i = 0; i < holders.length; ++i) {
            assertEq(token.balanceOf(holders[i]), count[i], "V3: balanceOf counts the holder's tokens");
        }
    }

    /// @notice P10, R22: class, expiry and weight are fixed at the mint; a weight only ever ends.
    function checkV4TokensKeepTheirTerms() public view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[i];
            assertEq(core.classOf(t.tokenId), t.classId, "V4: class");
            assertEq(core.expireAtOf(t.tokenId), t.expireAt, "V4: expiry");
            assertEq(core.shareRatioOf(t.tokenId), t.retired ? 0 : t.storedShare, "V4: weight");
        }
    }

    /// @notice L7: nothing is added to an expired token but what returns from its own locks.
    function checkV5ExpiredTokensGainNothing() public view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenModel storage t = tokens[i];
            if (!t.seenExpired) continue;
            assertLe(core.valueOf(t.tokenId) + lockedOf(i), t.valueAtExpiry, "V5: an expired token gains nothing");
        }
    }

    function checkV6ClassesCountTheirTokens() public view {
        for (uint256 i = 0; i < classIds.length; ++i) {
            ClassInfo memory info = token.classInfo(classIds[i]);
            assertEq(info.tokenCount, mintedTokens[classIds[i]], "V6: tokens ever minted");
            assertEq(info.issuer, issuer, "V6: only the issuer passes its role on");
        }
    }

    function indexOf(uint256 classId) private view returns (uint256 index) {
        while (classIds[index] != classId) ++index;
    }
}
