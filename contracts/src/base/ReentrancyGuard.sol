// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title ReentrancyGuard: OpenZeppelin's guard in one transient word, the first, without calls between its parts.
/// @dev The word belongs to the address that runs the code: the core and its extension share it.
abstract contract ReentrancyGuard {
    uint256 private transient _entered;

    /// @notice Thrown when a guarded function is called while another one runs.
    error ReentrancyGuardReentrantCall();

    modifier nonReentrant() {
        if (_entered != 0) _refuse();
        _entered = 1;
        _;
        _entered = 0;
    }

    /// @dev For what calls nobody, and must not run while somebody is called.
    modifier nonReentrantView() {
        if (_entered != 0) _refuse();
        _;
    }

    function _refuse() private pure {
        revert ReentrancyGuardReentrantCall();
    }
}
