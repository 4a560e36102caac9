// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuard} from "../base/ReentrancyGuard.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {LotTerms} from "../interfaces/IDATLots.sol";
import {Bond, FraudProof, IOperatorBond, Receipt, SignedReceipt, SlashWindow} from "../interfaces/IOperatorBond.sol";
import {Channel, IValueChannels} from "../interfaces/IValueChannels.sol";
import {TokenId} from "../types/TokenId.sol";
import {ReceiptHash} from "./ReceiptHash.sol";

contract OperatorBond is IOperatorBond, ReentrancyGuard {
    using ReceiptHash for Receipt;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant SLASH_BPS = 5000;
    uint256 private constant REPORTER_BPS = 500;
    uint64 private constant WINDOW = 7 days;

    /// @dev Many assets refuse the zero address as a recipient.
    address payable private constant BURN_ADDRESS = payable(0x000000000000000000000000000000000000dEaD);

    IDataAnchoringToken private immutable TOKEN;
    IValueChannels private immutable CHANNELS;

    mapping(address operator => mapping(address asset => Bond)) private _bonds;
    mapping(address operator => mapping(address asset => uint32)) private _windowCounts;
    mapping(address operator => mapping(address asset => mapping(uint32 window => SlashWindow))) private _windows;
    mapping(address asset => mapping(bytes32 channelId => FraudProof)) private _proofs;
    mapping(address account => mapping(address asset => uint256)) private _owed;

    constructor(address token_, address channels_) {
        TOKEN = IDataAnchoringToken(token_);
        CHANNELS = IValueChannels(channels_);
    }

    // The operator

    /// @inheritdoc IOperatorBond
    function post(address operator, address asset, uint256 amount)
        external
        payable
        nonReentrant
        returns (uint256 credited)
    {
        credited = _pull(asset, amount);
        if (credited == 0 || operator == address(0)) revert OperatorBondNothingPosted(operator);
        Bond storage bond = _bonds[operator][asset];
        uint256 bonded = bond.amount + credited;
        bond.amount = bonded.toUint128();
        emit BondPosted(operator, asset, credited, bonded);
    }

    /// @inheritdoc IOperatorBond
    function coverUntil(address asset, uint64 coveredUntil) external {
        Bond storage bond = _bonds[msg.sender][asset];
        if (bond.releaseAt != 0) revert OperatorBondUnbonding(msg.sender, asset, bond.releaseAt);
        if (coveredUntil <= bond.coveredUntil || coveredUntil > type(uint64).max - WINDOW) {
            revert OperatorBondWrongPromise(bond.coveredUntil, coveredUntil);
        }
        bond.coveredUntil = coveredUntil;
        emit BondCovers(msg.sender, asset, coveredUntil);
    }

    /// @inheritdoc IOperatorBond
    function startUnbonding(address asset) external returns (uint64 releaseAt) {
        Bond storage bond = _bonds[msg.sender][asset];
        if (bond.releaseAt != 0) revert OperatorBondUnbonding(msg.sender, asset, bond.releaseAt);
        if (bond.amount == 0) revert OperatorBondNothingBonded(msg.sender, asset);
        // The promise leaves room for a window.
        releaseAt = (Math.max(block.timestamp, bond.coveredUntil) + WINDOW).toUint64();
        bond.releaseAt = releaseAt;
        emit UnbondingStarted(msg.sender, asset, releaseAt);
    }

    /// @inheritdoc IOperatorBond
    function cancelUnbonding(address asset) external {
        Bond storage bond = _bonds[msg.sender][asset];
        if (bond.releaseAt == 0) revert OperatorBondUnbonding(msg.sender, asset, 0);
        bond.releaseAt = 0;
        emit UnbondingCancelled(msg.sender, asset);
    }

    /// @inheritdoc IOperatorBond
    function release(address asset, address payable to) external nonReentrant returns (uint256 amount) {
        Bond storage bond = _bonds[msg.sender][asset];
        uint64 releaseAt = bond.releaseAt;
        if (releaseAt == 0) revert OperatorBondUnbonding(msg.sender, asset, 0);
        if (block.timestamp <= releaseAt) revert OperatorBondTooEarly(releaseAt);
        amount = bond.amount;
        delete _bonds[msg.sender][asset];
        // What is posted from now on is new to an open window.
        _windows[msg.sender][asset][_windowCounts[msg.sender][asset]].spared = 0;
        emit BondReleased(msg.sender, asset, to, amount);
        _pay(asset, to, amount);
    }

    // Fraud

    /// @inheritdoc IOperatorBond
    function proveFraud(
        Channel calldata channel,
        address asset,
        SignedReceipt calldata first,
        SignedReceipt calldata second
    ) external nonReentrantView returns (uint32 window) {
        bytes32 channelId = CHANNELS.channelIdOf(channel);
        if (_proofs[asset][channelId].reporter != address(0)) revert OperatorBondAlreadyProven(channelId, asset);
        _requireEquivocation(channelId, channel.operator, first, second);
        return _claim(channel, channelId, asset, 0, _capturedBacking(channel, channelId, asset));
    }

    /// @inheritdoc IOperatorBond
    function raiseClaim(Channel calldata channel, address asset) external nonReentrantView returns (uint32 window) {
        bytes32 channelId = CHANNELS.channelIdOf(channel);
        FraudProof storage proof = _proofs[asset][channelId];
        if (proof.reporter == address(0)) revert OperatorBondNotProven(channelId, asset);
        (uint128 captured, uint128 claimed) = (_capturedBacking(channel, channelId, asset), proof.claimed);
        if (captured <= claimed) revert OperatorBondNothingToRaise(channelId, asset, claimed);
        window = proof.window;
        SlashWindow storage slash = _windows[channel.operator][asset][window];
        if (block.timestamp > slash.endsAt) {
            if (!proof.paid) _payFraud(asset, channelId, proof);
            return _claim(channel, channelId, asset, claimed, captured);
        }
        slash.claims += captured - claimed;
        proof.backing += captured - claimed;
        proof.claimed = captured;
        emit ClaimRaised(channelId, channel.operator, asset, window, proof.backing);
    }

    /// @inheritdoc IOperatorBond
    function payFraud(address asset, bytes32 channelId)
        external
        returns (uint256 holderAmount, uint256 reporterAmount)
    {
        FraudProof storage proof = _proofs[asset][channelId];
        if (proof.reporter == address(0) || proof.paid) revert OperatorBondNothingToPay(channelId, asset);
        return _payFraud(asset, channelId, proof);
    }

    /// @inheritdoc IOperatorBond
    function burn(address operator, address asset, uint32 window) external nonReentrant returns (uint256 amount) {
        SlashWindow storage slash = _windows[operator][asset][window];
        if (slash.endsAt == 0 || slash.burned) revert OperatorBondNothingToBurn(operator, asset, window);
        _requireEnded(slash.endsAt);
        slash.burned = true;
        (uint256 forHolders,) = _parts(slash.pot);
        amount = forHolders - Math.min(slash.claims, forHolders);
        emit BondBurned(operator, asset, window, amount);
        _pay(asset, BURN_ADDRESS, amount);
    }

    /// @inheritdoc IOperatorBond
    function withdraw(address asset, address payable to) external nonReentrant returns (uint256 amount) {
        amount = _owed[msg.sender][asset];
        delete _owed[msg.sender][asset];
        emit DuesWithdrawn(msg.sender, asset, to, amount);
        _pay(asset, to, amount);
    }

    // Views

    /// @inheritdoc IOperatorBond
    function token() external view returns (address) {
        return address(TOKEN);
    }

    /// @inheritdoc IOperatorBond
    function channels() external view returns (address) {
        return address(CHANNELS);
    }

    /// @inheritdoc IOperatorBond
    function terms() external pure returns (uint256 slashBps, uint256 reporterBps, uint256 window) {
        return (SLASH_BPS, REPORTER_BPS, WINDOW);
    }

    /// @inheritdoc IOperatorBond
    function bondOf(address operator, address asset) external view returns (Bond memory) {
        return _bonds[operator][asset];
    }

    /// @inheritdoc IOperatorBond
    function covers(Channel calldata channel, address asset) external view returns (bool) {
        Bond storage bond = _bonds[channel.operator][asset];
        return bond.amount != 0 && uint256(channel.deadline) + channel.grace <= bond.coveredUntil
            && _proofs[asset][CHANNELS.channelIdOf(channel)].reporter == address(0);
    }

    /// @inheritdoc IOperatorBond
    function windowOf(address operator, address asset, uint32 window) external view returns (SlashWindow memory) {
        return _windows[operator][asset][window];
    }

    /// @inheritdoc IOperatorBond
    function windowCount(address operator, address asset) external view returns (uint32) {
        return _windowCounts[operator][asset];
    }

    /// @inheritdoc IOperatorBond
    function proofOf(address asset, bytes32 channelId) external view returns (FraudProof memory) {
        return _proofs[asset][channelId];
    }

    /// @inheritdoc IOperatorBond
    function owedTo(address account, address asset) external view returns (uint256) {
        return _owed[account][asset];
    }

    /// @inheritdoc IOperatorBond
    function receiptHash(Receipt calldata receipt) external pure returns (bytes32) {
        return receipt.ofReceipt();
    }

    /// @inheritdoc IOperatorBond
    function batchDigest(address operator, uint32 epoch, uint64 batch, bytes32 root) public view returns (bytes32) {
        return ReceiptHash.batchDigest(address(CHANNELS), operator, epoch, batch, root);
    }

    // Helpers

    /// @dev What was captured beyond what was claimed before becomes a claim of the caller's report, in the operator's open
    /// window or the next.
    function _claim(Channel calldata channel, bytes32 channelId, address asset, uint128 claimed, uint128 captured)
        private
        returns (uint32 window)
    {
        (address operator, address holder, uint128 backing) = (channel.operator, channel.holder, captured - claimed);
        window = _join(operator, asset, backing);
        _proofs[asset][channelId] = FraudProof(operator, window, false, holder, msg.sender, backing, captured);
        emit FraudProven(channelId, operator, asset, window, holder, msg.sender, backing);
    }

    function _payFraud(address asset, bytes32 channelId, FraudProof storage proof)
        private
        returns (uint256 holderAmount, uint256 reporterAmount)
    {
        SlashWindow storage window = _windows[proof.operator][asset][proof.window];
        _requireEnded(window.endsAt);
        proof.paid = true;
        (uint256 forHolders, uint256 forReporters) = _parts(window.pot);
        uint256 backing = proof.backing;
        uint256 claims = window.claims;
        // No overflow: 128 bits each. Whoever claims more than there is for all is cut down as the others are.
        holderAmount = claims <= forHolders ? backing : forHolders * backing / claims;
        // A channel that nothing was captured of weighs one smallest unit: its reporter is paid where there are no others.
        reporterAmount = forReporters * (backing + 1) / (claims + window.proofs);
        _owed[proof.holder][asset] += holderAmount;
        _owed[proof.reporter][asset] += reporterAmount;
        emit FraudPaid(channelId, asset, proof.holder, holderAmount, proof.reporter, reporterAmount);
    }

    function _requireEquivocation(
        bytes32 channelId,
        address operator,
        SignedReceipt calldata first,
        SignedReceipt calldata second
    ) private {
        bytes32 firstHash = _requireSigned(first, operator, channelId);
        bytes32 secondHash = _requireSigned(second, operator, channelId);
        uint64 seq = first.receipt.seq;
        if (seq != second.receipt.seq || firstHash == secondHash) {
            revert OperatorBondNoEquivocation(seq, second.receipt.seq, firstHash, secondHash);
        }
        emit Equivocation(channelId, seq, firstHash, secondHash);
    }

    function _requireSigned(SignedReceipt calldata signed, address operator, bytes32 channelId)
        private
        view
        returns (bytes32 hash)
    {
        if (signed.receipt.channelId != channelId) {
            revert OperatorBondOtherChannel(channelId, signed.receipt.channelId);
        }
        hash = signed.receipt.ofReceipt();
        bytes32 root = MerkleProof.processProofCalldata(signed.path, ReceiptHash.leafOf(hash));
        bytes32 digest = batchDigest(operator, signed.epoch, signed.batch, root);
        // The zero address, which what is no signature recovers to, operates no channel.
        (address signer,,) = ECDSA.tryRecover(digest, signed.signature);
        if (signer != operator || signer == address(0)) revert OperatorBondWrongSigner(operator, signer, hash);
    }

    /// @dev floor(price x captured) where the token's lot is priced in the bond's asset, else nothing.
    function _capturedBacking(Channel calldata channel, bytes32 channelId, address asset)
        private
        view
        returns (uint128)
    {
        // The locks themselves: the state of a channel that captured nothing looks like that of one which never was.
        (, uint64 left, uint64 lockedAt) = TOKEN.lockInfo(address(CHANNELS), channelId);
        if (lockedAt == 0) revert OperatorBondNeverOpened(channelId);
        uint64 units = channel.cap - left;
        TokenId id = TokenId.wrap(channel.tokenId);
        if (units == 0 || !id.isBacked()) return 0;
        LotTerms memory lot = TOKEN.lotInfo(id.classId(), id.lot()).terms;
        if (lot.asset != asset) return 0;
        return (uint256(lot.priceNumerator) * units / lot.priceDenominator).toUint128();
    }

    /// @dev Joins the operator's open window in the asset, or opens the next. Half of what was posted since it opened goes
    /// into it, too: else one opened over next to nothing would shield a bond that is posted after it.
    function _join(address operator, address asset, uint128 backing) private returns (uint32 number) {
        number = _windowCounts[operator][asset];
        SlashWindow storage window = _windows[operator][asset][number];
        Bond storage bond = _bonds[operator][asset];
        uint256 bonded = bond.amount;
        if (block.timestamp > window.endsAt) {
            if (bonded == 0) revert OperatorBondNothingBonded(operator, asset);
            window = _windows[operator][asset][++number];
            _windowCounts[operator][asset] = number;
            window.endsAt = (block.timestamp + WINDOW).toUint64();
        }
        uint256 taken = Math.ceilDiv((bonded - window.spared) * SLASH_BPS, BASIS_POINTS);
        if (taken != 0) {
            bonded -= taken;
            uint128 pot = (window.pot + taken).toUint128();
            // The cast: smaller than before.
            (bond.amount, window.spared, window.pot) = (uint128(bonded), uint128(bonded), pot);
            emit SlashWindowOpened(operator, asset, number, pot, bonded, window.endsAt);
        }
        window.claims += backing;
        ++window.proofs;
    }

    function _parts(uint256 pot) private pure returns (uint256 forHolders, uint256 forReporters) {
        forReporters = pot * REPORTER_BPS / BASIS_POINTS;
        forHolders = pot - forReporters;
    }

    function _requireEnded(uint64 endsAt) private view {
        if (block.timestamp <= endsAt) revert OperatorBondWindowOpen(endsAt);
    }

    function _pull(address asset, uint256 amount) private returns (uint256) {
        uint256 expectedETH = asset == address(0) ? amount : 0;
        if (msg.value != expectedETH) revert OperatorBondWrongPayment(expectedETH, msg.value);
        if (asset == address(0)) return amount;
        if (asset.code.length == 0) revert OperatorBondInvalidAsset(asset);
        uint256 before = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        return IERC20(asset).balanceOf(address(this)) - before;
    }

    function _pay(address asset, address payable to, uint256 amount) private {
        if (to == address(0)) revert OperatorBondPaymentFailed(to, amount);
        if (amount == 0) return;
        if (asset != address(0)) return IERC20(asset).safeTransfer(to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert OperatorBondPaymentFailed(to, amount);
    }
}
