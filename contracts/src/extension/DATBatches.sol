// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MintItem} from "../interfaces/IDATBatches.sol";
import {DATMints} from "./DATMints.sol";

/// @title DATBatches: many tokens minted or claimed for in one call (P29). Batches of usage are in `DATUsages`.
abstract contract DATBatches is DATMints {
    function mintBatch(uint256 classId, MintItem[] calldata items)
        external
        onlyDelegated
        returns (uint256[] memory tokenIds)
    {
        _requireIssuer(classId);
        tokenIds = new uint256[](items.length);
        for (uint256 i; i < items.length; ++i) {
            MintItem calldata item = items[i];
            tokenIds[i] = _mint(classId, item.to, item.value, item.shareRatio, item.expireAt);
        }
    }

    function claimBatch(uint256[] calldata tokenIds, address asset, address payable to)
        external
        onlyDelegated
        nonReentrant
        returns (uint256 amountClaimed)
    {
        for (uint256 i; i < tokenIds.length; ++i) {
            amountClaimed += _claim(tokenIds[i], asset, to);
        }
        _pay(asset, to, amountClaimed);
    }
}
