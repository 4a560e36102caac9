// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATBacking} from "../base/DATBacking.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";

/// @title DATExtension: what every part of the extension stands on.
/// @dev The guard's transient slot belongs to the address that runs the code: the core and its extension share it.
abstract contract DATExtension is DATBacking {
    address private immutable _self = address(this);

    /// @dev On everything that changes state, so that nobody leaves a class or money at the extension's own address.
    modifier onlyDelegated() {
        if (address(this) == _self) revert IDATErrors.DATDirectCall();
        _;
    }
}
