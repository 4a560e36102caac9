// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassTerms} from "./IDATClasses.sol";

/// @notice What a class may bind itself to at creation, for ever. Zero: not bound.
/// @param shareCap Most that active and pending shares of the class may sum to (P17): the bound of dilution.
/// @param sharesFrozenFrom Unix time from which no share is minted any more (P17).
/// @param activationDelay Seconds at least that a new share waits before it earns, up to the end of a UTC day (P17).
/// @param policyNotice Seconds at least between the announcement of a policy and its taking effect (P18).
/// @param appealWindow Seconds between the announcement of a revocation and its taking effect; 0: the issuer can revoke
/// nothing (P27). A day to a year.
/// @param nonTransferable Tokens of the class stay with the holder that they are minted to (ERC-5192).
/// @param valueKeepsExpiry Unbacked value, too, moves only to tokens that expire no later than its own (P22).
/// @param sharesOutliveExpiry A token's expiry ends its use and not its share, which earns until it is retired (P21).
struct ClassOptions {
    uint48 shareCap;
    uint32 sharesFrozenFrom;
    uint32 activationDelay;
    uint32 policyNotice;
    uint32 appealWindow;
    bool nonTransferable;
    bool valueKeepsExpiry;
    bool sharesOutliveExpiry;
}

/// @title IDATOptions: promises of an issuer that the contract keeps (P17, P18, P21, P22, R21).
interface IDATOptions {
    /// @notice Companion of `ClassCreated` for a class with options.
    event ClassOptionsFixed(uint256 indexed classId, ClassOptions options);
    /// @notice No share of the class is minted from `from` on.
    event SharesFrozen(uint256 indexed classId, uint64 from);
    /// @notice Companion of `Minted`: the share earns nothing up to and including `activateAt`.
    event SharePending(uint256 indexed tokenId, uint64 activateAt);
    /// @notice Shares that waited until `activateAt` entered the class's total.
    event SharesActivated(uint256 indexed classId, uint64 activateAt, uint256 shareAdded, uint256 totalShare);

    /// @notice Thrown when an option cannot be kept; `field` names it.
    error DATInvalidOption(bytes32 field);
    /// @notice Thrown when a new share would bring active and pending shares above the cap.
    error DATShareCapExceeded(uint256 classId, uint256 shares, uint256 shareCap);
    /// @notice Thrown when a share is minted in a class whose shares are frozen.
    error DATSharesFrozen(uint256 classId, uint64 from);

    /// @notice `createClassWithTerms`, bound by options from the beginning.
    /// @dev Requirements: those of `createClassWithTerms`; the delay, the notice and the window are at most
    /// 365 days, and the window at least one where there is one; `sharesFrozenFrom` is not in the past.
    function createClassWithOptions(ClassTerms calldata terms, ClassOptions calldata options)
        external
        returns (uint256 classId);

    /// @notice Freezes the class's shares from now on, for ever. Any class can.
    /// @dev Requirements: caller is the issuer; they are not frozen yet.
    function freezeShares(uint256 classId) external;

    function classOptions(uint256 classId) external view returns (ClassOptions memory);

    /// @notice Shares of the class that wait to enter.
    function pendingShareOf(uint256 classId) external view returns (uint256);

    /// @notice Last second before the token's share earns; 0 when it never waited.
    function activateAtOf(uint256 tokenId) external view returns (uint64);
}
