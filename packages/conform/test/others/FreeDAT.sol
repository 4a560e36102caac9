// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

interface IAsset {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// @title FreeDAT: conforms to the draft, and does what Kedge does not wherever the draft leaves that free.
/// @notice Ids count down from the top; a token is never empty, and stays with its holder once it has expired; a claim of
/// nothing is refused; use costs more gas than most calls do; there are events of its own.
contract FreeDAT {
    struct Class {
        address creator;
        uint8 unitDecimals;
        bytes32 integrityHash;
        string metadataURI;
        string policyURI;
        uint256 totalShare;
        uint256[] tokens;
        address[] assets;
    }

    struct Token {
        address owner;
        uint64 expireAt;
        uint16 share;
        bool expired;
        uint256 classId;
        uint256 value;
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
    event Called(address indexed by, bytes4 selector);

    uint256 private constant USE_GAS = 1_200_000;

    uint256 private _nextId = type(uint256).max;
    bool private _entered;
    mapping(uint256 => Class) private _classes;
    mapping(uint256 => Token) private _tokens;
    mapping(uint256 => mapping(address => uint256)) private _indices;
    mapping(uint256 => mapping(address => uint256)) private _starts;
    mapping(uint256 => mapping(address => uint256)) private _ends;
    mapping(address => mapping(uint256 => mapping(address => bool))) public isApprovedForClass;

    modifier once() {
        require(!_entered, "entered already");
        _entered = true;
        emit Called(msg.sender, msg.sig);
        _;
        _entered = false;
    }

    function getClassMeta(uint256 classId) external view returns (string memory, bytes32, uint8, string memory) {
        Class storage class = _class(classId);
        return (class.metadataURI, class.integrityHash, class.unitDecimals, class.policyURI);
    }

    function classOf(uint256 tokenId) external view returns (uint256) {
        return _token(tokenId).classId;
    }

    function valueOf(uint256 tokenId) external view returns (uint256) {
        return _token(tokenId).value;
    }

    function shareRatioOf(uint256 tokenId) external view returns (uint256) {
        return _token(tokenId).share;
    }

    function expireAtOf(uint256 tokenId) external view returns (uint64) {
        return _token(tokenId).expireAt;
    }

    function ownerOf(uint256 tokenId) external view returns (address) {
        return _token(tokenId).owner;
    }

    function pendingRevenue(uint256 tokenId, address asset) public view returns (uint256) {
        Token storage token = _token(tokenId);
        uint256 end = token.expired ? _ends[tokenId][asset] : _indices[token.classId][asset];
        return token.share * end / 1e18 - token.share * _starts[tokenId][asset] / 1e18;
    }

    function createClass(
        string calldata metadataURI,
        bytes32 integrityHash,
        uint8 unitDecimals,
        string calldata policyURI
    ) external once returns (uint256 classId) {
        classId = _nextId--;
        Class storage class = _classes[classId];
        (class.creator, class.metadataURI, class.integrityHash) = (msg.sender, metadataURI, integrityHash);
        (class.unitDecimals, class.policyURI) = (unitDecimals, policyURI);
        emit ClassCreated(classId, metadataURI, integrityHash);
    }

    function updateClassMetadata(uint256 classId, string calldata metadataURI, bytes32 integrityHash) external once {
        Class storage class = _created(classId);
        (class.metadataURI, class.integrityHash) = (metadataURI, integrityHash);
        emit MetadataUpdated(classId, metadataURI, integrityHash);
    }

    function updateClassPolicy(uint256 classId, string calldata policyURI) external once {
        _created(classId).policyURI = policyURI;
        emit ClassPolicyUpdated(classId, policyURI);
    }

    function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        once
        returns (uint256 tokenId)
    {
        Class storage class = _created(classId);
        require(value != 0 || shareRatio != 0, "the token would be empty");
        require(expireAt == 0 || expireAt > block.timestamp, "the token would have expired");
        _expireAll(class);
        uint16 share = shareRatio > type(uint16).max ? type(uint16).max : uint16(shareRatio);
        tokenId = _nextId--;
        _tokens[tokenId] = Token(to, expireAt, share, false, classId, value);
        class.tokens.push(tokenId);
        class.totalShare += share;
        for (uint256 i; i < class.assets.length; ++i) {
            _starts[tokenId][class.assets[i]] = _indices[classId][class.assets[i]];
        }
        emit Minted(tokenId, classId, to, value, share, expireAt);
    }

    function transferToken(uint256 tokenId, address to) external once {
        Token storage token = _token(tokenId);
        require(token.owner == msg.sender, "the token is another's");
        require(!_isOver(token), "the token has expired, and stays");
        token.owner = to;
        emit TransferToken(tokenId, msg.sender, to);
    }

    function approveForClass(uint256 classId, address operator, bool approved) external once {
        _class(classId);
        isApprovedForClass[msg.sender][classId][operator] = approved;
        emit ApprovalForClass(msg.sender, classId, operator, approved);
    }

    function transferValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) external once {
        (Token storage source, Token storage target) = (_usable(fromTokenId), _token(toTokenId));
        require(source.classId == target.classId, "the tokens are of two classes");
        require(!_isOver(target), "the token has expired");
        require(value != 0 && source.value >= value, "no such value");
        source.value -= value;
        target.value += value;
        emit ValueTransferred(fromTokenId, toTokenId, value);
    }

    function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external once {
        uint256 left = gasleft() - USE_GAS;
        Token storage token = _usable(tokenId);
        require(token.value >= amount, "no such value");
        token.value -= amount;
        emit UsageRecorded(tokenId, metricType, amount, msg.sender);
        while (gasleft() > left) {}
    }

    function settleRevenueETH(uint256 classId) external payable once {
        _settle(classId, address(0), msg.value);
    }

    function settleRevenueERC20(uint256 classId, address asset, uint256 amount) external once {
        uint256 before = IAsset(asset).balanceOf(address(this));
        require(IAsset(asset).transferFrom(msg.sender, address(this), amount), "the asset refuses");
        _settle(classId, asset, IAsset(asset).balanceOf(address(this)) - before);
    }

    function claim(uint256 tokenId, address asset, address payable to) external once returns (uint256 amount) {
        Token storage token = _token(tokenId);
        require(token.owner == msg.sender, "the token is another's");
        _expire(tokenId);
        amount = pendingRevenue(tokenId, asset);
        require(amount != 0, "there is nothing to claim");
        _starts[tokenId][asset] = token.expired ? _ends[tokenId][asset] : _indices[token.classId][asset];
        emit Claimed(tokenId, to, asset, amount);
        if (asset != address(0)) {
            require(IAsset(asset).transfer(to, amount), "the asset refuses");
            return amount;
        }
        (bool paid,) = to.call{value: amount}("");
        require(paid, "the recipient refuses");
    }

    function _settle(uint256 classId, address asset, uint256 amount) private {
        Class storage class = _class(classId);
        _expireAll(class);
        require(class.totalShare != 0, "nobody has a share");
        require(amount != 0, "there is nothing to settle");
        if (_indices[classId][asset] == 0) class.assets.push(asset);
        _indices[classId][asset] += amount * 1e18 / class.totalShare;
        emit RevenueSettled(classId, asset, amount);
    }

    function _expireAll(Class storage class) private {
        for (uint256 i; i < class.tokens.length; ++i) {
            _expire(class.tokens[i]);
        }
    }

    function _expire(uint256 tokenId) private {
        Token storage token = _tokens[tokenId];
        if (token.expired || !_isOver(token)) return;
        token.expired = true;
        Class storage class = _classes[token.classId];
        class.totalShare -= token.share;
        for (uint256 i; i < class.assets.length; ++i) {
            _ends[tokenId][class.assets[i]] = _indices[token.classId][class.assets[i]];
        }
        emit Expired(tokenId);
    }

    function _isOver(Token storage token) private view returns (bool) {
        return token.expireAt != 0 && block.timestamp > token.expireAt;
    }

    function _usable(uint256 tokenId) private view returns (Token storage token) {
        token = _token(tokenId);
        bool approved = isApprovedForClass[token.owner][token.classId][msg.sender];
        require(token.owner == msg.sender || approved, "neither owner nor operator");
        require(!_isOver(token), "the token has expired");
    }

    function _created(uint256 classId) private view returns (Class storage class) {
        class = _class(classId);
        require(class.creator == msg.sender, "another created the class");
    }

    function _class(uint256 classId) private view returns (Class storage class) {
        class = _classes[classId];
        require(class.creator != address(0), "there is no such class");
    }

    function _token(uint256 tokenId) private view returns (Token storage token) {
        token = _tokens[tokenId];
        require(token.owner != address(0), "there is no such token");
    }
}
