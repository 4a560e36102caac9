// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassOptions, IDATOptions} from "../interfaces/IDATOptions.sol";
import {ClassHead} from "../types/Class.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATOptions: shares frozen later, and what a class is bound to (P17). `DATClasses` binds it at creation.
abstract contract DATOptions is DATExtension {
    function freezeShares(uint256 classId) external onlyDelegated {
        ClassHead head = _requireIssuer(classId);
        ClassOptions storage options = _classOptions[classId];
        uint32 from = options.sharesFrozenFrom;
        if (from != 0 && from <= block.timestamp) revert IDATOptions.DATSharesFrozen(classId, from);
        // Seconds have 32 bits until the year 2106.
        options.sharesFrozenFrom = uint32(block.timestamp);
        _heads[classId] = head.withShareTerms();
        emit IDATOptions.SharesFrozen(classId, uint64(block.timestamp));
    }

    function classOptions(uint256 classId) external view returns (ClassOptions memory) {
        _requireClass(classId);
        return _classOptions[classId];
    }

    function pendingShareOf(uint256 classId) external view returns (uint256) {
        _requireClass(classId);
        return _pendingShare(classId);
    }

    function activateAtOf(uint256 tokenId) external view returns (uint64) {
        _requireToken(tokenId);
        return _shares[tokenId].activateAt();
    }
}
