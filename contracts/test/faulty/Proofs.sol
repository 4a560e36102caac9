// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PlainDAT} from "./PlainDAT.sol";

// The draft's optional proof registry, on a sound implementation. Each takes what it should not.

abstract contract ProofRegistry is PlainDAT {
    event ProofAdded(uint256 indexed tokenId, bytes32 proofType, string uri, bytes signature);
}

/// @notice Stores whatever the owner or its operator gives it: nothing is signed.
contract OpaqueProofs is ProofRegistry {
    function addProof(uint256 tokenId, bytes32 proofType, string calldata uri, bytes calldata signature) external {
        _requireUser(tokenId);
        emit ProofAdded(tokenId, proofType, uri, signature);
    }
}

/// @notice Looks at the length of a signature only, and says nothing. Anybody speaks for everybody.
contract SpoofedProofs is ProofRegistry {
    function addProof(uint256 tokenId, bytes32, string calldata, bytes calldata signature) external view {
        _token(tokenId);
        require(signature.length >= 72 + 65, "no signature");
    }
}
