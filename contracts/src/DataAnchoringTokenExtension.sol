// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATClasses} from "./extension/DATClasses.sol";
import {DATLots} from "./extension/DATLots.sol";
import {DATRoyalties} from "./extension/DATRoyalties.sol";

/// @title DataAnchoringTokenExtension: the second half of `DataAnchoringToken`: classes, lots, royalties and their views.
/// @dev Runs on the token's storage by delegation. Called at its own address it changes nothing.
contract DataAnchoringTokenExtension is DATClasses, DATLots, DATRoyalties {}
