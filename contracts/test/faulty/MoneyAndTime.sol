// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PlainDAT} from "./PlainDAT.sol";

// Each breaks one thing about what is earned, and until when. The conformance kit must name it.

/// @notice Rounds what may be claimed up: all claims together ask for more than was settled.
contract RoundsUp is PlainDAT {
    function pendingRevenue(uint256 tokenId, address asset) public view override returns (uint256) {
        uint256 index = _endIndex(tokenId, asset) - _accounts[tokenId][asset].entry;
        return (_tokens[tokenId].shareRatio * index + _scale() - 1) / _scale() - _accounts[tokenId][asset].claimed;
    }
}

/// @notice Divides what was settled by the shares that there are now: a later mint takes of what others earned.
contract DilutesThePast is PlainDAT {
    mapping(uint256 classId => mapping(address asset => uint256)) private _settled;

    function _settle(uint256 classId, address asset, uint256 amount) internal override {
        super._settle(classId, asset, amount);
        _settled[classId][asset] += amount;
    }

    function pendingRevenue(uint256 tokenId, address asset) public view override returns (uint256) {
        Token storage t = _token(tokenId);
        uint256 totalShare = _classes[t.classId].totalShare;
        if (!t.countedInShare) return super.pendingRevenue(tokenId, asset);
        uint256 earned = _settled[t.classId][asset] * t.shareRatio / totalShare;
        uint256 claimed = _accounts[tokenId][asset].claimed;
        return earned > claimed ? earned - claimed : 0;
    }
}

/// @notice A claim in one asset strikes out what is pending in the others.
contract ClaimStrikesOthers is PlainDAT {
    function claim(uint256 tokenId, address asset, address payable to)
        external
        override
        nonReentrant
        returns (uint256 amount)
    {
        amount = _claim(tokenId, asset, to);
        address[] storage assets = _classes[_tokens[tokenId].classId].assets;
        for (uint256 i; i < assets.length; ++i) {
            _accounts[tokenId][assets[i]].claimed += pendingRevenue(tokenId, assets[i]);
        }
    }
}

/// @notice Keeps one index for every ERC-20: what was settled in one can be claimed in another.
contract OneErc20Index is PlainDAT {
    function _settle(uint256 classId, address asset, uint256 amount) internal override {
        super._settle(classId, asset, amount);
        if (asset != address(0)) _raise(_indices[classId][address(1)], amount, _classes[classId].totalShare);
    }

    function _endIndex(uint256 tokenId, address asset) internal view override returns (uint256) {
        return super._endIndex(tokenId, asset == address(0) ? asset : address(1));
    }
}

/// @notice Whoever gets a token can claim again what was claimed for it.
contract TransferForgetsClaims is PlainDAT {
    function transferToken(uint256 tokenId, address to) public override {
        super.transferToken(tokenId, to);
        _accounts[tokenId][address(0)].claimed = 0;
    }
}

/// @notice What is pending when a token changes hands is nobody's.
contract TransferLosesRevenue is PlainDAT {
    function transferToken(uint256 tokenId, address to) public override {
        super.transferToken(tokenId, to);
        _accounts[tokenId][address(0)].claimed += pendingRevenue(tokenId, address(0));
    }
}

/// @notice Not faulty: what is pending when a token changes hands is paid to the seller.
contract TransferPaysSeller is PlainDAT {
    function transferToken(uint256 tokenId, address to) public override {
        address[] storage assets = _classes[_token(tokenId).classId].assets;
        for (uint256 i; i < assets.length; ++i) {
            if (pendingRevenue(tokenId, assets[i]) > 0) _claim(tokenId, assets[i], payable(msg.sender));
        }
        super.transferToken(tokenId, to);
    }
}

/// @notice An expired share loses what it had earned.
contract ExpiryForfeits is PlainDAT {
    function pendingRevenue(uint256 tokenId, address asset) public view override returns (uint256) {
        return _isExpired(tokenId) ? 0 : super.pendingRevenue(tokenId, asset);
    }
}

/// @notice Half of the share goes with the value.
contract ValueTakesShare is PlainDAT {
    function _moveValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) internal override {
        super._moveValue(fromTokenId, toTokenId, value);
        uint32 half = _tokens[fromTokenId].shareRatio / 2;
        _tokens[fromTokenId].shareRatio -= half;
        _tokens[toTokenId].shareRatio += half;
    }
}

/// @notice A token that gets value of one without an expiry has none either.
contract ValueTakesExpiry is PlainDAT {
    function _moveValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) internal override {
        super._moveValue(fromTokenId, toTokenId, value);
        if (_tokens[fromTokenId].expireAt == 0) _tokens[toTokenId].expireAt = 0;
    }
}

/// @notice A token whose value is used up earns no more.
contract UsedUpLeaves is PlainDAT {
    function _useValue(uint256 tokenId, uint256 amount) internal override {
        super._useValue(tokenId, amount);
        if (_tokens[tokenId].value == 0) _leave(tokenId);
    }
}

/// @notice Value moves one second too short, and is used as long as it should be.
contract MovesEndEarly is PlainDAT {
    function _requireMover(uint256 tokenId) internal view override {
        super._requireMover(tokenId);
        uint64 expireAt = _tokens[tokenId].expireAt;
        require(expireAt == 0 || block.timestamp < expireAt, "expired");
    }
}

/// @notice Shares earn one second too short, and value is used as long as it should be.
contract SharesEndEarly is PlainDAT {
    function _sync(uint256 classId) internal override {
        uint256[] storage tokens = _classes[classId].tokens;
        for (uint256 i; i < tokens.length; ++i) {
            uint64 expireAt = _tokens[tokens[i]].expireAt;
            if (expireAt != 0 && block.timestamp >= expireAt) _leave(tokens[i]);
        }
    }
}
