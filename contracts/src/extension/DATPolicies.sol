// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATClasses} from "../interfaces/IDATClasses.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATPolicies} from "../interfaces/IDATPolicies.sol";
import {AnnouncedPolicy, ClassHead, Policy} from "../types/Class.sol";
import {Lot, LotHead} from "../types/Lot.sol";
import {BACKED_LOT_BIT} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATPolicies: notice of policies, superseded lots and opened refunds (P18, R25).
abstract contract DATPolicies is DATExtension {
    /// @dev Reached from the first extension's own `publishPolicy`, for a class with a notice period.
    function publishPolicy(uint256 classId, string calldata policyURI, bytes32 policyHash)
        external
        onlyDelegated
        returns (uint32 policyVersion)
    {
        return _announce(classId, policyURI, policyHash);
    }

    /// @dev Reached as `publishPolicy` is.
    function updateClassPolicy(uint256 classId, string calldata policyURI) external onlyDelegated {
        _announce(classId, policyURI, bytes32(0));
    }

    function activatePolicy(uint256 classId) external onlyDelegated returns (uint32 policyVersion) {
        ClassHead head = _requireClass(classId);
        AnnouncedPolicy memory announced = _announcedPolicies[classId];
        if (announced.effectiveAt == 0) revert IDATPolicies.DATNothingAnnounced(classId);
        if (block.timestamp < announced.effectiveAt) {
            revert IDATPolicies.DATNoticeRunning(classId, announced.effectiveAt);
        }
        delete _announcedPolicies[classId];
        policyVersion = head.policyVersion() + 1;
        // As in `DATClasses`: the bit decides about money.
        assert(policyVersion < BACKED_LOT_BIT);
        _heads[classId] = head.withNextPolicy();
        _records[classId].policies[policyVersion] = Policy(announced.uri, announced.hash);
        emit IDATCore.ClassPolicyUpdated(classId, announced.uri);
        emit IDATClasses.PolicyPublished(classId, policyVersion, announced.uri, announced.hash);
    }

    function announcedPolicy(uint256 classId)
        external
        view
        returns (string memory policyURI, bytes32 policyHash, uint64 effectiveAt)
    {
        _requireClass(classId);
        AnnouncedPolicy memory announced = _announcedPolicies[classId];
        return (announced.uri, announced.hash, announced.effectiveAt);
    }

    function isSuperseded(uint256 classId, uint32 lot) external view returns (bool) {
        return _requireLot(classId, lot).head.policyVersion() != _heads[classId].policyVersion();
    }

    function openRefunds(uint256 classId, uint32 lot) external onlyDelegated {
        _requireIssuer(classId);
        Lot storage record = _requireLot(classId, lot);
        LotHead head = record.head;
        if (head.refundable()) revert IDATPolicies.DATRefundsOpen(classId, lot);
        record.head = head.withRefunds();
        emit IDATPolicies.RefundsOpened(classId, lot);
    }

    function _announce(uint256 classId, string calldata policyURI, bytes32 policyHash)
        private
        returns (uint32 policyVersion)
    {
        policyVersion = _requireIssuer(classId).policyVersion() + 1;
        // A notice has 32 bits.
        uint64 effectiveAt = uint64(block.timestamp + _classOptions[classId].policyNotice);
        _announcedPolicies[classId] = AnnouncedPolicy(policyURI, policyHash, effectiveAt);
        emit IDATPolicies.PolicyAnnounced(classId, policyVersion, policyURI, policyHash, effectiveAt);
    }
}
