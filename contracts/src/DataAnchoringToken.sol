// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {DATDelegation} from "./base/DATDelegation.sol";
import {DATLocks} from "./core/DATLocks.sol";
import {DATPayouts} from "./core/DATPayouts.sol";
import {DATSales} from "./core/DATSales.sol";
import {IDATApprovals} from "./interfaces/IDATApprovals.sol";
import {IDATCore} from "./interfaces/IDATCore.sol";
import {IDATErrors} from "./interfaces/IDATErrors.sol";
import {IDATLocks} from "./interfaces/IDATLocks.sol";
import {IDATLots} from "./interfaces/IDATLots.sol";
import {IDATRevenue} from "./interfaces/IDATRevenue.sol";
import {IERC7572} from "./interfaces/IERC7572.sol";
import {InterfaceIds} from "./libraries/InterfaceIds.sol";
import {ClassHead, ClassShare} from "./types/Class.sol";
import {Token} from "./types/Token.sol";
import {TokenId} from "./types/TokenId.sol";

/// @title DataAnchoringToken: ERC-8028 with lots, backing, locks, lineage and exact revenue.
/// @notice Answers to `IDATCore` and `IDataAnchoringToken`. What is done often is here; classes, policies, the making of
/// lots, expiry by anyone and most views are in the extension, which the fallback runs on this contract's storage, and what is
/// rarer in the extension's own extension. There is no administrator, and neither can be changed.
contract DataAnchoringToken is DATLocks, DATSales, DATPayouts, DATDelegation, IERC721Metadata {
    constructor(string memory name_, string memory symbol_, address extension_) DATDelegation(extension_) {
        _name = name_;
        _symbol = symbol_;
        emit IERC7572.ContractURIUpdated();
    }

    // Views of tokens

    function classOf(uint256 tokenId) external view returns (uint256) {
        _requireToken(tokenId);
        return TokenId.wrap(tokenId).classId();
    }

    function valueOf(uint256 tokenId) external view returns (uint256) {
        return _requireToken(tokenId).value();
    }

    function shareRatioOf(uint256 tokenId) external view returns (uint256) {
        _requireToken(tokenId);
        return _shares[tokenId].ratio();
    }

    function expireAtOf(uint256 tokenId) external view returns (uint64) {
        return _requireToken(tokenId).expireAt();
    }

    /// @inheritdoc IERC721
    function ownerOf(uint256 tokenId) public view returns (address) {
        return _requireToken(tokenId).owner();
    }

    // Minting, value and usage

    function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        returns (uint256 tokenId)
    {
        ClassHead head = _requireIssuer(classId);
        // What the class is bound to, the extension knows (P17).
        if (head.hasShareTerms()) _runExtension();
        // Saturates (P10), so the cast below keeps every bit.
        if (shareRatio > type(uint32).max) shareRatio = type(uint32).max;
        tokenId = _mintToken(classId, head.policyVersion(), head, to, value, shareRatio, expireAt);
        // The expiry was checked by the mint.
        if (shareRatio != 0) _addShare(classId, tokenId, uint32(shareRatio), uint32(expireAt));
    }

    function transferValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) external {
        if (fromTokenId == toTokenId) revert IDATErrors.DATSameToken(fromTokenId);
        Token source = _requireToken(fromTokenId);
        Token target = _requireToken(toTokenId);
        _requireSameLot(TokenId.wrap(fromTokenId), TokenId.wrap(toTokenId));
        if (!_isUser(fromTokenId, source.owner())) revert IDATErrors.ERC8028Unauthorized(fromTokenId, msg.sender);
        if (value == 0) revert IDATErrors.DATZeroUnits();
        if (source.expireAt() != 0 || target.expireAt() != 0) {
            _requireUnexpired(fromTokenId, source.expireAt());
            _requireUnexpired(toTokenId, target.expireAt());
            _requireNoOutliving(fromTokenId, source, toTokenId, target);
        }

        _takeValue(fromTokenId, source, value);
        _giveValue(toTokenId, target, value);
        emit IDATCore.ValueTransferred(fromTokenId, toTokenId, value);
    }

    function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external {
        Token token = _requireToken(tokenId);
        address owner = token.owner();
        if (msg.sender == owner) {
            bytes32 selfTopic = IDATApprovals.UsageSelfReported.selector;
            assembly ("memory-safe") {
                // emit UsageSelfReported(tokenId)
                log2(0, 0, selfTopic, tokenId)
            }
        } else if (!_classOperators[owner][TokenId.wrap(tokenId).classId()][msg.sender]) {
            // Whoever is not approved for the class may be for a part of its value, which the extension knows (P13).
            _runExtension();
        }
        _requireUnexpired(tokenId, token.expireAt());
        if (amount != 0) _takeValue(tokenId, token, amount);
        bytes32 topic = IDATCore.UsageRecorded.selector;
        assembly ("memory-safe") {
            // emit UsageRecorded(tokenId, metricType, amount, msg.sender)
            let data := mload(0x40)
            mstore(data, metricType)
            mstore(add(data, 0x20), amount)
            mstore(add(data, 0x40), caller())
            log2(data, 0x60, topic, tokenId)
        }
        // Nobody was locked to, so there is no operator's cut.
        _releaseSpent(TokenId.wrap(tokenId), amount, address(0));
    }

    function approveForClass(uint256 classId, address operator, bool approved) external {
        _classOperators[msg.sender][classId][operator] = approved;
        emit IDATCore.ApprovalForClass(msg.sender, classId, operator, approved);
    }

    function isApprovedForClass(address owner, uint256 classId, address operator) external view returns (bool) {
        return _classOperators[owner][classId][operator];
    }

    // Settlement and claims

    function settleRevenueETH(uint256 classId) external payable nonReentrantView {
        _settleDirect(classId, address(0), msg.value);
    }

    function settleRevenueERC20(uint256 classId, address asset, uint256 amount) external nonReentrant {
        _requireAsset(asset);
        _settleDirect(classId, asset, _pull(asset, amount));
    }

    function claim(uint256 tokenId, address asset, address payable to)
        external
        nonReentrant
        returns (uint256 amountClaimed)
    {
        amountClaimed = _claim(tokenId, asset, to);
        _pay(asset, to, amountClaimed);
    }

    function pendingRevenue(uint256 tokenId, address asset) external view returns (uint256 amount) {
        Token token = _requireToken(tokenId);
        uint256 classId = TokenId.wrap(tokenId).classId();
        (amount,) = _earned(tokenId, classId, token.expireAt(), _ledgers[classId][asset]);
    }

    // ERC-721

    function transferToken(uint256 tokenId, address to) external {
        (Token token, uint256 place) = _tokenAndPlace(tokenId);
        _transfer(token, place, to, tokenId);
    }

    /// @inheritdoc IERC721
    function transferFrom(address from, address to, uint256 tokenId) external {
        _transferFrom(from, to, tokenId);
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address from, address to, uint256 tokenId) external {
        safeTransferFrom(from, to, tokenId, "");
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address from, address to, uint256 tokenId, bytes memory data) public nonReentrant {
        _transferFrom(from, to, tokenId);
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, tokenId, data);
    }

    /// @inheritdoc IERC721
    function approve(address to, uint256 tokenId) external {
        address owner = ownerOf(tokenId);
        if (msg.sender != owner && !_operators[owner][msg.sender]) {
            revert IDATErrors.ERC8028Unauthorized(tokenId, msg.sender);
        }
        _tokenApprovals[tokenId] = to;
        emit Approval(owner, to, tokenId);
    }

    /// @inheritdoc IERC721
    function setApprovalForAll(address operator, bool approved) external {
        if (operator == address(0)) revert IERC721Errors.ERC721InvalidOperator(operator);
        _operators[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    /// @inheritdoc IERC721
    function balanceOf(address owner) external view returns (uint256) {
        if (owner == address(0)) revert IERC721Errors.ERC721InvalidOwner(owner);
        return _balances[owner];
    }

    /// @inheritdoc IERC721
    function getApproved(uint256 tokenId) external view returns (address) {
        _requireToken(tokenId);
        return _tokenApprovals[tokenId];
    }

    /// @inheritdoc IERC721
    function isApprovedForAll(address owner, address operator) external view returns (bool) {
        return _operators[owner][operator];
    }

    /// @inheritdoc IERC721Metadata
    function name() external view returns (string memory) {
        return _name;
    }

    /// @inheritdoc IERC721Metadata
    function symbol() external view returns (string memory) {
        return _symbol;
    }

    /// @inheritdoc IERC721Metadata
    function tokenURI(uint256 tokenId) external view returns (string memory) {
        _requireToken(tokenId);
        return _records[TokenId.wrap(tokenId).classId()].metadataURI;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return InterfaceIds.contain(interfaceId);
    }

    // Helpers

    function _settleDirect(uint256 classId, address asset, uint256 amount) private {
        if (amount == 0) revert IDATRevenue.DATZeroAmount();
        ClassShare share = _syncExpired(classId);
        if (share.totalShare() == 0) {
            _requireClass(classId);
            revert IDATRevenue.ERC8028NoActiveShare(classId);
        }
        _settle(classId, asset, _ledgers[classId][asset], amount, share);
    }

    function _isUser(uint256 tokenId, address owner) private view returns (bool) {
        return msg.sender == owner || _classOperators[owner][TokenId.wrap(tokenId).classId()][msg.sender];
    }

    function _requireSameLot(TokenId from, TokenId to) private pure {
        if (from.lotKey() == to.lotKey()) return;
        if (from.classId() != to.classId()) {
            revert IDATErrors.ERC8028ClassMismatch(TokenId.unwrap(from), TokenId.unwrap(to));
        }
        revert IDATErrors.DATLotMismatch(TokenId.unwrap(from), TokenId.unwrap(to));
    }

    function _transferFrom(address from, address to, uint256 tokenId) private {
        (Token token, uint256 place) = _tokenAndPlace(tokenId);
        address owner = token.owner();
        if (owner != from) revert IERC721Errors.ERC721IncorrectOwner(from, tokenId, owner);
        _transfer(token, place, to, tokenId);
    }
}
