// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IProofRegistry: the draft's optional proof registry (ERC-8028, section 9), as written.
/// @notice ERC-165 id 0xc40b0372, which is the selector of its one function.
interface IProofRegistry {
    event ProofAdded(uint256 indexed tokenId, bytes32 proofType, string uri, bytes signature);

    /// @notice Puts forward a statement about a token. Here it is an attestation in the short form (P31), so that what is
    /// stored is typed, bound to this chain and contract, and signed.
    /// @param proofType keccak-256 of the label of the attestation's type.
    /// @param uri Where the statement is.
    /// @param signature `IAttestationRegistry.packProof`: attester (20 bytes), version (4), statement hash (32), issuedAt (8),
    /// expireAt (8), then the attester's signature over the attestation.
    /// @dev Requirements: caller is the token's owner or an operator that the owner approved for its class; the signature
    /// counts even where the caller is the attester, because the event hands it to readers; those of `attest`, unless
    /// somebody attested it before, and then it is valid still; it was not put forward before.
    function addProof(uint256 tokenId, bytes32 proofType, string calldata uri, bytes calldata signature) external;
}
