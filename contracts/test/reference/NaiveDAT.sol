// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice ERC-8028 as its section 3 stores it: one unpacked struct a token, one a class, nothing thought about gas.
/// @dev The yardstick of the gas tables, and never deployed. It has the draft's own gaps: a mint snapshots no asset but
/// ETH (P1), an unobserved expiry dilutes (P3), remainders are lost (P5).
contract NaiveDAT {
    using SafeERC20 for IERC20;

    struct Class {
        string metadataURI;
        bytes32 integrityHash;
        uint8 unitDecimals;
        string policyURI;
        uint256 totalShare;
        mapping(address asset => uint256) accRevenuePerShare;
    }

    struct Token {
        uint256 classId;
        uint256 value;
        uint256 shareRatio;
        uint256 expireAt;
        address owner;
        bool countedInShare;
        mapping(address asset => uint256) rewardDebt;
    }

    event ClassCreated(uint256 indexed classId, string metadataURI, bytes32 integrityHash);
    event Minted(
        uint256 indexed tokenId, uint256 indexed classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt
    );
    event TransferToken(uint256 indexed tokenId, address indexed from, address indexed to);
    event ValueTransferred(uint256 indexed fromTokenId, uint256 indexed toTokenId, uint256 value);
    event Expired(uint256 indexed tokenId);
    event UsageRecorded(uint256 indexed tokenId, bytes32 metricType, uint256 amount, address actor);
    event RevenueSettled(uint256 indexed classId, address indexed asset, uint256 amount);
    event Claimed(uint256 indexed tokenId, address indexed to, address indexed asset, uint256 amount);
    event ApprovalForClass(address indexed owner, uint256 indexed classId, address indexed operator, bool approved);

    mapping(uint256 classId => Class) private _classes;
    mapping(uint256 tokenId => Token) private _tokens;
    mapping(address owner => mapping(uint256 classId => mapping(address operator => bool))) public isApprovedForClass;
    uint256 private _classCount;
    uint256 private _tokenCount;

    function createClass(
        string calldata metadataURI,
        bytes32 integrityHash,
        uint8 unitDecimals,
        string calldata policyURI
    ) external returns (uint256 classId) {
        classId = ++_classCount;
        Class storage c = _classes[classId];
        c.metadataURI = metadataURI;
        c.integrityHash = integrityHash;
        c.unitDecimals = unitDecimals;
        c.policyURI = policyURI;
        emit ClassCreated(classId, metadataURI, integrityHash);
    }

    function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        returns (uint256 tokenId)
    {
        require(classId != 0 && classId <= _classCount, "no class");
        tokenId = ++_tokenCount;
        Token storage t = _tokens[tokenId];
        t.classId = classId;
        t.value = value;
        t.shareRatio = shareRatio;
        t.expireAt = expireAt;
        t.owner = to;
        if (shareRatio > 0) {
            Class storage c = _classes[classId];
            t.countedInShare = true;
            c.totalShare += shareRatio;
            t.rewardDebt[address(0)] = shareRatio * c.accRevenuePerShare[address(0)] / 1e18;
        }
        emit Minted(tokenId, classId, to, value, shareRatio, expireAt);
        emit TransferToken(tokenId, address(0), to);
    }

    function transferToken(uint256 tokenId, address to) external {
        Token storage t = _tokens[tokenId];
        require(t.owner == msg.sender, "not owner");
        t.owner = to;
        emit TransferToken(tokenId, msg.sender, to);
    }

    function approveForClass(uint256 classId, address operator, bool approved) external {
        isApprovedForClass[msg.sender][classId][operator] = approved;
        emit ApprovalForClass(msg.sender, classId, operator, approved);
    }

    function transferValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) external {
        Token storage from = _tokens[fromTokenId];
        Token storage to = _tokens[toTokenId];
        require(value > 0 && from.classId == to.classId && fromTokenId != toTokenId, "bad transfer");
        _requireUser(from);
        _requireLive(fromTokenId, from);
        _requireLive(toTokenId, to);
        from.value -= value;
        to.value += value;
        emit ValueTransferred(fromTokenId, toTokenId, value);
    }

    function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external {
        Token storage t = _tokens[tokenId];
        _requireUser(t);
        _requireLive(tokenId, t);
        if (amount > 0) t.value -= amount;
        emit UsageRecorded(tokenId, metricType, amount, msg.sender);
    }

    function settleRevenueETH(uint256 classId) external payable {
        _settle(classId, address(0), msg.value);
    }

    function settleRevenueERC20(uint256 classId, address asset, uint256 amount) external {
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        _settle(classId, asset, amount);
    }

    function claim(uint256 tokenId, address asset, address payable to) external returns (uint256 amountClaimed) {
        Token storage t = _tokens[tokenId];
        require(t.owner == msg.sender, "not owner");
        uint256 earned = t.shareRatio * _classes[t.classId].accRevenuePerShare[asset] / 1e18;
        amountClaimed = earned - t.rewardDebt[asset];
        t.rewardDebt[asset] = earned;
        emit Claimed(tokenId, to, asset, amountClaimed);
        if (asset != address(0)) {
            IERC20(asset).safeTransfer(to, amountClaimed);
            return amountClaimed;
        }
        (bool paid,) = to.call{value: amountClaimed}("");
        require(paid, "not paid");
    }

    function _settle(uint256 classId, address asset, uint256 amount) private {
        Class storage c = _classes[classId];
        require(c.totalShare > 0, "no active share");
        c.accRevenuePerShare[asset] += amount * 1e18 / c.totalShare;
        emit RevenueSettled(classId, asset, amount);
    }

    function _requireUser(Token storage t) private view {
        require(t.owner == msg.sender || isApprovedForClass[t.owner][t.classId][msg.sender], "not allowed");
    }

    function _requireLive(uint256 tokenId, Token storage t) private {
        if (t.expireAt == 0 || block.timestamp <= t.expireAt) return;
        if (t.countedInShare) {
            t.countedInShare = false;
            _classes[t.classId].totalShare -= t.shareRatio;
            emit Expired(tokenId);
        }
        revert("expired");
    }
}
