// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {PlainDAT} from "./PlainDAT.sol";

// Each breaks one thing. The conformance kit must name it.

/// @notice A new share claims revenue from before its mint.
contract RetroactiveClaim is PlainDAT {
    function _enter(uint256) internal pure override {}
}

/// @notice An expired share goes on earning.
contract AccrualAfterExpiry is PlainDAT {
    function _endIndex(uint256 tokenId, address asset) internal view override returns (uint256) {
        return _indices[_tokens[tokenId].classId][asset].acc;
    }
}

/// @notice An approved operator claims the holder's revenue to itself.
contract OperatorRedirectsClaim is PlainDAT {
    function _requireClaimer(uint256 tokenId, address to) internal view override {
        address owner = _token(tokenId).owner;
        if (to != owner) _requireUser(tokenId);
    }
}

/// @notice Reads both values before it writes either: a transfer from a token to itself makes value from nothing.
contract ValueFromNothing is PlainDAT {
    function _moveValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) internal override {
        uint256 source = _tokens[fromTokenId].value;
        uint256 destination = _tokens[toTokenId].value;
        require(source >= value, "not enough value");
        _tokens[fromTokenId].value = source - value;
        _tokens[toTokenId].value = destination + value;
    }
}

/// @notice Takes a settlement without shares and gives it to nobody.
contract SwallowsSettlement is PlainDAT {
    function _settle(uint256 classId, address asset, uint256 amount) internal override {
        _sync(classId);
        if (_classes[classId].totalShare == 0) emit RevenueSettled(classId, asset, amount);
        else super._settle(classId, asset, amount);
    }
}

/// @notice Says nothing of metadata, value, usage and expiry.
contract MissingEvents is PlainDAT {
    function _tellMetadata(uint256, string calldata, bytes32) internal pure override {}

    function _tellValue(uint256, uint256, uint256) internal pure override {}

    function _tellUsage(uint256, bytes32, uint256) internal pure override {}

    function _tellExpired(uint256) internal pure override {}
}

/// @notice Believes every ERC-20: looks neither at what it returns nor at what arrives.
contract UncheckedTransfers is PlainDAT {
    function _pull(address asset, uint256 amount) internal override returns (uint256) {
        _ask(asset, abi.encodeCall(IERC20.transferFrom, (msg.sender, address(this), amount)));
        return amount;
    }

    function _push(address asset, address to, uint256 amount) internal override {
        if (asset == address(0)) super._push(asset, to, amount);
        else _ask(asset, abi.encodeCall(IERC20.transfer, (to, amount)));
    }

    function _ask(address asset, bytes memory data) private {
        (bool done,) = asset.call(data);
        require(done, "asset reverts");
    }
}

/// @notice Pays before it writes down that it paid.
contract ReentrantClaim is PlainDAT {
    function claim(uint256 tokenId, address asset, address payable to) external virtual override returns (uint256) {
        return _claimLate(tokenId, asset, to);
    }

    function _claimLate(uint256 tokenId, address asset, address payable to) internal returns (uint256 amount) {
        _requireClaimer(tokenId, to);
        _observe(tokenId);
        amount = pendingRevenue(tokenId, asset);
        uint256 claimed = _accounts[tokenId][asset].claimed + amount;
        _push(asset, to, amount);
        _accounts[tokenId][asset].claimed = claimed;
        emit Claimed(tokenId, to, asset, amount);
    }
}

/// @notice Value of an expired token can still be used and moved.
contract UsableAfterExpiry is PlainDAT {
    function _requireLive(uint256) internal pure override {}
}

/// @notice Expires one second early: not valid at equality.
contract ExpiresEarly is PlainDAT {
    function _isExpired(uint256 tokenId) internal view override returns (bool) {
        uint64 expireAt = _tokens[tokenId].expireAt;
        return expireAt != 0 && block.timestamp >= expireAt;
    }
}

/// @notice Anybody acts for everybody.
contract NoAuthority is PlainDAT {
    function _requireUser(uint256) internal pure override {}
}

/// @notice An operator whom anybody approved may use and move the tokens of everybody in the class, though the view
/// denies it.
contract SharedApprovals is PlainDAT {
    mapping(uint256 classId => mapping(address operator => bool)) internal _approvedBySomebody;

    function approveForClass(uint256 classId, address operator, bool approved) public override {
        super.approveForClass(classId, operator, approved);
        _approvedBySomebody[classId][operator] = approved;
    }

    function _requireUser(uint256 tokenId) internal view override {
        Token storage t = _token(tokenId);
        require(t.owner == msg.sender || _approvedBySomebody[t.classId][msg.sender], "not allowed");
    }
}

/// @notice The same, and the view says so.
contract SharedApprovalsShown is SharedApprovals {
    function isApprovedForClass(address, uint256 classId, address operator) public view override returns (bool) {
        return _approvedBySomebody[classId][operator];
    }
}

/// @notice Whoever created a class uses and moves its holders' value, and claims their revenue.
contract CreatorsBackdoor is PlainDAT {
    function _requireUser(uint256 tokenId) internal view override {
        if (_classes[_token(tokenId).classId].creator != msg.sender) super._requireUser(tokenId);
    }

    function _requireClaimer(uint256 tokenId, address to) internal view override {
        if (_classes[_token(tokenId).classId].creator != msg.sender) super._requireClaimer(tokenId, to);
    }
}

/// @notice Anybody claims anybody's revenue to itself.
contract AnyoneClaims is PlainDAT {
    function _requireClaimer(uint256, address) internal pure override {}
}

/// @notice Says usage and settlements twice, so that whoever adds events up counts double.
contract RepeatedEvents is PlainDAT {
    function _tellUsage(uint256 tokenId, bytes32 metricType, uint256 amount) internal override {
        super._tellUsage(tokenId, metricType, amount);
        super._tellUsage(tokenId, metricType, amount);
    }

    function _settle(uint256 classId, address asset, uint256 amount) internal override {
        super._settle(classId, asset, amount);
        emit RevenueSettled(classId, asset, amount);
    }
}

/// @notice Keeps what is settled to a class that does not exist.
contract SwallowsUnknownClass is PlainDAT {
    function _settle(uint256 classId, address asset, uint256 amount) internal override {
        if (classId <= _classCount) super._settle(classId, asset, amount);
    }
}

/// @notice Its index wraps around.
contract WrappingIndex is PlainDAT {
    function _raise(Index storage index, uint256 amount, uint256 totalShare) internal override {
        unchecked {
            index.acc += amount * _scale() / totalShare;
        }
    }
}

/// @notice Looks at the lower 64 bits of what is used or moved: 2^64 + 1 units pass for one.
contract TruncatedAmounts is PlainDAT {
    function _useValue(uint256 tokenId, uint256 amount) internal override {
        super._useValue(tokenId, uint64(amount));
    }

    function _moveValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) internal override {
        super._moveValue(fromTokenId, toTokenId, uint64(value));
    }
}

/// @notice Mints the lower 64 bits of the value, and says that it minted all.
contract TruncatedValue is PlainDAT {
    function _stored(uint256 value) internal pure override returns (uint256) {
        return uint64(value);
    }
}

/// @notice Usage takes value where the owner records it. An operator uses for nothing.
contract UnmeteredOperator is PlainDAT {
    function _useValue(uint256 tokenId, uint256 amount) internal override {
        if (_tokens[tokenId].owner == msg.sender) super._useValue(tokenId, amount);
    }
}

/// @notice Who had a token once may use and move its value for ever.
contract FormerOwnerStays is PlainDAT {
    mapping(uint256 tokenId => mapping(address account => bool)) private _owned;

    function transferToken(uint256 tokenId, address to) public override {
        super.transferToken(tokenId, to);
        _owned[tokenId][msg.sender] = true;
    }

    function _requireUser(uint256 tokenId) internal view override {
        if (!_owned[tokenId][msg.sender]) super._requireUser(tokenId);
    }
}

/// @notice An operator whose approval was taken back may still move value.
contract RevokedOperatorMoves is PlainDAT {
    mapping(address owner => mapping(uint256 classId => mapping(address operator => bool))) private _approvedOnce;

    function approveForClass(uint256 classId, address operator, bool approved) public override {
        super.approveForClass(classId, operator, approved);
        _approvedOnce[msg.sender][classId][operator] = true;
    }

    function _requireMover(uint256 tokenId) internal view override {
        Token storage t = _token(tokenId);
        if (!_approvedOnce[t.owner][t.classId][msg.sender]) super._requireMover(tokenId);
    }
}

/// @notice Writes down by holder what was claimed: a claim for one token takes from the holder's other ones.
contract ClaimedByHolder is PlainDAT {
    mapping(address holder => mapping(uint256 classId => mapping(address asset => uint256))) private _claimed;

    function pendingRevenue(uint256 tokenId, address asset) public view override returns (uint256) {
        Token storage t = _token(tokenId);
        uint256 earned = super.pendingRevenue(tokenId, asset);
        uint256 claimed = _claimed[t.owner][t.classId][asset];
        return earned > claimed ? earned - claimed : 0;
    }

    function claim(uint256 tokenId, address asset, address payable to)
        external
        override
        nonReentrant
        returns (uint256 amount)
    {
        _requireClaimer(tokenId, to);
        _observe(tokenId);
        amount = pendingRevenue(tokenId, asset);
        _claimed[_tokens[tokenId].owner][_tokens[tokenId].classId][asset] += amount;
        emit Claimed(tokenId, to, asset, amount);
        _push(asset, to, amount);
    }
}

/// @notice A token that is transferred never expires again.
contract TransferForgetsExpiry is PlainDAT {
    function transferToken(uint256 tokenId, address to) public override {
        super.transferToken(tokenId, to);
        _tokens[tokenId].expireAt = 0;
    }
}

/// @notice Writes down what it pays before it pays ETH, and after it pays an ERC-20, which may call, too.
contract ReentrantErc20Claim is ReentrantClaim {
    function claim(uint256 tokenId, address asset, address payable to) external override returns (uint256) {
        return asset == address(0) ? _claim(tokenId, asset, to) : _claimLate(tokenId, asset, to);
    }
}

/// @notice Says of tokens without a share nothing when they expire.
contract SilentWithoutShare is PlainDAT {
    function _tellExpired(uint256 tokenId) internal override {
        if (_tokens[tokenId].shareRatio != 0) super._tellExpired(tokenId);
    }
}

/// @notice Keeps the lower 32 bits of an expiry: what is to last for long has expired already.
contract TruncatedExpiry is PlainDAT {
    function _storedExpiry(uint64 expireAt) internal pure override returns (uint64) {
        return uint32(expireAt);
    }
}

/// @notice Nobody can use the last unit.
contract LastUnitStays is PlainDAT {
    function _useValue(uint256 tokenId, uint256 amount) internal override {
        require(amount == 0 || _tokens[tokenId].value > amount, "not enough value");
        super._useValue(tokenId, amount);
    }
}

/// @notice A settlement takes one expired share out of the total, and no others.
contract OneExpiryAtATime is PlainDAT {
    function _sync(uint256 classId) internal override {
        uint256[] storage tokens = _classes[classId].tokens;
        for (uint256 i; i < tokens.length; ++i) {
            if (!_isExpired(tokens[i]) || !_tokens[tokens[i]].countedInShare) continue;
            return _leave(tokens[i]);
        }
    }
}

/// @notice Its events name no expiry, and the owner in the place of who was paid.
contract InexactEvents is PlainDAT {
    function _tellMinted(uint256 tokenId, uint256 value, uint64) internal override {
        super._tellMinted(tokenId, value, 0);
    }

    function _tellClaimed(uint256 tokenId, address, address asset, uint256 amount) internal override {
        super._tellClaimed(tokenId, _tokens[tokenId].owner, asset, amount);
    }
}

/// @notice Its index has 128 bits, of which it looks at the settlement's only.
contract NarrowIndex is PlainDAT {
    function _raise(Index storage index, uint256 amount, uint256 totalShare) internal override {
        require(amount < 2 ** 128, "too much");
        super._raise(index, amount, totalShare);
        index.acc = uint128(index.acc);
    }
}

/// @notice Saturates the weight that a token keeps, and wraps the total that it counts in.
contract WrappingTotal is PlainDAT {
    function _raiseTotal(Class storage c, uint32, uint256 shareRatio) internal override {
        unchecked {
            c.totalShare += shareRatio;
        }
    }
}

/// @notice Not faulty: only its owner creates classes, as the draft allows.
contract OwnedDAT is PlainDAT {
    address private immutable _owner = msg.sender;

    function _requireFounder() internal view override {
        require(msg.sender == _owner, "not the owner of the contract");
    }
}
