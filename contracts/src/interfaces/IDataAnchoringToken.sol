// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IDATApprovals} from "./IDATApprovals.sol";
import {IDATBatches} from "./IDATBatches.sol";
import {IDATClasses} from "./IDATClasses.sol";
import {IDATErrors} from "./IDATErrors.sol";
import {IDATLifecycle} from "./IDATLifecycle.sol";
import {IDATLocks} from "./IDATLocks.sol";
import {IDATLots} from "./IDATLots.sol";
import {IDATOptions} from "./IDATOptions.sol";
import {IDATPolicies} from "./IDATPolicies.sol";
import {IDATRenewals} from "./IDATRenewals.sol";
import {IDATResale} from "./IDATResale.sol";
import {IDATRevenue} from "./IDATRevenue.sol";
import {IDATRevocations} from "./IDATRevocations.sol";
import {IDATSaleRoyalties} from "./IDATSaleRoyalties.sol";
import {IDATSupply} from "./IDATSupply.sol";
import {IERC5192} from "./IERC5192.sol";
import {IERC7572} from "./IERC7572.sol";

/// @title IDataAnchoringToken: everything that one deployed address answers to beside `IDATCore`.
/// @dev `IDATCore` is not inherited here only because it and ERC-721 both declare `ownerOf`.
interface IDataAnchoringToken is
    IERC721Metadata,
    IERC721Errors,
    IDATClasses,
    IDATLots,
    IDATLocks,
    IDATRevenue,
    IDATApprovals,
    IDATBatches,
    IDATOptions,
    IDATPolicies,
    IDATLifecycle,
    IDATRenewals,
    IDATRevocations,
    IDATResale,
    IDATSupply,
    IDATSaleRoyalties,
    IERC2981,
    IERC5192,
    IERC7572,
    IDATErrors
{
    /// @notice ERC-4906.
    event MetadataUpdate(uint256 _tokenId);
    /// @notice ERC-4906.
    event BatchMetadataUpdate(uint256 _fromTokenId, uint256 _toTokenId);

    /// @notice Thrown when a call comes while another that pays, pulls or asks a module is not finished.
    error ReentrancyGuardReentrantCall();
    /// @notice Thrown when an ERC-20 refuses a transfer.
    error SafeERC20FailedOperation(address token);

    /// @notice The immutable second part of this contract's code, run by delegation. Its own `extension()` is the third part.
    function extension() external view returns (address);
}
