// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATDelegation} from "./base/DATDelegation.sol";
import {DATApprovals} from "./extension/DATApprovals.sol";
import {DATBatches} from "./extension/DATBatches.sol";
import {DATOptions} from "./extension/DATOptions.sol";
import {DATPolicies} from "./extension/DATPolicies.sol";
import {DATResales} from "./extension/DATResales.sol";
import {DATSolvency} from "./extension/DATSolvency.sol";

/// @title DataAnchoringTokenSecondExtension: the third part of `DataAnchoringToken`, for what is called rarely: scoped
/// approvals, permits, batches of mints and claims, what a class is bound to, notice of policies, selling on, and the view of solvency.
/// @dev Runs on the token's storage by delegation, and delegates what it does not know to the fourth part. Called at its own
/// address it changes nothing.
contract DataAnchoringTokenSecondExtension is
    DATApprovals,
    DATBatches,
    DATOptions,
    DATPolicies,
    DATResales,
    DATSolvency,
    DATDelegation
{
    constructor(address extension_) DATDelegation(extension_) {}

    fallback() external payable override onlyDelegated {
        _runExtension();
    }
}
