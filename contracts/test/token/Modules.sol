// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLocks, LockTake, LockUse} from "../../src/interfaces/IDATLocks.sol";
import {ILockModule, LockRequest} from "../../src/interfaces/ILockModule.sol";
import {packLockMeter} from "../../src/types/LockMeter.sol";

/// @notice A lock module that keeps the call it got, byte by byte, and answers with its hash.
contract CallKeeper {
    bytes public kept;

    fallback() external {
        kept = msg.data;
        bytes32 id = keccak256(msg.data);
        assembly ("memory-safe") {
            mstore(0, id)
            return(0, 0x20)
        }
    }
}

/// @notice A lock module that gives the ids it is told to, calls back while it is asked, and obeys the test.
contract TestModule is ILockModule {
    error Refused(bytes data);

    IDATLocks private immutable _token;
    bytes private _callback;
    bytes32 public nextId;
    bytes public answer;
    bool public succeeded;
    bytes32 public seen;

    constructor(IDATLocks token) {
        _token = token;
    }

    function setNextId(bytes32 id) external {
        nextId = id;
    }

    function arm(bytes calldata callback) external {
        _callback = callback;
    }

    function onLock(LockRequest calldata request, bytes calldata data) external returns (bytes32) {
        if (data.length != 0 && data[0] == "!") revert Refused(data);
        seen = keccak256(abi.encode(request, data));
        if (_callback.length != 0) (succeeded, answer) = address(_token).call(_callback);
        return nextId;
    }

    /// @notice Takes from one lock up to `cumulative` units of `cap`.
    function consume(bytes32 lockId, uint64 cap, uint64 cumulative, address operator) external returns (uint64) {
        LockUse[] memory uses = new LockUse[](1);
        uses[0] = LockUse(lockId, packLockMeter(cap, cumulative, 0, type(uint64).max));
        return consume(uses, operator)[0].units;
    }

    function consume(LockUse[] memory uses, address operator) public returns (LockTake[] memory) {
        return _token.consumeLocks(uses, keccak256("units"), operator);
    }

    function release(bytes32 lockId) external returns (uint64) {
        return _token.returnLock(lockId);
    }
}
