// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice A purchase from any seller of lots (`IValueSales`).
/// @param market ValueMarket, ValuePlans or another; it is given exactly the cost.
/// @param maxCost Most that is paid, in smallest units of the lot's asset.
struct Purchase {
    address market;
    uint256 classId;
    uint32 lot;
    uint64 units;
    address to;
    uint256 maxCost;
}

/// @notice A signature of ERC-2612 over an allowance for the `PermitBuyer`.
struct TokenPermit {
    uint256 value;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice Permit2's transfer by signature.
/// @param permitted Token and most that may be transferred.
struct PermitTransferFrom {
    TokenPermissions permitted;
    uint256 nonce;
    uint256 deadline;
}

struct TokenPermissions {
    address token;
    uint256 amount;
}

struct SignatureTransferDetails {
    address to;
    uint256 requestedAmount;
}

/// @title ISignatureTransfer: the one function of the Permit2 contract that is used.
interface ISignatureTransfer {
    /// @notice Transfers the owner's tokens to `details.to`, once, by its signature over the permit and the witness.
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata details,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}

/// @title IPermitBuyer: buys value with an ERC-20 by signature instead of an approval, from whichever contract sells it.
/// @notice Holds nothing between calls: what is pulled is paid in the same call, and what is left goes back to the payer.
interface IPermitBuyer {
    event BoughtByPermit(
        uint256 indexed tokenId, address indexed payer, address indexed market, address asset, uint256 cost
    );

    /// @notice Thrown when the lot is priced in ETH, which needs no permit.
    error PermitBuyerNotErc20(uint256 classId, uint32 lot);
    /// @notice Thrown when the price is above what the buyer allows.
    error PermitBuyerTooExpensive(uint256 cost, uint256 maxCost);
    /// @notice Thrown when less arrived than the cost.
    error PermitBuyerWrongPayment(uint256 cost, uint256 received);
    /// @notice Thrown when the signature is over another asset than the lot's.
    error PermitBuyerWrongAsset(address asset, address permitted);

    /// @notice Buys with the caller's ERC-2612 permit. The purchase is the caller's, so nobody can use its signature for
    /// another one. A permit that somebody sent before is no obstacle.
    function buyWithPermit(Purchase calldata purchase, TokenPermit calldata permit)
        external
        returns (uint256 tokenId, uint256 cost);

    /// @notice Buys with `payer`'s Permit2 signature, whose witness is the whole purchase. Anyone may send it.
    function buyWithPermit2(
        Purchase calldata purchase,
        address payer,
        PermitTransferFrom calldata permit,
        bytes calldata signature
    ) external returns (uint256 tokenId, uint256 cost);

    /// @notice The token contract whose lots are bought.
    function token() external view returns (address);

    /// @notice The Permit2 contract.
    function permit2() external view returns (address);

    /// @notice EIP-712 struct hash of a purchase: the witness.
    function witnessOf(Purchase calldata purchase) external pure returns (bytes32);
}
