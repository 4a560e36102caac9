// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATDelegation} from "../base/DATDelegation.sol";
import {ClassInfo, ClassKind, ClassTerms, IDATClasses, Parent, ParentTerms} from "../interfaces/IDATClasses.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {ClassOptions, IDATOptions} from "../interfaces/IDATOptions.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {ClassHead, ClassRecord, ClassShare, Policy, packClassHead} from "../types/Class.sol";
import {BACKED_LOT_BIT} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATClasses: creation, issuer, policies and lineage of classes.
abstract contract DATClasses is DATExtension, DATDelegation, IDATClasses {
    uint256 private constant MAX_PARENTS = 16;

    function createClass(
        string calldata metadataURI,
        bytes32 integrityHash,
        uint8 unitDecimals,
        string calldata policyURI
    ) external onlyDelegated returns (uint256 classId) {
        return _createClass(
            ClassTerms({
                metadataURI: metadataURI,
                integrityHash: integrityHash,
                unitDecimals: unitDecimals,
                policyURI: policyURI,
                policyHash: bytes32(0),
                kind: ClassKind.Unspecified,
                beneficiary: address(0),
                parents: new ParentTerms[](0)
            })
        );
    }

    /// @inheritdoc IDATClasses
    function createClassWithTerms(ClassTerms calldata terms) external onlyDelegated returns (uint256 classId) {
        return _createClass(terms);
    }

    /// @dev As declared in `IDATOptions`.
    function createClassWithOptions(ClassTerms calldata terms, ClassOptions calldata options)
        external
        onlyDelegated
        returns (uint256 classId)
    {
        if (options.activationDelay > 365 days) revert IDATOptions.DATInvalidOption("activationDelay");
        if (options.policyNotice > 365 days) revert IDATOptions.DATInvalidOption("policyNotice");
        uint32 window = options.appealWindow;
        if (window > 365 days || (window != 0 && window < 1 days)) revert IDATOptions.DATInvalidOption("appealWindow");
        uint32 frozenFrom = options.sharesFrozenFrom;
        if (frozenFrom != 0 && frozenFrom < block.timestamp) revert IDATOptions.DATInvalidOption("sharesFrozenFrom");
        classId = _createClass(terms);
        _classOptions[classId] = options;
        ClassHead head = _heads[classId];
        bool sharesBound = uint256(options.shareCap) + frozenFrom + options.activationDelay != 0;
        if (sharesBound || options.sharesOutliveExpiry) head = head.withShareTerms();
        if (options.policyNotice != 0) head = head.withNotice();
        if (options.nonTransferable) head = head.withoutTransfers();
        if (options.valueKeepsExpiry) head = head.withKeptExpiry();
        _heads[classId] = head;
        emit IDATOptions.ClassOptionsFixed(classId, options);
    }

    function updateClassMetadata(uint256 classId, string calldata metadataURI, bytes32 integrityHash)
        external
        onlyDelegated
    {
        _requireIssuer(classId);
        ClassRecord storage record = _records[classId];
        record.metadataURI = metadataURI;
        record.integrityHash = integrityHash;
        emit IDATCore.MetadataUpdated(classId, metadataURI, integrityHash);
        emit IDataAnchoringToken.BatchMetadataUpdate(classId << 64, classId << 64 | type(uint64).max);
    }

    function updateClassPolicy(uint256 classId, string calldata policyURI) external onlyDelegated {
        _publishPolicy(classId, policyURI, bytes32(0));
    }

    /// @inheritdoc IDATClasses
    function publishPolicy(uint256 classId, string calldata policyURI, bytes32 policyHash)
        external
        onlyDelegated
        returns (uint32 policyVersion)
    {
        return _publishPolicy(classId, policyURI, policyHash);
    }

    /// @inheritdoc IDATClasses
    function transferIssuer(uint256 classId, address newIssuer) external onlyDelegated {
        _requireIssuer(classId);
        _records[classId].pendingIssuer = newIssuer;
        emit IssuerTransferStarted(classId, msg.sender, newIssuer);
    }

    /// @inheritdoc IDATClasses
    function acceptIssuer(uint256 classId) external onlyDelegated {
        ClassHead head = _requireClass(classId);
        address pendingIssuer = _records[classId].pendingIssuer;
        if (msg.sender != pendingIssuer) revert DATNotPendingIssuer(classId, msg.sender, pendingIssuer);
        delete _records[classId].pendingIssuer;
        _heads[classId] = head.withIssuer(msg.sender);
        emit IssuerTransferred(classId, head.issuer(), msg.sender);
    }

    /// @inheritdoc IDATClasses
    function acceptParent(uint256 classId, uint256 parentIndex) external onlyDelegated {
        Parent storage parent = _requireParent(classId, parentIndex);
        uint256 parentId = parent.classId;
        if (_heads[parentId].issuer() != msg.sender) revert DATNotParentIssuer(parentId, msg.sender);
        parent.accepted = true;
        emit ParentAccepted(classId, parentId, parentIndex);
    }

    function getClassMeta(uint256 classId)
        external
        view
        returns (string memory metadataURI, bytes32 integrityHash, uint8 unitDecimals, string memory policyURI)
    {
        ClassHead head = _requireClass(classId);
        ClassRecord storage record = _records[classId];
        return
            (record.metadataURI, record.integrityHash, head.unitDecimals(), record.policies[head.policyVersion()].uri);
    }

    /// @inheritdoc IDATClasses
    function classInfo(uint256 classId) external view returns (ClassInfo memory) {
        ClassHead head = _requireClass(classId);
        ClassShare share = _classShares[classId];
        ClassRecord storage record = _records[classId];
        return ClassInfo({
            issuer: head.issuer(),
            pendingIssuer: record.pendingIssuer,
            kind: head.kind(),
            unitDecimals: head.unitDecimals(),
            policyVersion: head.policyVersion(),
            lotCount: share.lotCount(),
            tokenCount: head.tokenCount(),
            // At most 2^48 - 1.
            totalShare: uint64(_activeShare(classId)),
            royaltyBps: share.royaltyBps(),
            beneficiary: record.beneficiary
        });
    }

    /// @inheritdoc IDATClasses
    function classCount() external view returns (uint256) {
        return _classCount;
    }

    /// @inheritdoc IDATClasses
    function issuerOf(uint256 classId) external view returns (address) {
        return _requireClass(classId).issuer();
    }

    /// @inheritdoc IDATClasses
    function policyOf(uint256 classId, uint32 policyVersion)
        external
        view
        returns (string memory policyURI, bytes32 policyHash)
    {
        _requireClass(classId);
        Policy storage policy = _records[classId].policies[policyVersion];
        return (policy.uri, policy.hash);
    }

    /// @inheritdoc IDATClasses
    function parentsOf(uint256 classId) external view returns (Parent[] memory) {
        _requireClass(classId);
        return _records[classId].parents;
    }

    function _createClass(ClassTerms memory terms) private returns (uint256 classId) {
        classId = ++_classCount;
        _heads[classId] = packClassHead(msg.sender, 1, terms.unitDecimals, terms.kind);
        ClassRecord storage record = _records[classId];
        record.metadataURI = terms.metadataURI;
        record.integrityHash = terms.integrityHash;
        if (terms.beneficiary != address(0)) record.beneficiary = terms.beneficiary;
        _storePolicy(record, 1, terms.policyURI, terms.policyHash);

        emit IDATCore.ClassCreated(classId, terms.metadataURI, terms.integrityHash);
        emit ClassConfigured(
            classId, msg.sender, terms.kind, terms.unitDecimals, terms.beneficiary, terms.policyURI, terms.policyHash
        );
        if (terms.parents.length != 0) _linkParents(classId, record, terms.parents);
    }

    /// @dev Parents exist already, so a class never descends from itself.
    function _linkParents(uint256 classId, ClassRecord storage record, ParentTerms[] memory parents) private {
        if (parents.length > MAX_PARENTS) revert DATTooManyParents(parents.length, MAX_PARENTS);
        uint256 sumBps;
        for (uint256 i; i < parents.length; ++i) {
            uint64 parentId = parents[i].classId;
            uint16 royaltyBps = parents[i].royaltyBps;
            if (parentId == 0 || parentId >= classId) revert ERC8028NonexistentClass(parentId);
            for (uint256 j; j < i; ++j) {
                if (parents[j].classId == parentId) revert DATDuplicateParent(parentId);
            }
            sumBps += royaltyBps;
            record.parents.push(Parent({classId: parentId, royaltyBps: royaltyBps, accepted: false}));
            emit ParentLinked(classId, parentId, i, royaltyBps);
        }
        if (sumBps > BASIS_POINTS) revert DATRoyaltiesTooHigh(sumBps, BASIS_POINTS);
        // Checked above.
        if (sumBps != 0) _classShares[classId] = _classShares[classId].withRoyaltyBps(uint16(sumBps));
    }

    function _publishPolicy(uint256 classId, string calldata policyURI, bytes32 policyHash)
        private
        returns (uint32 policyVersion)
    {
        ClassHead head = _requireIssuer(classId);
        // The next extension announces it (P18).
        if (head.hasNotice()) _runExtension();
        policyVersion = head.policyVersion() + 1;
        // Versions are the numbers of unbacked lots. 2^31 publications are out of reach, but the bit decides about money.
        assert(policyVersion < BACKED_LOT_BIT);
        _heads[classId] = head.withNextPolicy();
        _storePolicy(_records[classId], policyVersion, policyURI, policyHash);
        emit IDATCore.ClassPolicyUpdated(classId, policyURI);
        emit PolicyPublished(classId, policyVersion, policyURI, policyHash);
    }

    function _storePolicy(ClassRecord storage record, uint32 version, string memory uri, bytes32 hash) private {
        Policy storage policy = record.policies[version];
        policy.uri = uri;
        if (hash != 0) policy.hash = hash;
    }
}
