// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721Enumerable} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721Enumerable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title EnumerableDAT: conforms to the draft as an enumerable ERC-721.
/// @notice A class is its publisher's, who alone updates it, mints in it and settles its revenue. No document is
/// published twice, and no token is minted without value. Refuses with errors of its own.
contract EnumerableDAT is ERC721Enumerable {
    using SafeERC20 for IERC20;

    struct Meta {
        string uri;
        bytes32 integrityHash;
        uint8 decimals;
        string policy;
        address publisher;
    }

    struct Terms {
        uint64 expireAt;
        uint32 weight;
        bool counted;
        bool over;
        uint128 classId;
    }

    /// @dev Per token and asset: what it had of the index before it earned, and after it had left.
    struct Span {
        uint256 from;
        uint256 to;
        uint256 paid;
    }

    error NotPublisher(uint256 classId, address caller);
    error NoClass(uint256 classId);
    error AlreadyPublished(bytes32 integrityHash);
    error NoValue();
    error Forbidden(uint256 tokenId, address caller);
    error Over(uint256 tokenId);
    error OtherClass(uint256 fromTokenId, uint256 toTokenId);
    error TooMuch(uint256 available, uint256 wanted);
    error NoShares(uint256 classId);
    error NotPaid(address to, uint256 amount);

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

    uint256 private constant SCALE = 1e18;

    Meta[] private _classes;
    Terms[] private _terms;
    mapping(bytes32 integrityHash => bool) private _published;
    mapping(uint256 classId => uint256[]) private _earning;
    mapping(uint256 classId => uint256) private _weights;
    mapping(uint256 classId => address[]) private _assets;
    mapping(bytes32 classAndAsset => uint256) private _indices;
    mapping(uint256 tokenId => uint256) private _values;
    mapping(uint256 tokenId => mapping(address asset => Span)) private _spans;
    mapping(bytes32 approval => bool) private _approvals;

    constructor() ERC721("Enumerable DAT", "EDAT") {}

    // Views

    function getClassMeta(uint256 classId) external view returns (string memory, bytes32, uint8, string memory) {
        Meta storage meta = _class(classId);
        return (meta.uri, meta.integrityHash, meta.decimals, meta.policy);
    }

    function classOf(uint256 tokenId) public view returns (uint256) {
        _requireOwned(tokenId);
        return _terms[tokenId].classId;
    }

    function valueOf(uint256 tokenId) external view returns (uint256) {
        _requireOwned(tokenId);
        return _values[tokenId];
    }

    function shareRatioOf(uint256 tokenId) external view returns (uint256) {
        _requireOwned(tokenId);
        return _terms[tokenId].weight;
    }

    function expireAtOf(uint256 tokenId) external view returns (uint64) {
        _requireOwned(tokenId);
        return _terms[tokenId].expireAt;
    }

    function pendingRevenue(uint256 tokenId, address asset) public view returns (uint256) {
        uint256 classId = classOf(tokenId);
        Terms storage terms = _terms[tokenId];
        Span storage span = _spans[tokenId][asset];
        uint256 end = terms.counted ? _indices[_key(classId, asset)] : span.to;
        return terms.weight * (end - span.from) / SCALE - span.paid;
    }

    function isApprovedForClass(address owner, uint256 classId, address operator) public view returns (bool) {
        return _approvals[keccak256(abi.encode(owner, classId, operator))];
    }

    // Classes

    function createClass(string calldata uri, bytes32 integrityHash, uint8 decimals, string calldata policy)
        external
        returns (uint256 classId)
    {
        _publish(integrityHash);
        classId = _classes.length;
        _classes.push(Meta(uri, integrityHash, decimals, policy, msg.sender));
        emit ClassCreated(classId, uri, integrityHash);
    }

    function updateClassMetadata(uint256 classId, string calldata uri, bytes32 integrityHash) external {
        _requireEditor(classId);
        _publish(integrityHash);
        (_classes[classId].uri, _classes[classId].integrityHash) = (uri, integrityHash);
        emit MetadataUpdated(classId, uri, integrityHash);
    }

    function updateClassPolicy(uint256 classId, string calldata policy) external {
        _requireEditor(classId);
        _classes[classId].policy = policy;
        emit ClassPolicyUpdated(classId, policy);
    }

    // Tokens

    function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        virtual
        returns (uint256)
    {
        return _issue(classId, to, value, shareRatio, expireAt);
    }

    /// @notice Beside the draft's: mints one token of the same terms to each recipient.
    function mintToAll(uint256 classId, address[] calldata to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
    {
        for (uint256 i; i < to.length; ++i) {
            _issue(classId, to[i], value, shareRatio, expireAt);
        }
    }

    function transferToken(uint256 tokenId, address to) external {
        transferFrom(msg.sender, to, tokenId);
    }

    function approveForClass(uint256 classId, address operator, bool approved) external {
        _class(classId);
        _approvals[keccak256(abi.encode(msg.sender, classId, operator))] = approved;
        emit ApprovalForClass(msg.sender, classId, operator, approved);
    }

    function transferValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) external {
        if (classOf(fromTokenId) != classOf(toTokenId)) revert OtherClass(fromTokenId, toTokenId);
        _requireActor(fromTokenId);
        _requireLive(fromTokenId);
        _requireLive(toTokenId);
        if (value == 0) revert NoValue();
        _spend(fromTokenId, value);
        _values[toTokenId] += value;
        emit ValueTransferred(fromTokenId, toTokenId, value);
    }

    function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external {
        _requireMeter(tokenId);
        _requireLive(tokenId);
        _spend(tokenId, amount);
        emit UsageRecorded(tokenId, metricType, amount, msg.sender);
    }

    // Revenue

    function settleRevenueETH(uint256 classId) external payable {
        _settle(classId, address(0), msg.value);
        _keep(msg.value);
    }

    function settleRevenueERC20(uint256 classId, address asset, uint256 amount) external {
        _requireAsset(asset);
        _settle(classId, asset, amount);
        uint256 before = IERC20(asset).balanceOf(_treasury());
        IERC20(asset).safeTransferFrom(msg.sender, _treasury(), amount);
        uint256 arrived = IERC20(asset).balanceOf(_treasury()) - before;
        if (arrived != amount) revert TooMuch(arrived, amount);
    }

    function claim(uint256 tokenId, address asset, address payable to) external returns (uint256 amount) {
        if (ownerOf(tokenId) != msg.sender) revert Forbidden(tokenId, msg.sender);
        _observe(tokenId);
        amount = pendingRevenue(tokenId, asset);
        _spans[tokenId][asset].paid += amount;
        emit Claimed(tokenId, to, asset, amount);
        _pay(asset, to, amount);
    }

    // What others do in another way

    function _requireEditor(uint256 classId) internal view virtual {
        _requirePublisher(classId);
    }

    function _requirePayer(uint256 classId) internal view virtual {
        _requirePublisher(classId);
    }

    function _requireShares(uint256 classId) internal view virtual {
        if (_weights[classId] == 0) revert NoShares(classId);
    }

    function _requireMeter(uint256 tokenId) internal view virtual {
        _requireActor(tokenId);
    }

    function _requireTerms(uint64 expireAt) internal view virtual {}

    function _requireAsset(address asset) internal view virtual {}

    /// @dev Where the money lies.
    function _treasury() internal view virtual returns (address) {
        return address(this);
    }

    function _keep(uint256 amount) internal virtual {}

    function _pay(address asset, address payable to, uint256 amount) internal virtual {
        if (asset != address(0)) return IERC20(asset).safeTransfer(to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert NotPaid(to, amount);
    }

    function _issue(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        internal
        returns (uint256 tokenId)
    {
        _requirePublisher(classId);
        _requireTerms(expireAt);
        if (value == 0) revert NoValue();
        uint32 weight = shareRatio > type(uint32).max ? type(uint32).max : uint32(shareRatio);
        tokenId = _terms.length;
        _terms.push(Terms(expireAt, weight, weight != 0, false, uint128(classId)));
        _values[tokenId] = value;
        if (weight != 0) _enter(classId, tokenId, weight);
        emit Minted(tokenId, classId, to, value, weight, expireAt);
        _safeMint(to, tokenId);
    }

    function _requirePublisher(uint256 classId) internal view {
        if (_class(classId).publisher != msg.sender) revert NotPublisher(classId, msg.sender);
    }

    function _requireActor(uint256 tokenId) internal view {
        address owner = ownerOf(tokenId);
        if (owner == msg.sender || isApprovedForClass(owner, classOf(tokenId), msg.sender)) return;
        revert Forbidden(tokenId, msg.sender);
    }

    // Helpers

    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        _observe(tokenId);
        if (from != address(0)) emit TransferToken(tokenId, from, to);
    }

    function _publish(bytes32 integrityHash) private {
        if (_published[integrityHash]) revert AlreadyPublished(integrityHash);
        _published[integrityHash] = true;
    }

    function _spend(uint256 tokenId, uint256 amount) private {
        if (_values[tokenId] < amount) revert TooMuch(_values[tokenId], amount);
        _values[tokenId] -= amount;
    }

    function _settle(uint256 classId, address asset, uint256 amount) private {
        _class(classId);
        _requirePayer(classId);
        _sweep(classId);
        _requireShares(classId);
        if (_weights[classId] == 0) return;
        bytes32 key = _key(classId, asset);
        if (_indices[key] == 0) _assets[classId].push(asset);
        _indices[key] += amount * SCALE / _weights[classId];
        emit RevenueSettled(classId, asset, amount);
    }

    function _enter(uint256 classId, uint256 tokenId, uint32 weight) private {
        _sweep(classId);
        _earning[classId].push(tokenId);
        _weights[classId] += weight;
        for (uint256 i; i < _assets[classId].length; ++i) {
            address asset = _assets[classId][i];
            _spans[tokenId][asset].from = _indices[_key(classId, asset)];
        }
    }

    function _sweep(uint256 classId) private {
        uint256[] storage earning = _earning[classId];
        for (uint256 i = earning.length; i > 0; --i) {
            _observe(earning[i - 1]);
        }
    }

    function _observe(uint256 tokenId) private {
        Terms storage terms = _terms[tokenId];
        if (terms.over || _isLive(tokenId)) return;
        terms.over = true;
        if (terms.counted) _leave(terms.classId, tokenId);
        emit Expired(tokenId);
    }

    function _leave(uint256 classId, uint256 tokenId) private {
        _terms[tokenId].counted = false;
        _weights[classId] -= _terms[tokenId].weight;
        for (uint256 i; i < _assets[classId].length; ++i) {
            address asset = _assets[classId][i];
            _spans[tokenId][asset].to = _indices[_key(classId, asset)];
        }
        uint256[] storage earning = _earning[classId];
        for (uint256 i; i < earning.length; ++i) {
            if (earning[i] != tokenId) continue;
            earning[i] = earning[earning.length - 1];
            earning.pop();
            return;
        }
    }

    function _requireLive(uint256 tokenId) private view {
        if (!_isLive(tokenId)) revert Over(tokenId);
    }

    function _isLive(uint256 tokenId) private view returns (bool) {
        uint64 expireAt = _terms[tokenId].expireAt;
        return expireAt == 0 || block.timestamp <= expireAt;
    }

    function _class(uint256 classId) private view returns (Meta storage) {
        if (classId >= _classes.length) revert NoClass(classId);
        return _classes[classId];
    }

    function _key(uint256 classId, address asset) private pure returns (bytes32) {
        return keccak256(abi.encode(classId, asset));
    }
}
