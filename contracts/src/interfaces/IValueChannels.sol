// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice Who signs vouchers: the holder's client (strict) or the operator itself (capped).
enum ChannelMode {
    Strict,
    Capped
}

/// @notice A channel's immutable terms; its id is their EIP-712 digest (R7).
/// @param holder Who locked the value.
/// @param operator Who serves, and whom the operator's cut is owed to.
/// @param channelKey The EOA whose vouchers count (R10).
/// @param cap Units locked.
/// @param rate Units a second that may be captured since opening, plus `burst` (R9). Zero: no limit, strict mode only.
/// @param deadline Last second of service, Unix time.
/// @param grace Seconds after the deadline in which captures still work; at least one day (R6).
struct Channel {
    address holder;
    uint256 tokenId;
    address operator;
    address channelKey;
    uint64 cap;
    uint64 rate;
    uint64 burst;
    uint64 deadline;
    uint32 grace;
    ChannelMode mode;
    bytes32 salt;
}

/// @notice The channel key's word for what was received so far.
struct Voucher {
    bytes32 channelId;
    uint64 cumulativeUnits;
    bytes32 receiptHash;
    uint64 seq;
}

/// @notice A lineage edge whose royalty is collected after the captures (R19).
struct RoyaltyEdge {
    uint256 classId;
    uint256 parentIndex;
    address asset;
}

/// @notice The receipts of the log batches `firstBatch..lastBatch` of one epoch, under one root (R16).
/// @param cid Where the leaves are in the content store.
struct ReceiptAnchor {
    uint32 epoch;
    uint64 firstBatch;
    uint64 lastBatch;
    bytes32 root;
    string cid;
}

/// @title IValueChannels: value locked to one operator, captured by cumulative vouchers (R6-R10, R29).
/// @notice A channel is opened by `DataAnchoringToken.lock(tokenId, cap, valueChannels, abi.encode(channel))`.
interface IValueChannels {
    event ChannelOpened(bytes32 indexed channelId, address indexed holder, address indexed operator, Channel channel);
    /// @notice `units` were taken now, `capturedUnits` since opening. A voucher with nothing new emits nothing (R8).
    event ChannelCaptured(
        bytes32 indexed channelId, uint64 units, uint64 capturedUnits, uint64 seq, bytes32 receiptHash
    );
    event ChannelClosed(bytes32 indexed channelId, uint64 capturedUnits, uint64 returnedUnits);
    /// @notice Item `index` of a capture did nothing; the others went on (R8).
    event CaptureFailed(uint256 indexed index, bytes32 indexed channelId, bytes reason);
    /// @notice Edge `index` of a capture collected nothing; captures and other edges went on.
    event RoyaltyFailed(
        uint256 indexed index, uint256 indexed classId, uint256 parentIndex, address asset, bytes reason
    );
    event ReceiptsAnchored(
        address indexed operator, bytes32 indexed root, uint32 epoch, uint64 firstBatch, uint64 lastBatch, string cid
    );

    /// @notice Thrown when somebody else than the token contract locks.
    error ValueChannelsNotToken(address caller);
    /// @notice Thrown when a channel's terms cannot be honoured; `field` names the offending one.
    error ValueChannelsInvalidTerms(bytes32 field);
    /// @notice Thrown when the items of a capture end within a run.
    error ValueChannelsMalformedItems();
    /// @notice Thrown when a channel is not open: never opened, or closed.
    error ValueChannelsNotOpen(bytes32 channelId);
    /// @notice Thrown when a voucher is not signed by the channel key, or comes unsigned from another caller: the `signer`.
    error ValueChannelsWrongSigner(bytes32 channelId, address signer, address channelKey);
    /// @notice Thrown when a capture comes after deadline + grace.
    error ValueChannelsTooLate(bytes32 channelId, uint64 deadline, uint32 grace);
    /// @notice Thrown when somebody else than the operator closes a channel before deadline + grace.
    error ValueChannelsTooEarly(bytes32 channelId, uint64 deadline, uint32 grace);

    /// @notice Takes what was signed and not yet taken, at most the lock and the rate; then collects royalties; then
    /// anchors receipt roots in the caller's name. Anyone may relay captures. Items fail alone.
    /// @param items Channels, each with its newest voucher, packed big-endian without padding. One or more runs, each
    /// operator(20) | channelKey(20) | rate(8) | burst(8) | grace(4) | mode(1) | count(2) and `count` times
    /// holder(20) | tokenId(16) | deadline(8) | salt(32) | cap(8) | cumulativeUnits(8) | receiptHash(32) | seq(8) |
    /// signature(64): numbers of bytes in brackets, fields those of `Channel` and `Voucher`, the signature r | (v - 27)
    /// << 255 | s of ERC-2098. The channel id is derived. Consecutive runs of one operator are captured together.
    /// A run with mode + 128 is unsigned: its items end with seq, and count where the caller is the channel key, whose
    /// transaction is the signature; everything else holds for them as for signed ones.
    function capture(bytes calldata items, RoyaltyEdge[] calldata edges, ReceiptAnchor[] calldata anchors) external;

    /// @notice Ends a channel and returns the rest to the token.
    /// @dev Requirements: caller is the operator, or deadline + grace has passed.
    function close(Channel calldata channel) external returns (uint64 returnedUnits);

    /// @notice The token contract whose locks these channels are.
    function token() external view returns (address);

    /// @notice The EIP-712 digest of the terms.
    function channelIdOf(Channel calldata channel) external view returns (bytes32);

    /// @notice The EIP-712 digest that the channel key signs.
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32);

    /// @notice Captured so far, still locked, and what could be captured now under the rate. What a channel has captured is
    /// known after it was closed, too; all zeros when it never was open.
    function channelState(Channel calldata channel)
        external
        view
        returns (bool open, uint64 capturedUnits, uint64 remainingUnits, uint64 capturableUnits);
}
