// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IDATSaleRoyalties} from "../interfaces/IDATSaleRoyalties.sol";
import {QuotaMode} from "../interfaces/IDATSupply.sol";
import {LotSupply} from "../types/Lot.sol";
import {SaleRoyalty} from "../types/SaleRoyalty.sol";
import {BACKED_LOT_BIT, TokenId, encodeLotKey} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATStandards: what readers of other standards ask for: ERC-7572, ERC-2981, ERC-5192, and the supply of a class.
abstract contract DATStandards is DATExtension {
    uint256 private constant MAX_SALE_ROYALTY_BPS = 1000;

    function contractURI() external view returns (string memory) {
        bytes memory json = abi.encodePacked(
            '{"name":"',
            Strings.escapeJSON(_name),
            '","symbol":"',
            Strings.escapeJSON(_symbol),
            '","description":"Data Anchoring Tokens (ERC-8028): prepaid value and revenue shares of datasets, models and agents."}'
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function setSaleRoyalty(uint256 classId, address receiver, uint16 royaltyBps) external onlyDelegated {
        _requireIssuer(classId);
        if (royaltyBps > MAX_SALE_ROYALTY_BPS) {
            revert IDATSaleRoyalties.DATSaleRoyaltyTooHigh(royaltyBps, MAX_SALE_ROYALTY_BPS);
        }
        if (receiver == address(0)) royaltyBps = 0;
        _saleRoyalties[classId] = SaleRoyalty(receiver, royaltyBps);
        emit IDATSaleRoyalties.SaleRoyaltySet(classId, receiver, royaltyBps);
    }

    function royaltyInfo(uint256 tokenId, uint256 salePrice)
        external
        view
        returns (address receiver, uint256 royaltyAmount)
    {
        _requireToken(tokenId);
        SaleRoyalty memory royalty = _saleRoyalties[TokenId.wrap(tokenId).classId()];
        // Down, and without overflow for any price.
        royaltyAmount = salePrice / BASIS_POINTS * royalty.bps + salePrice % BASIS_POINTS * royalty.bps / BASIS_POINTS;
        return (royalty.receiver, royaltyAmount);
    }

    function locked(uint256 tokenId) external view returns (bool) {
        _requireToken(tokenId);
        return TokenId.wrap(tokenId).isNonTransferable();
    }

    function classSupply(uint256 classId)
        external
        view
        returns (uint256 tokens, uint256 totalShare, uint256 pendingShare)
    {
        tokens = _requireClass(classId).tokenCount();
        return (tokens, _activeShare(classId), _pendingShare(classId));
    }

    function unitSupply(uint256 classId, uint32 firstLot, uint32 lastLot)
        external
        view
        returns (uint256 outstanding, uint256 spent)
    {
        _requireClass(classId);
        uint32 count = _classShares[classId].lotCount();
        if (lastLot > count) lastLot = count;
        for (uint256 number = firstLot; number <= lastLot; ++number) {
            // The cast: at most `lastLot`. Nobody bought from what is no lot.
            LotSupply supply = _lots[encodeLotKey(classId, BACKED_LOT_BIT | uint32(number))].supply;
            outstanding += supply.outstanding();
            spent += supply.spent();
        }
    }

    function quotaModeOf(uint256 classId) external view returns (QuotaMode) {
        _requireClass(classId);
        return QuotaMode.Hard;
    }
}
