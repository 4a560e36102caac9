// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Channel} from "./IValueChannels.sol";

/// @notice One measured amount of a receipt. `metricType` is keccak-256 of the metric's label (P26).
struct ReceiptMetric {
    bytes32 metricType;
    uint64 amount;
}

/// @notice The operator's final word on one call (R13), as @kedge/core hashes it.
struct Receipt {
    bytes32 channelId;
    uint256 tokenId;
    uint256 classId;
    bytes32 policyHash;
    uint64 seq;
    bytes32 requestHash;
    bytes32 responseHash;
    ReceiptMetric[] metrics;
    uint64 units;
    uint64 cumulativeUnits;
    bytes32 previousReceiptHash;
    uint64 issuedAt;
}

/// @notice A receipt with what proves that the operator signed it (R14).
/// @param epoch Of the log batch, as `batch` is.
/// @param path From the receipt's leaf to the batch's root.
/// @param signature 65 bytes, over ReceiptBatch{operator, epoch, batch, root}.
struct SignedReceipt {
    Receipt receipt;
    uint32 epoch;
    uint64 batch;
    bytes32[] path;
    bytes signature;
}

/// @notice What an operator stands in for with money, in one asset.
/// @param amount Slashable now.
/// @param coveredUntil The operator's promise: channels whose deadline and grace end by then are covered to their end.
/// @param releaseAt Last second at which it cannot be taken back; 0 while it is not unbonding. Slashable until it is.
struct Bond {
    uint128 amount;
    uint64 coveredUntil;
    uint64 releaseAt;
}

/// @notice One slash, and the proofs that share it.
/// @param pot What was taken from the bond: half of it when the window opened, and of what was posted since, at each proof.
/// @param claims Sum of the captured backing of the proven channels.
/// @param endsAt Last second at which proofs join it; 0: no such window.
/// @param proofs Number of them.
/// @param burned Whether what nobody has a claim to was burned.
/// @param spared What the newest slash left of the bond: half of what is above it is taken by the next proof.
struct SlashWindow {
    uint128 pot;
    uint128 claims;
    uint64 endsAt;
    uint32 proofs;
    bool burned;
    uint128 spared;
}

/// @notice A proven equivocation, as it is in the last window that it joined. All zeros: not proven.
/// @param window Windows of an operator and asset count from 1.
/// @param paid Whether holder and reporter were credited for that window.
/// @param backing The claim in that window: what captured units were backed with, in the bond's asset.
/// @param claimed The claims in all windows: the backing of all that was captured when the last one was made or raised.
struct FraudProof {
    address operator;
    uint32 window;
    bool paid;
    address holder;
    address reporter;
    uint128 backing;
    uint128 claimed;
}

/// @title IOperatorBond: money that an operator loses when it signs two receipts with one number (R15, R26).
/// @notice Equivocation: one operator, one channel, one sequence number (epoch and counter), two receipts. The first proof
/// takes half of the operator's bond in the asset and opens a window of seven days; proofs of other channels join it, and
/// take half of what was posted since. When it ends, each channel's holder gets at most what the channel's captured units
/// were backed with, the reporters share five percent, both pro rata where it is not enough, and the rest is burned.
/// What is captured from a channel after its proof is claimed by `raiseClaim`: an operator gains nothing by an early proof.
/// @dev Nobody administers it. Each (operator, asset) has its own books; an asset that misbehaves harms those in it.
interface IOperatorBond {
    event BondPosted(address indexed operator, address indexed asset, uint256 amount, uint256 bonded);
    event BondCovers(address indexed operator, address indexed asset, uint64 coveredUntil);
    event UnbondingStarted(address indexed operator, address indexed asset, uint64 releaseAt);
    event UnbondingCancelled(address indexed operator, address indexed asset);
    event BondReleased(address indexed operator, address indexed asset, address indexed to, uint256 amount);
    /// @notice A window opened, or, where its number is known, grew: to `pot`, which leaves `bonded`.
    event SlashWindowOpened(
        address indexed operator, address indexed asset, uint32 window, uint256 pot, uint256 bonded, uint64 endsAt
    );
    /// @notice The two receipts that the operator signed with one number.
    event Equivocation(bytes32 indexed channelId, uint64 seq, bytes32 firstReceipt, bytes32 secondReceipt);
    /// @notice A channel's claim joined a window: by its proof, or with what was captured after its last window.
    event FraudProven(
        bytes32 indexed channelId,
        address indexed operator,
        address indexed asset,
        uint32 window,
        address holder,
        address reporter,
        uint256 backing
    );
    /// @notice More was captured since the proof: the channel's claim in the open window is `backing` now.
    event ClaimRaised(
        bytes32 indexed channelId, address indexed operator, address indexed asset, uint32 window, uint256 backing
    );
    event FraudPaid(
        bytes32 indexed channelId,
        address indexed asset,
        address holder,
        uint256 holderAmount,
        address reporter,
        uint256 reporterAmount
    );
    event BondBurned(address indexed operator, address indexed asset, uint32 window, uint256 amount);
    event DuesWithdrawn(address indexed account, address indexed asset, address indexed to, uint256 amount);

    /// @notice Thrown when a bond is posted for nobody, or with nothing.
    error OperatorBondNothingPosted(address operator);
    /// @notice Thrown when the ETH sent is not the amount named.
    error OperatorBondWrongPayment(uint256 expected, uint256 sent);
    /// @notice Thrown when an asset has no code.
    error OperatorBondInvalidAsset(address asset);
    /// @notice Thrown when a promise would end earlier than the one before, or too far away to count with.
    error OperatorBondWrongPromise(uint64 coveredUntil, uint64 asked);
    /// @notice Thrown when the bond is unbonding and must not be, or the other way round.
    error OperatorBondUnbonding(address operator, address asset, uint64 releaseAt);
    /// @notice Thrown when a bond is asked back before it may go.
    error OperatorBondTooEarly(uint64 releaseAt);
    /// @notice Thrown when a receipt of a proof names another channel than the terms given.
    error OperatorBondOtherChannel(bytes32 channelId, bytes32 receiptChannelId);
    /// @notice Thrown when both receipts are one, or have different numbers.
    error OperatorBondNoEquivocation(uint64 firstSeq, uint64 secondSeq, bytes32 firstReceipt, bytes32 secondReceipt);
    /// @notice Thrown when a receipt's batch is not signed by the channel's operator.
    error OperatorBondWrongSigner(address operator, address signer, bytes32 receiptHash);
    /// @notice Thrown when the channel was proven before in this asset.
    error OperatorBondAlreadyProven(bytes32 channelId, address asset);
    /// @notice Thrown when a channel never was open: nobody lost anything in it.
    error OperatorBondNeverOpened(bytes32 channelId);
    /// @notice Thrown when a claim is raised that nobody proved.
    error OperatorBondNotProven(bytes32 channelId, address asset);
    /// @notice Thrown when nothing was captured beyond what is claimed.
    error OperatorBondNothingToRaise(bytes32 channelId, address asset, uint256 claimed);
    /// @notice Thrown when the operator has nothing to lose in this asset.
    error OperatorBondNothingBonded(address operator, address asset);
    /// @notice Thrown when a channel was not proven in this asset, or paid already.
    error OperatorBondNothingToPay(bytes32 channelId, address asset);
    /// @notice Thrown when a window is not there, or was burned already.
    error OperatorBondNothingToBurn(address operator, address asset, uint32 window);
    /// @notice Thrown when a window has not ended.
    error OperatorBondWindowOpen(uint64 endsAt);
    /// @notice Thrown when a recipient refuses ETH.
    error OperatorBondPaymentFailed(address to, uint256 amount);

    // The operator

    /// @notice Adds to the bond of `operator` in `asset` (zero address: ETH). Anyone may pay; it is the operator's.
    /// @dev Credits what arrives.
    function post(address operator, address asset, uint256 amount) external payable returns (uint256 credited);

    /// @notice Promises that the bond outlasts every channel whose deadline and grace end by `coveredUntil`. Never shortened.
    /// @dev Requirements: the caller's bond is not unbonding; `coveredUntil` is later than before.
    function coverUntil(address asset, uint64 coveredUntil) external;

    /// @notice Asks the whole bond back. It is slashable to the end: the later of now and `coveredUntil`, plus a window.
    function startUnbonding(address asset) external returns (uint64 releaseAt);

    function cancelUnbonding(address asset) external;

    /// @notice Pays out what is left of the caller's bond.
    /// @dev Requirements: `releaseAt` has passed.
    function release(address asset, address payable to) external returns (uint256 amount);

    // Fraud

    /// @notice Proves an equivocation and slashes the operator's bond in `asset`. The caller becomes the reporter.
    /// @dev Requirements: both receipts name the channel and one seq, and differ; both are signed by its operator; the
    /// channel was open once, and was not proven before in this asset; something is bonded, or a window is open.
    /// @dev Warning: whoever sees a proof can send it first and be the reporter. The slash is the same.
    function proveFraud(
        Channel calldata channel,
        address asset,
        SignedReceipt calldata first,
        SignedReceipt calldata second
    ) external returns (uint32 window);

    /// @notice Claims what was captured from a proven channel since it was claimed last. Anyone may call. While the proof's
    /// window is open, its claim grows. After that, what was due in that window is credited, and the rest joins the
    /// operator's open window, or slashes what is left of the bond and opens the next; the caller is its reporter.
    /// @dev Requirements: the channel was proven in this asset; the backing of what was captured is more than was claimed;
    /// after the proof's window: something is bonded, or another window is open.
    function raiseClaim(Channel calldata channel, address asset) external returns (uint32 window);

    /// @notice Credits holder and reporter of a proven channel, once its window has ended. Anyone may call.
    function payFraud(address asset, bytes32 channelId) external returns (uint256 holderAmount, uint256 reporterAmount);

    /// @notice Burns what nobody has a claim to, once a window has ended. Anyone may call.
    function burn(address operator, address asset, uint32 window) external returns (uint256 amount);

    /// @notice Withdraws what is owed to the caller.
    function withdraw(address asset, address payable to) external returns (uint256 amount);

    // Views

    function token() external view returns (address);

    function channels() external view returns (address);

    /// @notice Basis points of a bond that a window takes; of the pot that reporters share; seconds that proofs collect.
    function terms() external view returns (uint256 slashBps, uint256 reporterBps, uint256 window);

    function bondOf(address operator, address asset) external view returns (Bond memory);

    /// @notice Whether the operator's bond in `asset` is there, is promised beyond the channel's deadline and grace, and was not
    /// slashed for this channel before.
    function covers(Channel calldata channel, address asset) external view returns (bool);

    function windowOf(address operator, address asset, uint32 window) external view returns (SlashWindow memory);

    /// @notice Number of the newest window; 0: none.
    function windowCount(address operator, address asset) external view returns (uint32);

    function proofOf(address asset, bytes32 channelId) external view returns (FraudProof memory);

    function owedTo(address account, address asset) external view returns (uint256);

    /// @notice The EIP-712 struct hash of a receipt.
    function receiptHash(Receipt calldata receipt) external pure returns (bytes32);

    /// @notice The EIP-712 digest that an operator signs for the receipts of a log batch, in the domain of the channels.
    function batchDigest(address operator, uint32 epoch, uint64 batch, bytes32 root) external view returns (bytes32);
}
