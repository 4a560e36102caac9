// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PlainDAT} from "./PlainDAT.sol";

/// @title LetterDAT: conforms to the letter of the draft, and loses money where the letter does.
/// @notice A mint takes no snapshot, an expired token's pending goes on growing, an unobserved expiry dilutes the others,
/// the remainder of a settlement is dropped, value may move from a token to itself, and an approved operator claims to
/// wherever it likes.
contract LetterDAT is PlainDAT {
    function _enter(uint256) internal pure override {}

    function _endIndex(uint256 tokenId, address asset) internal view override returns (uint256) {
        return _indices[_tokens[tokenId].classId][asset].acc;
    }

    function _sync(uint256) internal pure override {}

    function _raise(Index storage index, uint256 amount, uint256 totalShare) internal override {
        index.acc += amount * _scale() / totalShare;
    }

    function _moveValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) internal override {
        require(_tokens[fromTokenId].value >= value, "not enough value");
        _tokens[fromTokenId].value -= value;
        _tokens[toTokenId].value += value;
    }

    function _requireClaimer(uint256 tokenId, address) internal view override {
        _requireUser(tokenId);
    }
}
