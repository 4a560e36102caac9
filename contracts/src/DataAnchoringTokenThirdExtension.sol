// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATLifecycle} from "./extension/DATLifecycle.sol";
import {DATRenewals} from "./extension/DATRenewals.sol";
import {DATRevocations} from "./extension/DATRevocations.sol";
import {DATStandards} from "./extension/DATStandards.sol";

/// @title DataAnchoringTokenThirdExtension: the fourth part of `DataAnchoringToken`: topping up, burning, splitting,
/// merging, renewing and revoking, and what readers of other standards ask for.
/// @dev Runs on the token's storage by delegation. Called at its own address it changes nothing.
contract DataAnchoringTokenThirdExtension is DATLifecycle, DATRenewals, DATRevocations, DATStandards {}
