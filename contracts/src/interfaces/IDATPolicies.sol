// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IDATPolicies: notice of policies, superseded lots and refunds that an issuer opens (P18, R25).
/// @notice Tokens and lots keep the version they were made under, whatever happens here (L10).
interface IDATPolicies {
    /// @notice A class with a notice period will use this policy from `effectiveAt` on, once anybody activates it.
    event PolicyAnnounced(
        uint256 indexed classId, uint32 indexed policyVersion, string policyURI, bytes32 policyHash, uint64 effectiveAt
    );
    /// @notice The lot became refundable, for ever.
    event RefundsOpened(uint256 indexed classId, uint32 indexed lot);

    /// @notice Thrown when units of a lot are sold whose policy is not the class's current one (R25).
    error DATLotSuperseded(uint256 classId, uint32 lot, uint32 policyVersion, uint32 currentVersion);
    /// @notice Thrown when a class has announced no policy.
    error DATNothingAnnounced(uint256 classId);
    /// @notice Thrown when the notice of a policy is still running.
    error DATNoticeRunning(uint256 classId, uint64 effectiveAt);
    /// @notice Thrown when a lot's holders could have refunds already.
    error DATRefundsOpen(uint256 classId, uint32 lot);

    /// @notice Makes the announced policy the current one. Anyone may call.
    /// @dev In a class with a notice period `publishPolicy` and `updateClassPolicy` announce; announcing again replaces what
    /// was announced and starts the period anew.
    function activatePolicy(uint256 classId) external returns (uint32 policyVersion);

    /// @notice What was announced; zeros when nothing is.
    function announcedPolicy(uint256 classId)
        external
        view
        returns (string memory policyURI, bytes32 policyHash, uint64 effectiveAt);

    /// @notice Whether the lot's policy is not the current one: it takes no new sale and no top-up.
    function isSuperseded(uint256 classId, uint32 lot) external view returns (bool);

    /// @notice Lets the holders of a lot refund unspent units before expiry, though its terms do not: for an issuer that
    /// removed an operator or a model (R25). Takes nothing from anybody, and cannot be undone.
    /// @dev Requirements: caller is the issuer; the lot is not refundable yet.
    function openRefunds(uint256 classId, uint32 lot) external;
}
