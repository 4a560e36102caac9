// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATDelegation} from "./base/DATDelegation.sol";
import {DATClasses} from "./extension/DATClasses.sol";
import {DATLots} from "./extension/DATLots.sol";
import {DATRoyalties} from "./extension/DATRoyalties.sol";
import {DATUsages} from "./extension/DATUsages.sol";

/// @title DataAnchoringTokenExtension: the second part of `DataAnchoringToken`: classes, lots, royalties and their views,
/// and usage that the core passes on.
/// @dev Runs on the token's storage by delegation, and delegates what it does not know to the third part. Called at its own
/// address it changes nothing.
contract DataAnchoringTokenExtension is DATClasses, DATLots, DATRoyalties, DATUsages {
    constructor(address extension_) DATDelegation(extension_) {}

    fallback() external payable override onlyDelegated {
        _runExtension();
    }
}
