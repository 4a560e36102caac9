// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLots} from "../interfaces/IDATLots.sol";

/// @title DATDelegation: sends every call that this contract does not know to its one immutable extension.
abstract contract DATDelegation {
    /// @notice The immutable next part of this contract's code, run by delegation.
    address public immutable extension;

    constructor(address extension_) {
        extension = extension_;
    }

    fallback() external payable virtual {
        _runExtension();
    }

    /// @dev ETH comes with a call that says what it is for.
    receive() external payable {
        revert IDATLots.DATWrongDeposit(0, msg.value);
    }

    /// @dev Runs the extension's code on this contract's storage, with the caller, the data and the ETH of this call, and
    /// ends it: passes on what it returns or why it reverts. Assembly, because Solidity cannot return data of unknown length.
    function _runExtension() internal {
        address target = extension;
        assembly {
            // Memory is not used afterwards: both ways out end the call.
            calldatacopy(0, 0, calldatasize())
            let success := delegatecall(gas(), target, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch success
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}
