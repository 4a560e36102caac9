// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDATApprovals} from "../interfaces/IDATApprovals.sol";
import {IDATBatches} from "../interfaces/IDATBatches.sol";
import {IDATClasses} from "../interfaces/IDATClasses.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATLifecycle} from "../interfaces/IDATLifecycle.sol";
import {IDATLocks} from "../interfaces/IDATLocks.sol";
import {IDATLots} from "../interfaces/IDATLots.sol";
import {IDATOptions} from "../interfaces/IDATOptions.sol";
import {IDATPolicies} from "../interfaces/IDATPolicies.sol";
import {IDATRenewals} from "../interfaces/IDATRenewals.sol";
import {IDATResale} from "../interfaces/IDATResale.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {IDATRevocations} from "../interfaces/IDATRevocations.sol";
import {IDATSaleRoyalties} from "../interfaces/IDATSaleRoyalties.sol";
import {IDATSupply} from "../interfaces/IDATSupply.sol";
import {IERC5192} from "../interfaces/IERC5192.sol";

/// @title InterfaceIds: the ERC-165 ids that the token answers to, four bytes each, in three words: smaller than comparisons.
library InterfaceIds {
    bytes4 private constant ERC4906_ID = 0x49064906;

    // The id of ERC-165 fills the places that are left.
    bytes32 private constant FIRST = bytes32(type(IDATCore).interfaceId) | bytes32(type(IERC721).interfaceId) >> 32
        | bytes32(type(IERC165).interfaceId) >> 64 | bytes32(type(IERC721Metadata).interfaceId) >> 96
        | bytes32(ERC4906_ID) >> 128 | bytes32(type(IDATClasses).interfaceId) >> 160
        | bytes32(type(IDATLots).interfaceId) >> 192 | bytes32(type(IDATLocks).interfaceId) >> 224;
    bytes32 private constant SECOND = bytes32(type(IDATRevenue).interfaceId) | bytes32(type(IDATApprovals).interfaceId)
        >> 32 | bytes32(type(IDATBatches).interfaceId) >> 64 | bytes32(type(IDATOptions).interfaceId) >> 96
        | bytes32(type(IDATPolicies).interfaceId) >> 128 | bytes32(type(IDATLifecycle).interfaceId) >> 160
        | bytes32(type(IDATRenewals).interfaceId) >> 192 | bytes32(type(IDATSupply).interfaceId) >> 224;
    bytes32 private constant THIRD = bytes32(type(IDATSaleRoyalties).interfaceId) | bytes32(type(IERC2981).interfaceId)
        >> 32 | bytes32(type(IERC5192).interfaceId) >> 64 | bytes32(type(IDATRevocations).interfaceId) >> 96
        | bytes32(type(IDATResale).interfaceId) >> 128 | bytes32(type(IERC165).interfaceId) >> 160
        | bytes32(type(IERC165).interfaceId) >> 192 | bytes32(type(IERC165).interfaceId) >> 224;

    function contain(bytes4 id) internal pure returns (bool) {
        (bytes32 first, bytes32 second, bytes32 third) = (FIRST, SECOND, THIRD);
        for (uint256 i; i < 8; ++i) {
            if (bytes4(first) == id || bytes4(second) == id || bytes4(third) == id) return true;
            (first, second, third) = (first << 32, second << 32, third << 32);
        }
        return false;
    }
}
