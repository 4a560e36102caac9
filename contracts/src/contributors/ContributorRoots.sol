// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuard} from "../base/ReentrancyGuard.sol";
import {Commitment, Contribution, IContributorRoots, RootTerms} from "../interfaces/IContributorRoots.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATOptions} from "../interfaces/IDATOptions.sol";
import {IDATRenewals} from "../interfaces/IDATRenewals.sol";
import {IDATRevenue} from "../interfaces/IDATRevenue.sol";
import {IDATRevocations} from "../interfaces/IDATRevocations.sol";
import {ContributorVault} from "./ContributorVault.sol";

contract ContributorRoots is IContributorRoots, ReentrancyGuard {
    using MerkleProof for bytes32[];
    using SafeCast for uint256;

    struct Root {
        bytes32 root;
        uint64 totalWeight;
    }

    /// @dev One slot: what the vault holds of settled revenue, and the epoch that the next settlement belongs to; 0: the
    /// first. Of the vault's tokens, in the order of their renewals, the first `ended` earn and owe nothing any more.
    struct AssetState {
        uint128 held;
        uint32 openEpoch;
        uint32 ended;
    }

    /// @dev One slot; `claimed` is a part of `accrued`.
    struct EpochBooks {
        uint128 accrued;
        uint128 claimed;
    }

    /// @dev A settlement in a new asset asks all of them.
    uint256 private constant MAX_RENEWALS = 256;

    IDATCore private immutable TOKEN;
    address private immutable VAULT_CODE;

    mapping(uint256 tokenId => Commitment) private _commitments;
    /// @dev Where a committed token's share went on, one after the other.
    mapping(uint256 tokenId => uint256[] newTokenIds) private _renewals;
    mapping(uint256 tokenId => mapping(uint32 epoch => Root)) private _roots;
    mapping(uint256 tokenId => mapping(address asset => AssetState)) private _assets;
    mapping(uint256 tokenId => mapping(uint32 epoch => mapping(address asset => EpochBooks))) private _books;
    mapping(bytes32 contributionKey => uint256 amount) private _claimed;

    constructor(address token_) {
        TOKEN = IDATCore(token_);
        VAULT_CODE = address(new ContributorVault());
    }

    /// @inheritdoc IContributorRoots
    function commit(uint256 tokenId, RootTerms calldata terms, address[] calldata assets)
        external
        nonReentrant
        returns (address vault)
    {
        address owner = TOKEN.ownerOf(tokenId);
        if (owner != msg.sender) revert ContributorRootsNotOwner(tokenId, msg.sender, owner);
        for (uint256 i = 0; i < assets.length; ++i) {
            TOKEN.claim(tokenId, assets[i], payable(owner));
        }
        // After the owner was paid, which may have given the share away meanwhile.
        _requireLastingShare(tokenId);
        vault = Clones.cloneDeterministic(VAULT_CODE, bytes32(tokenId));
        _commitments[tokenId] = Commitment(vault, owner, address(0), 0);
        emit ContributorsCommitted(tokenId, vault, owner);
        _setRoot(tokenId, terms);
        IERC721(address(TOKEN)).transferFrom(owner, vault, tokenId);
    }

    /// @inheritdoc IContributorRoots
    function setRoot(uint256 tokenId, RootTerms calldata terms, address[] calldata assets)
        external
        nonReentrant
        returns (uint32 epoch)
    {
        _requireController(tokenId);
        epoch = _setRoot(tokenId, terms);
        for (uint256 i = 0; i < assets.length; ++i) {
            _settle(tokenId, assets[i]);
        }
    }

    /// @inheritdoc IContributorRoots
    function settle(uint256 tokenId, address asset) external nonReentrant returns (uint256 amount) {
        return _settle(tokenId, asset);
    }

    /// @inheritdoc IContributorRoots
    function claim(Contribution calldata contribution, bytes32[] calldata proof, address payable to)
        external
        nonReentrant
        returns (uint256 amount)
    {
        (uint256 tokenId, uint32 epoch, address account) =
            (contribution.tokenId, contribution.epoch, contribution.account);
        if (msg.sender != account && to != account) revert ContributorRootsUnauthorized(account, msg.sender);
        bytes32 leaf = leafOf(contribution.index, account, contribution.weight);
        // No proof leads to the root of an epoch that is not there: it is zero.
        if (proof.processProofCalldata(leaf) != _roots[tokenId][epoch].root) {
            revert ContributorRootsWrongProof(tokenId, epoch, leaf);
        }
        amount = _take(contribution, leaf);
        if (amount == 0) return 0;
        address asset = contribution.asset;
        emit ContributionClaimed(tokenId, account, asset, epoch, contribution.index, to, amount);
        ContributorVault(payable(_commitments[tokenId].vault)).pay(asset, to, amount);
    }

    /// @inheritdoc IContributorRoots
    function renewShare(uint256 tokenId, uint64 expireAt) external nonReentrant returns (uint256 newTokenId) {
        uint256[] storage renewals = _renewals[tokenId];
        if (renewals.length == MAX_RENEWALS) revert ContributorRootsTooManyRenewals(tokenId, MAX_RENEWALS);
        newTokenId = _vaultOf(tokenId).renewShare(IDATRenewals(address(TOKEN)), shareTokenOf(tokenId), expireAt);
        renewals.push(newTokenId);
        emit ContributorsRenewed(tokenId, newTokenId, expireAt);
    }

    /// @inheritdoc IContributorRoots
    function appealRevocation(uint256 tokenId, string calldata statement) external {
        _requireController(tokenId);
        _vaultOf(tokenId).appealRevocation(IDATRevocations(address(TOKEN)), shareTokenOf(tokenId), statement);
    }

    /// @inheritdoc IContributorRoots
    function moveValue(uint256 tokenId, uint256 toTokenId, uint256 value) external {
        _requireController(tokenId);
        _vaultOf(tokenId).moveValue(TOKEN, tokenId, toTokenId, value);
    }

    /// @inheritdoc IContributorRoots
    function transferControl(uint256 tokenId, address newController) external {
        _requireController(tokenId);
        _commitments[tokenId].pendingController = newController;
        emit ControlTransferStarted(tokenId, msg.sender, newController);
    }

    /// @inheritdoc IContributorRoots
    function acceptControl(uint256 tokenId) external {
        Commitment storage commitment = _commitments[tokenId];
        address pending = commitment.pendingController;
        if (msg.sender != pending) revert ContributorRootsNotPendingController(tokenId, msg.sender, pending);
        _handOver(tokenId, commitment, pending);
    }

    /// @inheritdoc IContributorRoots
    function renounceControl(uint256 tokenId) external {
        _requireController(tokenId);
        _handOver(tokenId, _commitments[tokenId], address(0));
    }

    /// @inheritdoc IContributorRoots
    function token() external view returns (address) {
        return address(TOKEN);
    }

    /// @inheritdoc IContributorRoots
    function commitmentOf(uint256 tokenId) external view returns (Commitment memory) {
        return _commitments[tokenId];
    }

    /// @inheritdoc IContributorRoots
    function shareTokenOf(uint256 tokenId) public view returns (uint256) {
        uint256[] storage renewals = _renewals[tokenId];
        return renewals.length == 0 ? tokenId : renewals[renewals.length - 1];
    }

    /// @inheritdoc IContributorRoots
    function rootOf(uint256 tokenId, uint32 epoch) external view returns (bytes32 root, uint64 totalWeight) {
        Root storage found = _roots[tokenId][epoch];
        return (found.root, found.totalWeight);
    }

    /// @inheritdoc IContributorRoots
    function accruedOf(uint256 tokenId, uint32 epoch, address asset)
        external
        view
        returns (uint256 accrued, uint256 claimed)
    {
        EpochBooks storage books = _books[tokenId][epoch][asset];
        return (books.accrued, books.claimed);
    }

    /// @inheritdoc IContributorRoots
    function openEpochOf(uint256 tokenId, address asset) external view returns (uint32) {
        if (_commitments[tokenId].epoch == 0) return 0;
        return _openEpoch(_assets[tokenId][asset]);
    }

    /// @inheritdoc IContributorRoots
    function claimableOf(Contribution calldata contribution) external view returns (uint256) {
        (uint256 tokenId, uint32 epoch, address asset) = (contribution.tokenId, contribution.epoch, contribution.asset);
        uint256 totalWeight = _roots[tokenId][epoch].totalWeight;
        if (totalWeight == 0) return 0;
        bytes32 leaf = leafOf(contribution.index, contribution.account, contribution.weight);
        return uint256(_books[tokenId][epoch][asset].accrued) * contribution.weight / totalWeight
            - _claimed[_keyOf(tokenId, epoch, asset, leaf)];
    }

    /// @inheritdoc IContributorRoots
    function leafOf(uint32 index, address account, uint64 weight) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(index, account, weight))));
    }

    function _setRoot(uint256 tokenId, RootTerms calldata terms) private returns (uint32 epoch) {
        if (terms.root == 0 || terms.totalWeight == 0) revert ContributorRootsEmptyRoot(tokenId);
        epoch = _commitments[tokenId].epoch + 1;
        _commitments[tokenId].epoch = epoch;
        _roots[tokenId][epoch] = Root(terms.root, terms.totalWeight);
        emit ContributorRootSet(tokenId, epoch, terms.root, terms.totalWeight, terms.cid);
    }

    /// @dev Books what a leaf of an existing epoch has coming.
    function _take(Contribution calldata contribution, bytes32 leaf) private returns (uint256 amount) {
        (uint256 tokenId, uint32 epoch, address asset) = (contribution.tokenId, contribution.epoch, contribution.asset);
        EpochBooks storage books = _books[tokenId][epoch][asset];
        (uint128 accrued, uint128 claimed) = (books.accrued, books.claimed);
        bytes32 key = _keyOf(tokenId, epoch, asset, leaf);
        uint256 before = _claimed[key];
        amount = uint256(accrued) * contribution.weight / _roots[tokenId][epoch].totalWeight - before;
        if (amount == 0) return 0;
        // Nothing on chain says that the weights sum to the total. Where they do not, nobody else's money is at stake.
        if (amount > accrued - claimed) {
            revert ContributorRootsExhausted(tokenId, epoch, asset, accrued - claimed, amount);
        }
        _claimed[key] = before + amount;
        // Both casts: at most what the epoch has left, which is part of what is held.
        books.claimed = claimed + uint128(amount);
        _assets[tokenId][asset].held -= uint128(amount);
    }

    /// @dev What the vault holds beyond what was settled before is new, and the open epoch's, whoever made the token pay it.
    function _settle(uint256 tokenId, address asset) private returns (uint256 amount) {
        Commitment storage commitment = _commitments[tokenId];
        uint32 newest = commitment.epoch;
        if (newest == 0) revert ContributorRootsNotCommitted(tokenId);
        ContributorVault vault = ContributorVault(payable(commitment.vault));
        AssetState storage state = _assets[tokenId][asset];
        uint256[] storage renewals = _renewals[tokenId];
        uint256 held;
        for (uint256 i = state.ended; i <= renewals.length; ++i) {
            held = vault.collect(TOKEN, i == 0 ? tokenId : renewals[i - 1], asset);
        }
        // The newest goes on. The cast: at most `MAX_RENEWALS`.
        state.ended = uint32(renewals.length);
        uint32 epoch = _openEpoch(state);
        uint256 before = state.held;
        if (state.openEpoch != newest) state.openEpoch = newest;
        // An asset whose balance shrank brings nothing until it has made up for it.
        if (held <= before) return 0;
        amount = held - before;
        state.held = held.toUint128();
        // Part of what is held, and of what was; sums of one asset have 128 bits only where the asset is honest.
        EpochBooks storage books = _books[tokenId][epoch][asset];
        books.accrued = (books.accrued + amount).toUint128();
        emit ContributorsSettled(tokenId, epoch, asset, amount);
    }

    function _handOver(uint256 tokenId, Commitment storage commitment, address newController) private {
        emit ControlTransferred(tokenId, commitment.controller, newController);
        commitment.controller = newController;
        commitment.pendingController = address(0);
    }

    function _requireController(uint256 tokenId) private view {
        Commitment storage commitment = _commitments[tokenId];
        address controller = commitment.controller;
        if (msg.sender == controller) return;
        if (commitment.epoch == 0) revert ContributorRootsNotCommitted(tokenId);
        revert ContributorRootsNotController(tokenId, msg.sender, controller);
    }

    function _vaultOf(uint256 tokenId) private view returns (ContributorVault) {
        address vault = _commitments[tokenId].vault;
        if (vault == address(0)) revert ContributorRootsNotCommitted(tokenId);
        return ContributorVault(payable(vault));
    }

    /// @dev One that earns, and that nobody is about to take.
    function _requireLastingShare(uint256 tokenId) private view {
        if (TOKEN.shareRatioOf(tokenId) == 0) revert ContributorRootsNoShare(tokenId);
        uint64 expireAt = TOKEN.expireAtOf(tokenId);
        if (expireAt != 0 && block.timestamp > expireAt) {
            if (!IDATOptions(address(TOKEN)).classOptions(TOKEN.classOf(tokenId)).sharesOutliveExpiry) {
                revert ContributorRootsShareExpired(tokenId, expireAt);
            }
        }
        (uint64 effectiveAt,) = IDATRevocations(address(TOKEN)).revocationOf(tokenId);
        if (effectiveAt != 0) revert ContributorRootsRevocationPending(tokenId, effectiveAt);
    }

    function _openEpoch(AssetState storage state) private view returns (uint32) {
        uint32 epoch = state.openEpoch;
        return epoch == 0 ? 1 : epoch;
    }

    function _keyOf(uint256 tokenId, uint32 epoch, address asset, bytes32 leaf) private pure returns (bytes32) {
        return keccak256(abi.encode(tokenId, epoch, asset, leaf));
    }
}
