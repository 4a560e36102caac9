// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IERC3525, IERC3525Adapter, IERC3525Receiver} from "../interfaces/IERC3525Adapter.sol";

contract ERC3525Adapter is IERC3525Adapter {
    IERC721Metadata private immutable TOKEN;

    /// @dev An allowance is the owner's, so a new owner begins without any; one who was owner before has its own again.
    mapping(address owner => mapping(uint256 tokenId => mapping(address operator => uint256))) private _allowances;

    constructor(address token_) {
        TOKEN = IERC721Metadata(token_);
    }

    // ERC-3525

    /// @inheritdoc IERC3525
    /// @dev Base units: each class has decimals of its own, and this contract has one answer.
    function valueDecimals() external pure returns (uint8) {
        return 0;
    }

    /// @inheritdoc IERC3525
    function balanceOf(uint256 tokenId) external view returns (uint256) {
        return _core().valueOf(tokenId);
    }

    /// @inheritdoc IERC3525
    function slotOf(uint256 tokenId) external view returns (uint256) {
        return _core().classOf(tokenId);
    }

    /// @inheritdoc IERC3525
    function approve(uint256 tokenId, address operator, uint256 value) external {
        address owner = TOKEN.ownerOf(tokenId);
        if (!_maySpend(owner, tokenId)) revert ERC3525AdapterUnauthorized(tokenId, msg.sender);
        _allowances[owner][tokenId][operator] = value;
        emit ApprovalValue(tokenId, operator, value);
    }

    /// @inheritdoc IERC3525
    function allowance(uint256 tokenId, address operator) external view returns (uint256) {
        return _allowances[TOKEN.ownerOf(tokenId)][tokenId][operator];
    }

    /// @inheritdoc IERC3525
    function transferFrom(uint256 fromTokenId, uint256 toTokenId, uint256 value) external {
        address owner = TOKEN.ownerOf(fromTokenId);
        if (!_maySpend(owner, fromTokenId)) _spendAllowance(owner, fromTokenId, value);
        _core().transferValue(fromTokenId, toTokenId, value);
        emit TransferValue(fromTokenId, toTokenId, value);
        _requireReceiver(fromTokenId, toTokenId, value);
    }

    /// @inheritdoc IERC3525
    function transferFrom(uint256 fromTokenId, address to, uint256) external pure returns (uint256) {
        revert ERC3525AdapterCannotMint(fromTokenId, to);
    }

    // ERC-721

    /// @inheritdoc IERC721
    function ownerOf(uint256 tokenId) external view returns (address) {
        return TOKEN.ownerOf(tokenId);
    }

    /// @inheritdoc IERC721
    function balanceOf(address owner) external view returns (uint256) {
        return TOKEN.balanceOf(owner);
    }

    /// @inheritdoc IERC721
    function getApproved(uint256 tokenId) external view returns (address) {
        return TOKEN.getApproved(tokenId);
    }

    /// @inheritdoc IERC721
    function isApprovedForAll(address owner, address operator) external view returns (bool) {
        return TOKEN.isApprovedForAll(owner, operator);
    }

    /// @inheritdoc IERC721
    function transferFrom(address from, address to, uint256 tokenId) external {
        _requireMover(tokenId);
        TOKEN.transferFrom(from, to, tokenId);
        emit Transfer(from, to, tokenId);
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address from, address to, uint256 tokenId) external {
        safeTransferFrom(from, to, tokenId, "");
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address from, address to, uint256 tokenId, bytes memory data) public {
        _requireMover(tokenId);
        emit Transfer(from, to, tokenId);
        TOKEN.safeTransferFrom(from, to, tokenId, data);
    }

    /// @inheritdoc IERC721
    function approve(address, uint256) external view {
        revert ERC3525AdapterApproveAtToken(address(TOKEN));
    }

    /// @inheritdoc IERC721
    function setApprovalForAll(address, bool) external view {
        revert ERC3525AdapterApproveAtToken(address(TOKEN));
    }

    /// @inheritdoc IERC721Metadata
    function name() external view returns (string memory) {
        return TOKEN.name();
    }

    /// @inheritdoc IERC721Metadata
    function symbol() external view returns (string memory) {
        return TOKEN.symbol();
    }

    /// @inheritdoc IERC721Metadata
    function tokenURI(uint256 tokenId) external view returns (string memory) {
        return TOKEN.tokenURI(tokenId);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC3525).interfaceId
            || interfaceId == type(IERC721).interfaceId || interfaceId == type(IERC721Metadata).interfaceId;
    }

    /// @inheritdoc IERC3525Adapter
    function token() external view returns (address) {
        return address(TOKEN);
    }

    // Helpers

    function _core() private view returns (IDATCore) {
        return IDATCore(address(TOKEN));
    }

    /// @dev Who may move a token may move its value, as ERC-3525 has it: through this contract, for a holder that approved it
    /// for the class.
    function _maySpend(address owner, uint256 tokenId) private view returns (bool) {
        return
            msg.sender == owner || TOKEN.isApprovedForAll(owner, msg.sender) || TOKEN.getApproved(tokenId) == msg.sender;
    }

    /// @dev ERC-3525 asks contracts that announce that they want to be asked, and no others.
    function _requireReceiver(uint256 fromTokenId, uint256 toTokenId, uint256 value) private {
        address receiver = TOKEN.ownerOf(toTokenId);
        if (!ERC165Checker.supportsInterface(receiver, type(IERC3525Receiver).interfaceId)) return;
        bytes4 answer = IERC3525Receiver(receiver).onERC3525Received(msg.sender, fromTokenId, toTokenId, value, "");
        if (answer != IERC3525Receiver.onERC3525Received.selector) revert ERC3525AdapterRefused(receiver, toTokenId);
    }

    function _requireMover(uint256 tokenId) private view {
        if (!_maySpend(TOKEN.ownerOf(tokenId), tokenId)) revert ERC3525AdapterUnauthorized(tokenId, msg.sender);
    }

    function _spendAllowance(address owner, uint256 tokenId, uint256 value) private {
        uint256 allowed = _allowances[owner][tokenId][msg.sender];
        if (value > allowed) {
            revert ERC3525AdapterInsufficientAllowance(tokenId, msg.sender, allowed, value);
        }
        // The highest allowance is no limit.
        if (allowed != type(uint256).max) _allowances[owner][tokenId][msg.sender] = allowed - value;
    }
}
