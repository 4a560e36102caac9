// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DATDeposits} from "../base/DATDeposits.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATLots} from "../interfaces/IDATLots.sol";
import {IDATPolicies} from "../interfaces/IDATPolicies.sol";
import {ClassHead} from "../types/Class.sol";
import {Ledger, LedgerHeld} from "../types/Ledger.sol";
import {Lot, LotHead, LotSupply, packLotSupply} from "../types/Lot.sol";
import {Token} from "../types/Token.sol";
import {TokenId, encodeLotKey} from "../types/TokenId.sol";

/// @title DATSales: backed value sold and refunded (R1-R4). The part of `IDATLots` that is called often.
abstract contract DATSales is DATDeposits {
    function mintFromLot(uint256 classId, uint32 lot, address to, uint64 units, uint64 expireAt)
        external
        payable
        nonReentrantView
        returns (uint256 tokenId)
    {
        Lot storage record = _lots[encodeLotKey(classId, lot)];
        // The key is exact for every class id below 2^64, and there are no others; nobody is the seller of no lot.
        if (msg.sender != record.seller || classId > type(uint64).max) {
            _requireLot(classId, lot);
            revert IDATLots.DATNotSeller(classId, lot, msg.sender);
        }
        if (units == 0) revert IDATErrors.DATZeroUnits();
        uint256 deposit = record.price.costUp(units);
        ClassHead head = _heads[classId];
        LotHead lotHead = record.head;
        if (lotHead.isSuperseded(head)) _revertSuperseded(classId, lot, lotHead, head);
        address asset = lotHead.asset();
        _takeDeposit(asset, deposit);
        _addBacking(classId, record, asset, units, deposit);
        // Read again: the asset may have called somebody who minted or published.
        tokenId = _mintToken(classId, lot, _heads[classId], to, units, 0, expireAt);
        emit IDATLots.ValueBacked(tokenId, units, deposit);
    }

    function refund(uint256 tokenId, uint64 units, address payable to) external nonReentrant returns (uint256 amount) {
        (Token token, uint256 place) = _requireOwn(tokenId);
        TokenId id = TokenId.wrap(tokenId);
        Lot storage lot = _lots[id.lotKey()];
        LotHead head = lot.head;
        bool expired = _isExpired(token.expireAt());
        // An unbacked lot has no record; expired, it would look as if its terms paid the holder.
        if (!id.isBacked() || (expired ? head.expiredToClass() : !head.refundable())) {
            revert IDATLots.DATNotRefundable(tokenId);
        }
        if (units == 0) revert IDATErrors.DATZeroUnits();
        uint64 value = token.value();
        if (units > value) revert IDATErrors.ERC8028InsufficientValue(tokenId, value, units);

        if (expired) _observeExpired(tokenId);
        address asset = head.asset();
        assembly ("memory-safe") {
            // What is taken is part of the value, so nothing is borrowed from its neighbour.
            sstore(place, sub(token, shl(160, units)))
        }
        amount = _takeUnits(id, lot, asset, units);
        bytes32 topic = IDATLots.ValueRefunded.selector;
        assembly ("memory-safe") {
            // emit ValueRefunded(tokenId, to, units, amount); what was given was checked by the decoder.
            mstore(0, units)
            mstore(0x20, amount)
            log3(0, 0x40, topic, tokenId, to)
        }
        _pay(asset, to, amount);
    }

    function lotQuoteUp(uint256 classId, uint32 lot, uint64 units) external view returns (uint256 cost, address asset) {
        Lot storage record = _requireLot(classId, lot);
        return (record.price.costUp(units), record.head.asset());
    }

    function _revertSuperseded(uint256 classId, uint32 lot, LotHead lotHead, ClassHead head) private pure {
        revert IDATPolicies.DATLotSuperseded(classId, lot, lotHead.policyVersion(), head.policyVersion());
    }
}
