// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATLifecycle} from "./extension/DATLifecycle.sol";

/// @title DataAnchoringTokenThirdExtension: the fourth part of `DataAnchoringToken`: topping up, burning, splitting and
/// merging.
/// @dev Runs on the token's storage by delegation. Called at its own address it changes nothing.
contract DataAnchoringTokenThirdExtension is DATLifecycle {}
