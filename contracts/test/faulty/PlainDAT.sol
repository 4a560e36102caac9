// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

/// @title PlainDAT: the draft's interface, sound and slow, for the tests of the conformance kit.
/// @notice Every class loops over its tokens and assets, so nothing is clever and nothing is lost. The faulty ones beside
/// it inherit from it and break one thing each. Never deployed.
contract PlainDAT is ReentrancyGuard {
    using SafeERC20 for IERC20;

    struct Class {
        address creator;
        string metadataURI;
        bytes32 integrityHash;
        uint8 unitDecimals;
        string policyURI;
        uint256 totalShare;
        uint256[] tokens;
        address[] assets;
    }

    struct Index {
        bool known;
        uint256 acc;
        uint256 carry;
    }

    struct Token {
        uint256 classId;
        uint256 value;
        uint32 shareRatio;
        uint64 expireAt;
        address owner;
        bool countedInShare;
        bool seenExpired;
    }

    /// @dev What a token saw of one asset: the index when it entered and left, and what it was paid.
    struct Account {
        uint256 entry;
        uint256 exit;
        uint256 claimed;
    }

    event ClassCreated(uint256 indexed classId, string metadataURI, bytes32 integrityHash);
    event ClassPolicyUpdated(uint256 indexed classId, string policyURI);
    event MetadataUpdated(uint256 indexed classId, string metadataURI, bytes32 integrityHash);
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

    mapping(uint256 classId => Class) internal _classes;
    mapping(uint256 classId => mapping(address asset => Index)) internal _indices;
    mapping(uint256 tokenId => Token) internal _tokens;
    mapping(uint256 tokenId => mapping(address asset => Account)) internal _accounts;
    mapping(address owner => mapping(uint256 classId => mapping(address operator => bool))) internal _approvals;
    uint256 internal _classCount;
    uint256 internal _tokenCount;

    // Views

    function getClassMeta(uint256 classId) external view returns (string memory, bytes32, uint8, string memory) {
        Class storage c = _class(classId);
        return (c.metadataURI, c.integrityHash, c.unitDecimals, c.policyURI);
    }

    function classOf(uint256 tokenId) external view returns (uint256) {
        return _token(tokenId).classId;
    }

    function valueOf(uint256 tokenId) external view returns (uint256) {
        return _token(tokenId).value;
    }

    function shareRatioOf(uint256 tokenId) external view returns (uint256) {
        return _token(tokenId).shareRatio;
    }

    function expireAtOf(uint256 tokenId) external view returns (uint64) {
        return _token(tokenId).expireAt;
    }

    function ownerOf(uint256 tokenId) external view returns (address) {
        return _token(tokenId).owner;
    }

    function pendingRevenue(uint256 tokenId, address asset) public view virtual returns (uint256) {
        Token storage t = _token(tokenId);
        Account storage account = _accounts[tokenId][asset];
        uint256 earned = t.shareRatio * (_endIndex(tokenId, asset) - account.entry) / _scale();
        return earned - account.claimed;
    }

    // Classes

    function createClass(
        string calldata metadataURI,
        bytes32 integrityHash,
        uint8 unitDecimals,
        string calldata policyURI
    ) external returns (uint256) {
        return _create(metadataURI, integrityHash, unitDecimals, policyURI);
    }

    function updateClassMetadata(uint256 classId, string calldata metadataURI, bytes32 integrityHash) external {
        Class storage c = _created(classId);
        c.metadataURI = metadataURI;
        c.integrityHash = integrityHash;
        _tellMetadata(classId, metadataURI, integrityHash);
    }

    function updateClassPolicy(uint256 classId, string calldata policyURI) external {
        _created(classId).policyURI = policyURI;
        emit ClassPolicyUpdated(classId, policyURI);
    }

    // Tokens

    function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        returns (uint256 tokenId)
    {
        Class storage c = _created(classId);
        _sync(classId);
        uint32 weight = shareRatio > type(uint32).max ? type(uint32).max : uint32(shareRatio);
        tokenId = ++_tokenCount;
        _tokens[tokenId] = Token(classId, _stored(value), weight, _storedExpiry(expireAt), to, weight != 0, false);
        c.tokens.push(tokenId);
        if (weight != 0) {
            _raiseTotal(c, weight, shareRatio);
            _enter(tokenId);
        }
        _tellMinted(tokenId, value, expireAt);
        emit TransferToken(tokenId, address(0), to);
    }

    function transferToken(uint256 tokenId, address to) public virtual {
        Token storage t = _token(tokenId);
        require(t.owner == msg.sender, "not the owner");
        _observe(tokenId);
        t.owner = to;
        emit TransferToken(tokenId, msg.sender, to);
    }

    function approveForClass(uint256 classId, address operator, bool approved) public virtual {
        _approvals[msg.sender][classId][operator] = approved;
        emit ApprovalForClass(msg.sender, classId, operator, approved);
    }

    function isApprovedForClass(address owner, uint256 classId, address operator) public view virtual returns (bool) {
        return _approvals[owner][classId][operator];
    }

    // Value and usage

    function transferValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) external {
        require(_token(fromTokenId).classId == _token(toTokenId).classId, "other class");
        require(value > 0, "no value");
        _requireMover(fromTokenId);
        _requireLive(fromTokenId);
        _requireLive(toTokenId);
        _moveValue(fromTokenId, toTokenId, value);
        _tellValue(fromTokenId, toTokenId, value);
    }

    function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external {
        _requireUser(tokenId);
        _requireLive(tokenId);
        _useValue(tokenId, amount);
        _tellUsage(tokenId, metricType, amount);
    }

    // Settlement and claims

    function settleRevenueETH(uint256 classId) external payable nonReentrant {
        _settle(classId, address(0), msg.value);
    }

    function settleRevenueERC20(uint256 classId, address asset, uint256 amount) external nonReentrant {
        require(asset != address(0), "no asset");
        _settle(classId, asset, _pull(asset, amount));
    }

    function claim(uint256 tokenId, address asset, address payable to) external virtual nonReentrant returns (uint256) {
        return _claim(tokenId, asset, to);
    }

    // What the faulty ones break

    function _create(string calldata metadataURI, bytes32 integrityHash, uint8 unitDecimals, string calldata policyURI)
        internal
        returns (uint256 classId)
    {
        _requireFounder();
        classId = ++_classCount;
        Class storage c = _classes[classId];
        c.creator = msg.sender;
        c.metadataURI = metadataURI;
        c.integrityHash = integrityHash;
        c.unitDecimals = unitDecimals;
        c.policyURI = policyURI;
        emit ClassCreated(classId, metadataURI, integrityHash);
    }

    function _claim(uint256 tokenId, address asset, address payable to) internal returns (uint256 amount) {
        _requireClaimer(tokenId, to);
        _observe(tokenId);
        amount = pendingRevenue(tokenId, asset);
        _accounts[tokenId][asset].claimed += amount;
        _tellClaimed(tokenId, to, asset, amount);
        _push(asset, to, amount);
    }

    function _raiseTotal(Class storage c, uint32 weight, uint256) internal virtual {
        c.totalShare += weight;
    }

    function _scale() internal pure virtual returns (uint256) {
        return 1e18;
    }

    function _raise(Index storage index, uint256 amount, uint256 totalShare) internal virtual {
        uint256 scaled = amount * _scale() + index.carry;
        index.acc += scaled / totalShare;
        index.carry = scaled % totalShare;
    }

    function _settle(uint256 classId, address asset, uint256 amount) internal virtual {
        Class storage c = _class(classId);
        _sync(classId);
        require(c.totalShare > 0, "no active share");
        Index storage index = _indices[classId][asset];
        if (!index.known) {
            index.known = true;
            c.assets.push(asset);
        }
        _raise(index, amount, c.totalShare);
        emit RevenueSettled(classId, asset, amount);
    }

    /// @dev The new share earns from now on, in every asset that the class ever saw.
    function _enter(uint256 tokenId) internal virtual {
        uint256 classId = _tokens[tokenId].classId;
        address[] storage assets = _classes[classId].assets;
        for (uint256 i; i < assets.length; ++i) {
            _accounts[tokenId][assets[i]].entry = _indices[classId][assets[i]].acc;
        }
    }

    /// @dev Takes an expired share out of the total and keeps where its earning ended.
    function _leave(uint256 tokenId) internal {
        Token storage t = _tokens[tokenId];
        if (!t.countedInShare) return;
        t.countedInShare = false;
        Class storage c = _classes[t.classId];
        c.totalShare -= t.shareRatio;
        for (uint256 i; i < c.assets.length; ++i) {
            _accounts[tokenId][c.assets[i]].exit = _indices[t.classId][c.assets[i]].acc;
        }
    }

    function _endIndex(uint256 tokenId, address asset) internal view virtual returns (uint256) {
        Token storage t = _tokens[tokenId];
        return t.countedInShare ? _indices[t.classId][asset].acc : _accounts[tokenId][asset].exit;
    }

    function _sync(uint256 classId) internal virtual {
        uint256[] storage tokens = _classes[classId].tokens;
        for (uint256 i; i < tokens.length; ++i) {
            if (_isExpired(tokens[i])) _leave(tokens[i]);
        }
    }

    function _observe(uint256 tokenId) internal {
        Token storage t = _tokens[tokenId];
        if (t.seenExpired || !_isExpired(tokenId)) return;
        t.seenExpired = true;
        _leave(tokenId);
        _tellExpired(tokenId);
    }

    function _stored(uint256 value) internal pure virtual returns (uint256) {
        return value;
    }

    function _storedExpiry(uint64 expireAt) internal pure virtual returns (uint64) {
        return expireAt;
    }

    function _useValue(uint256 tokenId, uint256 amount) internal virtual {
        require(_tokens[tokenId].value >= amount, "not enough value");
        _tokens[tokenId].value -= amount;
    }

    function _moveValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) internal virtual {
        require(fromTokenId != toTokenId, "same token");
        require(_tokens[fromTokenId].value >= value, "not enough value");
        _tokens[fromTokenId].value -= value;
        _tokens[toTokenId].value += value;
    }

    function _requireFounder() internal view virtual {}

    function _requireClaimer(uint256 tokenId, address to) internal view virtual {
        address owner = _token(tokenId).owner;
        require(msg.sender == owner || to == owner, "not the owner");
    }

    function _requireUser(uint256 tokenId) internal view virtual {
        Token storage t = _token(tokenId);
        require(t.owner == msg.sender || isApprovedForClass(t.owner, t.classId, msg.sender), "not allowed");
    }

    function _requireMover(uint256 tokenId) internal view virtual {
        _requireUser(tokenId);
    }

    function _requireLive(uint256 tokenId) internal view virtual {
        require(!_isExpired(tokenId), "expired");
    }

    function _isExpired(uint256 tokenId) internal view virtual returns (bool) {
        uint64 expireAt = _tokens[tokenId].expireAt;
        return expireAt != 0 && block.timestamp > expireAt;
    }

    function _pull(address asset, uint256 amount) internal virtual returns (uint256) {
        uint256 before = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        return IERC20(asset).balanceOf(address(this)) - before;
    }

    function _push(address asset, address to, uint256 amount) internal virtual {
        if (asset != address(0)) {
            IERC20(asset).safeTransfer(to, amount);
            return;
        }
        (bool paid,) = to.call{value: amount}("");
        require(paid, "recipient refuses");
    }

    function _tellMinted(uint256 tokenId, uint256 value, uint64 expireAt) internal virtual {
        Token storage t = _tokens[tokenId];
        emit Minted(tokenId, t.classId, t.owner, value, t.shareRatio, expireAt);
    }

    function _tellMetadata(uint256 classId, string calldata metadataURI, bytes32 integrityHash) internal virtual {
        emit MetadataUpdated(classId, metadataURI, integrityHash);
    }

    function _tellValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) internal virtual {
        emit ValueTransferred(fromTokenId, toTokenId, value);
    }

    function _tellUsage(uint256 tokenId, bytes32 metricType, uint256 amount) internal virtual {
        emit UsageRecorded(tokenId, metricType, amount, msg.sender);
    }

    function _tellClaimed(uint256 tokenId, address to, address asset, uint256 amount) internal virtual {
        emit Claimed(tokenId, to, asset, amount);
    }

    function _tellExpired(uint256 tokenId) internal virtual {
        emit Expired(tokenId);
    }

    function _class(uint256 classId) private view returns (Class storage c) {
        c = _classes[classId];
        require(c.creator != address(0), "no such class");
    }

    function _created(uint256 classId) private view returns (Class storage c) {
        c = _class(classId);
        require(c.creator == msg.sender, "not the creator");
    }

    function _token(uint256 tokenId) internal view returns (Token storage t) {
        t = _tokens[tokenId];
        require(t.owner != address(0), "no such token");
    }
}
