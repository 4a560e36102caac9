// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATLots, LotInfo, LotTerms} from "../interfaces/IDATLots.sol";
import {ClassShare} from "../types/Class.sol";
import {Ledger, LedgerHeld} from "../types/Ledger.sol";
import {Lot, LotHead, LotPrice, LotSupply, packLotHead, packLotPrice, packLotSupply} from "../types/Lot.sol";
import {Token} from "../types/Token.sol";
import {BACKED_LOT_BIT, TokenId, encodeLotKey} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATLots: selling, refunding and sweeping backed value (R1-R4, P33).
abstract contract DATLots is DATExtension, IDATLots {
    /// @inheritdoc IDATLots
    function createLot(uint256 classId, LotTerms calldata terms) external onlyDelegated returns (uint32 lot) {
        uint32 policyVersion = _requireIssuer(classId).policyVersion();
        if (_records[classId].policies[policyVersion].hash == 0) revert DATPolicyWithoutHash(classId, policyVersion);
        if (terms.priceNumerator == 0) revert DATInvalidLotTerms("priceNumerator");
        if (terms.priceDenominator == 0) revert DATInvalidLotTerms("priceDenominator");
        if (terms.operatorBps > BASIS_POINTS) revert DATInvalidLotTerms("operatorBps");
        if (terms.seller == address(0)) revert DATInvalidLotTerms("seller");
        if (terms.asset != address(0)) _requireAsset(terms.asset);

        ClassShare share = _classShares[classId];
        uint32 number = share.lotCount() + 1;
        // 2^31 lots are out of reach, but the bit decides about money.
        assert(number < BACKED_LOT_BIT);
        _classShares[classId] = share.withNextLot();
        lot = BACKED_LOT_BIT | number;
        _lots[encodeLotKey(classId, lot)] = Lot({
            head: packLotHead(terms.asset, policyVersion, terms.operatorBps, terms.refundable, terms.expiredToClass),
            price: packLotPrice(terms.priceNumerator, terms.priceDenominator),
            supply: packLotSupply(0, 0, 0),
            seller: terms.seller
        });
        emit LotCreated(classId, lot, policyVersion, terms);
    }

    /// @inheritdoc IDATLots
    function mintFromLot(uint256 classId, uint32 lot, address to, uint64 units, uint64 expireAt)
        external
        payable
        onlyDelegated
        nonReentrant
        returns (uint256 tokenId)
    {
        Lot storage record = _requireLot(classId, lot);
        if (msg.sender != record.seller) revert DATNotSeller(classId, lot, msg.sender);
        if (units == 0) revert IDATErrors.DATZeroUnits();
        uint256 deposit = record.price.costUp(units);
        address asset = record.head.asset();
        _takeDeposit(asset, deposit);
        _addBacking(classId, record, asset, units, deposit);
        tokenId = _mintToken(classId, lot, _heads[classId], to, units, 0, expireAt);
        emit ValueBacked(tokenId, units, deposit);
    }

    /// @inheritdoc IDATLots
    function refund(uint256 tokenId, uint64 units, address payable to)
        external
        onlyDelegated
        nonReentrant
        returns (uint256 amount)
    {
        Token token = _requireOwner(tokenId, msg.sender);
        TokenId id = TokenId.wrap(tokenId);
        if (!id.isBacked()) revert DATNotRefundable(tokenId);
        Lot storage lot = _lots[id.lotKey()];
        bool expired = _isExpired(token.expireAt());
        LotHead head = lot.head;
        if (expired ? head.expiredToClass() : !head.refundable()) revert DATNotRefundable(tokenId);
        if (units == 0) revert IDATErrors.DATZeroUnits();
        if (units > token.value()) revert IDATErrors.ERC8028InsufficientValue(tokenId, token.value(), units);

        if (expired) _observeExpired(tokenId);
        amount = _takeUnits(id, lot, head.asset(), token, units);
        emit ValueRefunded(tokenId, to, units, amount);
        _pay(head.asset(), to, amount);
    }

    /// @inheritdoc IDATLots
    function sweepExpired(uint256 tokenId) external onlyDelegated nonReentrantView returns (uint256 amount) {
        Token token = _requireToken(tokenId);
        TokenId id = TokenId.wrap(tokenId);
        Lot storage lot = _lots[id.lotKey()];
        // An unbacked lot has no record, so `expiredToClass` is false.
        LotHead head = lot.head;
        uint64 units = token.value();
        if (units == 0 || !_isExpired(token.expireAt()) || !head.expiredToClass()) revert DATNothingToSweep(tokenId);

        _observeExpired(tokenId);
        amount = _takeUnits(id, lot, head.asset(), token, units);
        emit ExpiredValueSwept(tokenId, units, amount);
        if (amount != 0) _settle(id.classId(), head.asset(), amount);
    }

    /// @inheritdoc IDATLots
    function lotOf(uint256 tokenId) external view returns (uint32) {
        _requireToken(tokenId);
        return TokenId.wrap(tokenId).lot();
    }

    /// @inheritdoc IDATLots
    function lotInfo(uint256 classId, uint32 lot) external view returns (LotInfo memory) {
        Lot storage record = _requireLot(classId, lot);
        LotHead head = record.head;
        LotPrice price = record.price;
        LotSupply supply = record.supply;
        return LotInfo({
            terms: LotTerms({
                asset: head.asset(),
                priceNumerator: price.numerator(),
                priceDenominator: price.denominator(),
                operatorBps: head.operatorBps(),
                refundable: head.refundable(),
                expiredToClass: head.expiredToClass(),
                seller: record.seller
            }),
            policyVersion: head.policyVersion(),
            outstanding: supply.outstanding(),
            spent: supply.spent(),
            escrow: supply.escrow()
        });
    }

    /// @inheritdoc IDATLots
    function lotCostUp(uint256 classId, uint32 lot, uint64 units) external view returns (uint256) {
        return _requireLot(classId, lot).price.costUp(units);
    }

    /// @inheritdoc IDATLots
    /// @dev The core answers this one itself; it is here because the interface is. So is the next.
    function lotQuoteUp(uint256 classId, uint32 lot, uint64 units) external view returns (uint256 cost, address asset) {
        return _quoteUp(classId, lot, units);
    }

    /// @inheritdoc IDATLots
    function policyOfToken(uint256 tokenId) external view returns (uint32 policyVersion, bytes32 policyHash) {
        _requireToken(tokenId);
        return _policyOf(TokenId.wrap(tokenId));
    }

    function _takeDeposit(address asset, uint256 deposit) private {
        uint256 expectedETH = asset == address(0) ? deposit : 0;
        if (msg.value != expectedETH) revert DATWrongDeposit(expectedETH, msg.value);
        if (asset == address(0)) return;
        uint256 received = _pull(asset, deposit);
        if (received != deposit) revert DATWrongDeposit(deposit, received);
    }

    function _addBacking(uint256 classId, Lot storage lot, address asset, uint64 units, uint256 deposit) private {
        LotSupply supply = lot.supply;
        uint64 spent = supply.spent();
        uint256 outstanding = uint256(supply.outstanding()) + units;
        // Keeps the lot's spent units below 2^64 for ever, so that spending cannot fail.
        if (outstanding + spent > type(uint64).max) revert IDATErrors.DATValueTooLarge(outstanding + spent);
        uint256 escrow = supply.escrow() + deposit;
        if (escrow > type(uint96).max) revert IDATErrors.DATAmountTooLarge(escrow);
        // Both checked above.
        lot.supply = packLotSupply(uint64(outstanding), spent, uint96(escrow));

        Ledger storage ledger = _ledgers[classId][asset];
        LedgerHeld held = ledger.held;
        uint256 backing = held.backing() + deposit;
        if (backing > type(uint112).max) revert IDATErrors.DATAmountTooLarge(backing);
        ledger.held = held.plusBacking(deposit);
    }

    /// @dev Takes unspent units from a token and floor(price x units) from its backing; a last residue is the class's.
    function _takeUnits(TokenId id, Lot storage lot, address asset, Token token, uint64 units)
        private
        returns (uint256 amount)
    {
        // The caller has checked units <= value.
        _tokens[TokenId.unwrap(id)] = token.withValue(token.value() - units);
        amount = lot.price.costDown(units);
        LotSupply supply = lot.supply;
        uint256 residue = _takeBacking(id, lot, asset, supply, units, supply.spent(), amount);
        if (residue == 0) return amount;
        emit BackingReleased(id.classId(), id.lot(), address(0), 0, residue);
        _settle(id.classId(), asset, residue);
    }
}
