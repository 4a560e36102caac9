// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Channel, ChannelMode} from "./IValueChannels.sol";

/// @notice All that a deposit address is for. The address is derived from every word of it.
/// @param market Sells the lot: ValueMarket, ValuePlans or another `IValueSales`.
/// @param asset What the lot is priced in, and what is deposited; zero address: ETH.
/// @param holder Owns the token that is bought: what its channel does not spend returns to it.
/// @param refundTo The only address that what buys nothing goes back to.
/// @param operator With `channelKey`, `rate`, `burst`, `deadline`, `grace` and `mode` the channel's terms, as in `Channel`.
/// @param salt Of the channel. A top-up has the id of the channel that it continues.
struct DepositTerms {
    address market;
    uint256 classId;
    uint32 lot;
    address asset;
    address holder;
    address refundTo;
    address operator;
    address channelKey;
    uint64 rate;
    uint64 burst;
    uint64 deadline;
    uint32 grace;
    ChannelMode mode;
    bytes32 salt;
}

/// @notice A payer's signature of EIP-3009 over a transfer to the deposit address.
/// @param signature r | s | v; of another length, what the payer's contract takes for one (ERC-1271).
struct TransferAuthorization {
    address from;
    uint256 value;
    uint256 validAfter;
    uint256 validBefore;
    bytes32 nonce;
    bytes signature;
}

/// @title IERC3009: the parts of EIP-3009 that are used.
interface IERC3009 {
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice The same for signatures of any length.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice Whether the nonce was used or cancelled.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);
}

/// @title IChannelDeposits: addresses whose whole content buys value into a channel (R28).
/// @notice Whoever can pay to an address can pay into a channel: nothing is signed beside the payment, nothing can be put in
/// front of it, and nobody can turn it to another end. A channel's cap is part of its id, so a top-up opens the channel's
/// continuation, with the terms that the address was derived from.
/// @dev The channel's holder is the deposit address, which keeps nothing: the token goes to `holder` in the same call.
interface IChannelDeposits {
    /// @notice `spent` of the asset bought `channel.cap` units, all of which are locked to the channel.
    event DepositSwept(
        address indexed deposit, bytes32 indexed channelId, address indexed operator, Channel channel, uint256 spent
    );
    event DepositRefunded(address indexed deposit, address indexed asset, address indexed to, uint256 amount);

    /// @notice Thrown when what was deposited does not buy one unit.
    error ChannelDepositsNothingToSweep(address deposit, uint256 amount);
    /// @notice Thrown when a refund finds none of the asset.
    error ChannelDepositsNothingToRefund(address deposit, address asset);
    /// @notice Thrown when the lot is priced in another asset than the terms name.
    error ChannelDepositsWrongAsset(address priced, address named);
    /// @notice Thrown when the asset refuses the payer's authorization and does not know its nonce as used either.
    error ChannelDepositsNotPaid(address from, bytes32 nonce, bytes reason);
    /// @notice Thrown when somebody else than the refund address asks for a refund before the deadline.
    error ChannelDepositsTooEarly(address caller, uint64 deadline);
    /// @notice Thrown when somebody else than the refund address asks for what is its alone.
    error ChannelDepositsUnauthorized(address caller, address refundTo);

    /// @notice Buys as many units as the deposited asset pays for, into a channel of the terms. Anyone may call.
    /// @dev Requirements: the lot is on sale and not superseded; the terms hold; the class's tokens can be transferred. What
    /// is less than one unit's price stays deposited.
    function sweep(DepositTerms calldata terms) external returns (bytes32 channelId, uint64 units, uint256 spent);

    /// @notice The payer's transfer and the sweep in one: where one of them fails, nothing is paid. Anyone may call. An
    /// authorization that somebody used before is no obstacle: then the money is deposited already.
    function payAndSweep(DepositTerms calldata terms, TransferAuthorization calldata authorization)
        external
        returns (bytes32 channelId, uint64 units, uint256 spent);

    /// @notice Pays all that is deposited of an asset, also one that the terms do not name, to the refund address.
    /// @dev Requirements: caller is the refund address, or the deadline has passed, after which no sweep can succeed.
    function refund(DepositTerms calldata terms, address asset) external returns (uint256 amount);

    /// @notice Takes what an operator's bond owes the deposit address, as the holder of its channels, to the refund address.
    /// @param bond `OperatorBond`, or another contract with its `withdraw`.
    /// @dev Requirements: caller is the refund address.
    function withdrawBond(DepositTerms calldata terms, address bond, address asset) external returns (uint256 amount);

    /// @notice Where to pay. It may be paid before there is any code.
    function depositOf(DepositTerms calldata terms) external view returns (address);

    /// @notice The token contract whose lots are bought.
    function token() external view returns (address);

    /// @notice The contract whose channels are opened.
    function channels() external view returns (address);
}
