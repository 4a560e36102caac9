// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";

/// @title IERC3525: the semi-fungible token of ERC-3525, whose ERC-165 id is 0xd5358140.
interface IERC3525 {
    event TransferValue(uint256 indexed fromTokenId, uint256 indexed toTokenId, uint256 value);
    event ApprovalValue(uint256 indexed tokenId, address indexed operator, uint256 value);
    event SlotChanged(uint256 indexed tokenId, uint256 indexed oldSlot, uint256 indexed newSlot);

    function valueDecimals() external view returns (uint8);

    function balanceOf(uint256 tokenId) external view returns (uint256);

    function slotOf(uint256 tokenId) external view returns (uint256);

    function approve(uint256 tokenId, address operator, uint256 value) external;

    function allowance(uint256 tokenId, address operator) external view returns (uint256);

    function transferFrom(uint256 fromTokenId, uint256 toTokenId, uint256 value) external;

    function transferFrom(uint256 fromTokenId, address to, uint256 value) external returns (uint256 newTokenId);
}

/// @title IERC3525Receiver: a contract that is told of value which its tokens receive; its ERC-165 id is 0x009ce20b.
interface IERC3525Receiver {
    /// @return 0x009ce20b where it takes the value; anything else refuses it.
    function onERC3525Received(
        address operator,
        uint256 fromTokenId,
        uint256 toTokenId,
        uint256 value,
        bytes calldata data
    ) external returns (bytes4);
}

/// @title IERC3525Adapter: Data Anchoring Tokens as ERC-3525 sees them (P30). slot = class, value = spendable units.
/// @notice Reads need nothing. To move value through it a holder approves it for the class once (`approveForClass`), and
/// then each operator for an amount of one token here (P13); to move tokens, it approves it as for ERC-721. It moves nothing
/// but what the caller could move, or was allowed to. A receiver that announces `IERC3525Receiver` is asked.
/// @dev Warning: an allowance is its owner's. It sleeps while the token is somebody else's, and is there again when the token
/// comes back: the token contract tells nobody of transfers. Set it to zero before selling what you may buy back.
/// @dev What it cannot do: make a token (`transferFrom(uint256,address,uint256)` reverts: only an issuer or a lot's seller
/// mints); approve in the sense of ERC-721 (`approve(address,uint256)` and `setApprovalForAll` revert: the token contract
/// takes them from the holder only); tell by its own events what was moved past it (the token's `ValueTransferred` does);
/// move value between lots, which may share a slot and have different prices (R1); give each class its decimals.
interface IERC3525Adapter is IERC3525, IERC721Metadata {
    /// @notice Thrown when somebody else than the holder or whom it approved acts on a token.
    error ERC3525AdapterUnauthorized(uint256 tokenId, address caller);
    /// @notice Thrown when an operator may move less than asked for.
    error ERC3525AdapterInsufficientAllowance(uint256 tokenId, address operator, uint256 allowance, uint256 needed);
    /// @notice Thrown when a token would have to be made.
    error ERC3525AdapterCannotMint(uint256 fromTokenId, address to);
    /// @notice Thrown when the owner of the receiving token, a contract that wants to be asked, does not take the value.
    error ERC3525AdapterRefused(address receiver, uint256 toTokenId);
    /// @notice Thrown when an approval would be the holder's own: give it at `token`.
    error ERC3525AdapterApproveAtToken(address token);

    /// @notice The token contract.
    function token() external view returns (address);
}
