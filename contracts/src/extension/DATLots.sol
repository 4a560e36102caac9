// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLots, LotInfo, LotTerms} from "../interfaces/IDATLots.sol";
import {ClassShare} from "../types/Class.sol";
import {Lot, LotHead, LotPrice, LotSupply, packLotHead, packLotPrice, packLotSupply} from "../types/Lot.sol";
import {Token} from "../types/Token.sol";
import {BACKED_LOT_BIT, TokenId, encodeLotKey} from "../types/TokenId.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATLots: the making, sweeping and views of lots (R1, R2, P33). Sales and refunds are in the core: `DATSales`.
abstract contract DATLots is DATExtension {
    function createLot(uint256 classId, LotTerms calldata terms) external onlyDelegated returns (uint32 lot) {
        uint32 policyVersion = _requireIssuer(classId).policyVersion();
        if (_records[classId].policies[policyVersion].hash == 0) {
            revert IDATLots.DATPolicyWithoutHash(classId, policyVersion);
        }
        if (terms.priceNumerator == 0) revert IDATLots.DATInvalidLotTerms("priceNumerator");
        if (terms.priceDenominator == 0) revert IDATLots.DATInvalidLotTerms("priceDenominator");
        if (terms.operatorBps > BASIS_POINTS) revert IDATLots.DATInvalidLotTerms("operatorBps");
        if (terms.seller == address(0)) revert IDATLots.DATInvalidLotTerms("seller");
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
        emit IDATLots.LotCreated(classId, lot, policyVersion, terms);
    }

    function sweepExpired(uint256 tokenId) external onlyDelegated nonReentrantView returns (uint256 amount) {
        Token token = _requireToken(tokenId);
        TokenId id = TokenId.wrap(tokenId);
        Lot storage lot = _lots[id.lotKey()];
        // An unbacked lot has no record, so `expiredToClass` is false.
        LotHead head = lot.head;
        uint64 units = token.value();
        if (units == 0 || !_isExpired(token.expireAt()) || !head.expiredToClass()) {
            revert IDATLots.DATNothingToSweep(tokenId);
        }

        _observeExpired(tokenId);
        _tokens[tokenId] = token.withValue(0);
        amount = _takeUnits(id, lot, head.asset(), units);
        emit IDATLots.ExpiredValueSwept(tokenId, units, amount);
        if (amount != 0) _settle(id.classId(), head.asset(), amount);
    }

    function lotOf(uint256 tokenId) external view returns (uint32) {
        _requireToken(tokenId);
        return TokenId.wrap(tokenId).lot();
    }

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

    function lotCostUp(uint256 classId, uint32 lot, uint64 units) external view returns (uint256) {
        return _requireLot(classId, lot).price.costUp(units);
    }

    function policyOfToken(uint256 tokenId) external view returns (uint32 policyVersion, bytes32 policyHash) {
        _requireToken(tokenId);
        return _policyOf(TokenId.wrap(tokenId));
    }
}
