// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IDATClasses} from "../interfaces/IDATClasses.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IERC5192} from "../interfaces/IERC5192.sol";
import {DATStorage} from "../storage/DATStorage.sol";
import {ClassHead} from "../types/Class.sol";
import {Token, packToken} from "../types/Token.sol";
import {NON_TRANSFERABLE_BIT, TokenId, encodeTokenId} from "../types/TokenId.sol";

/// @title DATTokens: existence, expiry, authority and birth of tokens.
abstract contract DATTokens is DATStorage {
    function _requireToken(uint256 tokenId) internal view returns (Token token) {
        token = _tokens[tokenId];
        if (token.owner() == address(0)) revert IDATErrors.ERC8028NonexistentToken(tokenId);
    }

    /// @dev The caller's token, and its place, so that it is hashed once. Nobody calls from the zero address, so it exists.
    function _requireOwn(uint256 tokenId) internal view returns (Token token, uint256 place) {
        assembly ("memory-safe") {
            // _tokens[tokenId]
            mstore(0, tokenId)
            mstore(0x20, _tokens.slot)
            place := keccak256(0, 0x40)
            token := sload(place)
        }
        if (token.owner() == msg.sender) return (token, place);
        _requireToken(tokenId);
        revert IDATErrors.ERC8028Unauthorized(tokenId, msg.sender);
    }

    function _requireClass(uint256 classId) internal view returns (ClassHead head) {
        head = _heads[classId];
        if (head.issuer() == address(0)) revert IDATClasses.ERC8028NonexistentClass(classId);
    }

    function _requireIssuer(uint256 classId) internal view returns (ClassHead head) {
        head = _requireClass(classId);
        if (head.issuer() != msg.sender) revert IDATClasses.DATNotIssuer(classId, msg.sender, head.issuer());
    }

    /// @dev Valid at equality (P20).
    function _isExpired(uint32 expireAt) internal view returns (bool) {
        return expireAt != 0 && block.timestamp > expireAt;
    }

    function _requireUnexpired(uint256 tokenId, uint32 expireAt) internal view {
        if (_isExpired(expireAt)) revert IDATErrors.ERC8028Expired(tokenId, expireAt);
    }

    /// @dev Value that is backed, or of a class that keeps expiries (P22), does not come to live longer by being moved. Only
    /// where it would is the class read.
    function _requireNoOutliving(uint256 fromTokenId, Token source, uint256 toTokenId, Token target) internal view {
        if (source.expireAt() == 0 || (target.expireAt() != 0 && target.expireAt() <= source.expireAt())) return;
        TokenId id = TokenId.wrap(fromTokenId);
        if (id.isBacked() || _heads[id.classId()].keepsExpiry()) {
            revert IDATErrors.DATOutlivesSource(fromTokenId, toTokenId);
        }
    }

    /// @dev Emits `Expired` the first time that a transaction meets an expired token.
    function _observeExpired(uint256 tokenId) internal {
        uint256 word = _expiredSeen[tokenId >> 8];
        uint256 bit = 1 << (tokenId & 255);
        if (word & bit != 0) return;
        _expiredSeen[tokenId >> 8] = word | bit;
        emit IDATCore.Expired(tokenId);
    }

    function _takeValue(uint256 tokenId, Token token, uint256 units) internal {
        uint64 value = token.value();
        if (units > value) revert IDATErrors.ERC8028InsufficientValue(tokenId, value, units);
        // Checked above, the cast as well.
        unchecked {
            _tokens[tokenId] = token.withValue(value - uint64(units));
        }
    }

    /// @dev Only unbacked value can be too much for one token; its holder makes room by moving or using some.
    function _giveValue(uint256 tokenId, Token token, uint256 units) internal {
        uint256 sum;
        // No overflow: the units come from another token or from a lock, so they have 64 bits.
        unchecked {
            sum = token.value() + units;
        }
        if (sum > type(uint64).max) revert IDATErrors.DATValueTooLarge(sum);
        // Checked above.
        _tokens[tokenId] = token.withValue(uint64(sum));
    }

    /// @dev The caller has checked who may mint; `head` is the class's, as stored.
    function _mintToken(
        uint256 classId,
        uint32 lot,
        ClassHead head,
        address to,
        uint256 value,
        uint256 shareRatio,
        uint64 expireAt
    ) internal returns (uint256 tokenId) {
        if (to == address(0)) revert IERC721Errors.ERC721InvalidReceiver(to);
        if (value > type(uint64).max) revert IDATErrors.DATValueTooLarge(value);
        if (expireAt != 0 && (expireAt < block.timestamp || expireAt > type(uint32).max)) {
            revert IDATErrors.DATInvalidExpiry(expireAt);
        }
        head = head.withNextToken();
        _heads[classId] = head;
        tokenId = encodeTokenId(classId, lot, head.lastSerial());
        // Both casts: checked above.
        _tokens[tokenId] = packToken(to, uint64(value), uint32(expireAt));
        // Balances count tokens, of which fewer than 2^96 can exist.
        unchecked {
            ++_balances[to];
        }
        emit IDATCore.Minted(tokenId, classId, to, value, shareRatio, expireAt);
        emit IDATCore.TransferToken(tokenId, address(0), to);
        emit IERC721.Transfer(address(0), to, tokenId);
        if (tokenId & NON_TRANSFERABLE_BIT != 0) emit IERC5192.Locked(tokenId);
    }

    function _transfer(Token token, uint256 place, address to, uint256 tokenId) internal {
        if (TokenId.wrap(tokenId).isNonTransferable()) revert IDATErrors.DATNonTransferable(tokenId);
        if (to == address(0)) revert IERC721Errors.ERC721InvalidReceiver(to);
        address owner = token.owner();
        address approved = _tokenApprovals[tokenId];
        if (msg.sender != owner && msg.sender != approved && !_operators[owner][msg.sender]) {
            revert IDATErrors.ERC8028Unauthorized(tokenId, msg.sender);
        }
        if (approved != address(0)) delete _tokenApprovals[tokenId];
        token = token.withOwner(to);
        assembly ("memory-safe") {
            sstore(place, token)
        }
        // The owner has this token, and fewer than 2^96 tokens can exist.
        unchecked {
            --_balances[owner];
            ++_balances[to];
        }
        emit IDATCore.TransferToken(tokenId, owner, to);
        emit IERC721.Transfer(owner, to, tokenId);
    }

    /// @dev An existing token and its place, so that it is hashed once.
    function _tokenAndPlace(uint256 tokenId) internal view returns (Token token, uint256 place) {
        assembly ("memory-safe") {
            // _tokens[tokenId]
            mstore(0, tokenId)
            mstore(0x20, _tokens.slot)
            place := keccak256(0, 0x40)
            token := sload(place)
        }
        if (token.owner() == address(0)) revert IDATErrors.ERC8028NonexistentToken(tokenId);
    }
}
