// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {DATBacking} from "./base/DATBacking.sol";
import {DATDelegation} from "./base/DATDelegation.sol";
import {IDATClasses} from "./interfaces/IDATClasses.sol";
import {IDATCore} from "./interfaces/IDATCore.sol";
import {IDATErrors} from "./interfaces/IDATErrors.sol";
import {IDATLocks, LockInfo, LockUse} from "./interfaces/IDATLocks.sol";
import {IDATLots} from "./interfaces/IDATLots.sol";
import {IDATRevenue} from "./interfaces/IDATRevenue.sol";
import {ILockModule} from "./interfaces/ILockModule.sol";
import {ClaimState} from "./types/ClaimState.sol";
import {ClassHead, ClassShare} from "./types/Class.sol";
import {Ledger} from "./types/Ledger.sol";
import {Lock, packLock} from "./types/Lock.sol";
import {Token} from "./types/Token.sol";
import {TokenId} from "./types/TokenId.sol";

/// @title DataAnchoringToken: ERC-8028 with lots, backing, locks, lineage and exact revenue.
/// @notice Answers to `IDATCore` and `IDataAnchoringToken`. What is done often is here; classes, policies, lots, refunds,
/// royalties and most views are in the extension, which the fallback runs on this contract's storage. There is no
/// administrator, and the extension cannot be changed.
contract DataAnchoringToken is DATBacking, DATDelegation, IERC721Metadata, IDATLocks {
    bytes4 private constant ERC4906_ID = 0x49064906;

    constructor(string memory name_, string memory symbol_, address extension_) DATDelegation(extension_) {
        _name = name_;
        _symbol = symbol_;
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

    /// @dev Here and not in the extension because every opening of a channel asks.
    function policyOfToken(uint256 tokenId) external view returns (uint32 policyVersion, bytes32 policyHash) {
        _requireToken(tokenId);
        return _policyOf(TokenId.wrap(tokenId));
    }

    /// @dev Here and not in the extension because every sale asks.
    function lotQuoteUp(uint256 classId, uint32 lot, uint64 units) external view returns (uint256 cost, address asset) {
        return _quoteUp(classId, lot, units);
    }

    // Minting, value and usage

    function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        returns (uint256 tokenId)
    {
        ClassHead head = _requireIssuer(classId);
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
        _requireUser(fromTokenId, source.owner());
        if (value == 0) revert IDATErrors.DATZeroUnits();
        if (source.expireAt() != 0 || target.expireAt() != 0) {
            _requireLifetimes(fromTokenId, source, toTokenId, target);
        }

        _takeValue(fromTokenId, source, value);
        _giveValue(toTokenId, target, value);
        emit IDATCore.ValueTransferred(fromTokenId, toTokenId, value);
    }

    function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external {
        Token token = _requireToken(tokenId);
        _requireUser(tokenId, token.owner());
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

    // Locks

    /// @inheritdoc IDATLocks
    function lock(uint256 tokenId, uint64 units, address module, bytes calldata data)
        external
        nonReentrant
        returns (bytes32 lockId)
    {
        Token token = _requireOwner(tokenId, msg.sender);
        _requireUnexpired(tokenId, token.expireAt());
        if (units == 0) revert IDATErrors.DATZeroUnits();
        _takeValue(tokenId, token, units);
        // A module without code fails here. Its lock does not exist before it has answered, so it cannot spend it early.
        lockId = ILockModule(module).onLock(msg.sender, tokenId, units, token.expireAt(), data);
        mapping(bytes32 => Lock) storage locks = _locks[module];
        if (locks[lockId].lockedAt() != 0) revert DATLockExists(module, lockId);
        // 40 bits of seconds last for 34,000 years.
        locks[lockId] = packLock(tokenId, units, uint40(block.timestamp));
        emit ValueLocked(tokenId, module, lockId, units);
    }

    /// @inheritdoc IDATLocks
    function consumeLocks(LockUse[] calldata uses, bytes32 metricType, address operator)
        external
        returns (uint64[] memory units)
    {
        mapping(bytes32 => Lock) storage locks = _locks[msg.sender];
        units = new uint64[](uses.length);
        uint256 usage = _newUsage(metricType, operator, locks);
        uint256 next;
        while (next < uses.length) {
            uint256 tokenId;
            uint256 sum;
            bool fault;
            (next, tokenId, sum, fault) = _consumeRun(uses, next, units, usage);
            if (fault) _revertUse(locks, uses[next].lockId);
            _releaseSpent(TokenId.wrap(tokenId), sum, operator);
        }
        assembly {
            // Memory is not used afterwards: this ends the call.
            mstore(sub(units, 0x20), 0x20)
            return(sub(units, 0x20), add(0x40, shl(5, mload(units))))
        }
    }

    /// @inheritdoc IDATLocks
    function returnLock(bytes32 lockId) external returns (uint64 units) {
        mapping(bytes32 => Lock) storage locks = _locks[msg.sender];
        Lock record = locks[lockId];
        uint256 tokenId = record.tokenId();
        if (tokenId == 0) revert DATNonexistentLock(msg.sender, lockId);
        units = record.remaining();
        locks[lockId] = record.ended();
        _giveValue(tokenId, _tokens[tokenId], units);
        emit ValueUnlocked(tokenId, msg.sender, lockId, units);
    }

    /// @inheritdoc IDATLocks
    function lockInfo(address module, bytes32 lockId)
        external
        view
        returns (uint256 tokenId, uint64 remaining, uint64 lockedAt)
    {
        Lock record = _locks[module][lockId];
        if (record.tokenId() == 0) return (0, 0, 0);
        return (record.tokenId(), record.remaining(), record.lockedAt());
    }

    /// @inheritdoc IDATLocks
    /// @dev Assembly, because Solidity would make a struct of each in memory and then copy them.
    function lockInfos(address module, bytes32[] calldata lockIds) external view returns (LockInfo[] memory) {
        mapping(bytes32 => Lock) storage locks = _locks[module];
        assembly {
            // Memory is not used afterwards: this ends the call.
            let answer := mload(0x40)
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), lockIds.length)
            let place := add(answer, 0x40)
            mstore(0x20, locks.slot)
            let end := add(lockIds.offset, shl(5, lockIds.length))
            for { let id := lockIds.offset } lt(id, end) { id := add(id, 0x20) } {
                mstore(0, calldataload(id))
                let record := sload(keccak256(0, 0x40))
                let tokenId := and(record, 0xffffffffffffffffffffffffffffffff)
                // After its end only `lockedAt` is left, which is nobody's then.
                record := mul(record, iszero(iszero(tokenId)))
                mstore(place, tokenId)
                mstore(add(place, 0x20), and(shr(128, record), 0xffffffffffffffff))
                mstore(add(place, 0x40), and(shr(192, record), 0xffffffffff))
                place := add(place, 0x60)
            }
            return(answer, sub(place, answer))
        }
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
        Token token = _requireToken(tokenId);
        if (msg.sender != token.owner() && to != token.owner()) {
            revert IDATErrors.ERC8028Unauthorized(tokenId, msg.sender);
        }
        uint32 expireAt = token.expireAt();
        if (_isExpired(expireAt)) _observeExpired(tokenId);
        uint256 classId = TokenId.wrap(tokenId).classId();
        Ledger storage ledger = _ledgers[classId][asset];
        ClaimState state;
        (amountClaimed, state) = _earned(tokenId, classId, expireAt, ledger);
        if (amountClaimed != 0) {
            ledger.claims[tokenId] = state;
            ledger.books = ledger.books.plusClaimed(amountClaimed);
        }
        bytes32 topic = IDATCore.Claimed.selector;
        assembly ("memory-safe") {
            // emit Claimed(tokenId, to, asset, amountClaimed); both addresses were checked by the decoder.
            mstore(0, amountClaimed)
            log4(0, 0x20, topic, tokenId, to, asset)
        }
        _pay(asset, to, amountClaimed);
    }

    function pendingRevenue(uint256 tokenId, address asset) external view returns (uint256 amount) {
        Token token = _requireToken(tokenId);
        uint256 classId = TokenId.wrap(tokenId).classId();
        (amount,) = _earned(tokenId, classId, token.expireAt(), _ledgers[classId][asset]);
    }

    // ERC-721

    function transferToken(uint256 tokenId, address to) external {
        _transfer(ownerOf(tokenId), to, tokenId);
    }

    /// @inheritdoc IERC721
    function transferFrom(address from, address to, uint256 tokenId) external {
        _transfer(from, to, tokenId);
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address from, address to, uint256 tokenId) external {
        safeTransferFrom(from, to, tokenId, "");
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address from, address to, uint256 tokenId, bytes memory data) public nonReentrant {
        _transfer(from, to, tokenId);
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
        return interfaceId == type(IDATCore).interfaceId || interfaceId == type(IERC721).interfaceId
            || interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC721Metadata).interfaceId
            || interfaceId == ERC4906_ID || interfaceId == type(IDATClasses).interfaceId
            || interfaceId == type(IDATLots).interfaceId || interfaceId == type(IDATLocks).interfaceId
            || interfaceId == type(IDATRevenue).interfaceId;
    }

    // Helpers

    /// @dev Memory for `_consumeRun`: the data of `UsageRecorded`, whose second word is to be filled in, its topic, and the
    /// slot of the caller's locks.
    function _newUsage(bytes32 metricType, address operator, mapping(bytes32 => Lock) storage locks)
        private
        pure
        returns (uint256 usage)
    {
        bytes32 topic = IDATCore.UsageRecorded.selector;
        assembly ("memory-safe") {
            usage := mload(0x40)
            mstore(0x40, add(usage, 0xa0))
            mstore(usage, metricType)
            mstore(add(usage, 0x40), operator)
            mstore(add(usage, 0x60), topic)
            mstore(add(usage, 0x80), locks.slot)
        }
    }

    /// @dev Consumes uses of one lot from `from` on, up to the first of another lot or with a fault. `tokenId` is a token of
    /// the lot, `sum` what was taken: fewer than 2^192 terms of 64 bits. Assembly, because this is done a hundred times in a
    /// transaction; the tests of locks and the laws hold it to what it must do.
    function _consumeRun(LockUse[] calldata uses, uint256 from, uint64[] memory units, uint256 usage)
        private
        returns (uint256 next, uint256 tokenId, uint256 sum, bool fault)
    {
        next = from;
        assembly ("memory-safe") {
            for {} lt(next, uses.length) { next := add(next, 1) } {
                mstore(0, calldataload(add(uses.offset, shl(6, next))))
                mstore(0x20, mload(add(usage, 0x80)))
                let slot := keccak256(0, 0x40)
                // Lock: tokenId(128) | remaining(64) | lockedAt(40)
                let record := sload(slot)
                let taken := and(shr(128, record), 0xffffffffffffffff)
                {
                    // Not cleaned: more than 64 bits are more than there is.
                    let remaining := calldataload(add(add(uses.offset, shl(6, next)), 0x20))
                    taken := mul(gt(taken, remaining), sub(taken, remaining))
                }
                if iszero(taken) {
                    if iszero(shl(128, record)) {
                        fault := 1
                        break
                    }
                    continue
                }
                {
                    let id := and(record, 0xffffffffffffffffffffffffffffffff)
                    // The lot's key is all but the last 32 bits.
                    if and(iszero(iszero(tokenId)), iszero(iszero(shr(32, xor(id, tokenId))))) { break }
                    tokenId := id
                }
                mstore(0, tokenId)
                mstore(0x20, _tokens.slot)
                {
                    // Token: owner(160) | value(64) | expireAt(32); valid at equality (P20).
                    let expireAt := shr(224, sload(keccak256(0, 0x40)))
                    if and(iszero(iszero(expireAt)), gt(timestamp(), expireAt)) {
                        fault := 1
                        break
                    }
                }
                // What is taken is part of `remaining`, so nothing is borrowed from the next field.
                sstore(slot, sub(record, shl(128, taken)))
                mstore(add(add(units, 0x20), shl(5, next)), taken)
                sum := add(sum, taken)
                mstore(add(usage, 0x20), taken)
                log2(usage, 0x60, mload(add(usage, 0x60)), tokenId)
            }
        }
    }

    /// @dev Says what was wrong with the use of a lock: there is none, or its token has expired.
    function _revertUse(mapping(bytes32 => Lock) storage locks, bytes32 lockId) private view {
        uint256 tokenId = locks[lockId].tokenId();
        if (tokenId == 0) revert DATNonexistentLock(msg.sender, lockId);
        revert IDATErrors.ERC8028Expired(tokenId, _tokens[tokenId].expireAt());
    }

    function _settleDirect(uint256 classId, address asset, uint256 amount) private {
        if (amount == 0) revert IDATRevenue.DATZeroAmount();
        ClassShare share = _syncExpired(classId);
        if (share.totalShare() == 0) {
            _requireClass(classId);
            revert IDATRevenue.ERC8028NoActiveShare(classId);
        }
        _settle(classId, asset, amount, share);
    }

    function _takeValue(uint256 tokenId, Token token, uint256 units) private {
        uint64 value = token.value();
        if (units > value) revert IDATErrors.ERC8028InsufficientValue(tokenId, value, units);
        // Checked above, the cast as well.
        unchecked {
            _tokens[tokenId] = token.withValue(value - uint64(units));
        }
    }

    /// @dev Only unbacked value can be too much for one token; its holder makes room by moving or using some.
    function _giveValue(uint256 tokenId, Token token, uint256 units) private {
        uint256 sum;
        // No overflow: the units come from another token or from a lock, so they have 64 bits.
        unchecked {
            sum = token.value() + units;
        }
        if (sum > type(uint64).max) revert IDATErrors.DATValueTooLarge(sum);
        // Checked above.
        _tokens[tokenId] = token.withValue(uint64(sum));
    }

    function _requireUser(uint256 tokenId, address owner) private view {
        if (msg.sender == owner || _classOperators[owner][TokenId.wrap(tokenId).classId()][msg.sender]) return;
        revert IDATErrors.ERC8028Unauthorized(tokenId, msg.sender);
    }

    /// @dev Neither has expired, and backed value does not come to live longer.
    function _requireLifetimes(uint256 fromTokenId, Token source, uint256 toTokenId, Token target) private view {
        _requireUnexpired(fromTokenId, source.expireAt());
        _requireUnexpired(toTokenId, target.expireAt());
        if (
            source.expireAt() != 0 && TokenId.wrap(fromTokenId).isBacked()
                && (target.expireAt() == 0 || target.expireAt() > source.expireAt())
        ) revert IDATErrors.DATOutlivesSource(fromTokenId, toTokenId);
    }

    function _requireSameLot(TokenId from, TokenId to) private pure {
        if (from.lotKey() == to.lotKey()) return;
        if (from.classId() != to.classId()) {
            revert IDATErrors.ERC8028ClassMismatch(TokenId.unwrap(from), TokenId.unwrap(to));
        }
        revert IDATErrors.DATLotMismatch(TokenId.unwrap(from), TokenId.unwrap(to));
    }

    function _transfer(address from, address to, uint256 tokenId) private {
        Token token = _requireToken(tokenId);
        address owner = token.owner();
        if (owner != from) revert IERC721Errors.ERC721IncorrectOwner(from, tokenId, owner);
        if (to == address(0)) revert IERC721Errors.ERC721InvalidReceiver(to);
        address approved = _tokenApprovals[tokenId];
        if (msg.sender != owner && msg.sender != approved && !_operators[owner][msg.sender]) {
            revert IDATErrors.ERC8028Unauthorized(tokenId, msg.sender);
        }
        if (approved != address(0)) delete _tokenApprovals[tokenId];
        _tokens[tokenId] = token.withOwner(to);
        // The owner has this token, and fewer than 2^96 tokens can exist.
        unchecked {
            --_balances[from];
            ++_balances[to];
        }
        emit IDATCore.TransferToken(tokenId, from, to);
        emit Transfer(from, to, tokenId);
    }
}
