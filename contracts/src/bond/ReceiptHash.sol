// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Receipt, ReceiptMetric} from "../interfaces/IOperatorBond.sol";

/// @dev EIP-712 hashes of receipts and their batches, equal to those of @kedge/core: golden vectors hold both.
library ReceiptHash {
    bytes32 private constant METRIC_TYPEHASH = keccak256("Metric(bytes32 metricType,uint64 amount)");
    bytes32 private constant RECEIPT_TYPEHASH = keccak256(
        "Receipt(bytes32 channelId,uint256 tokenId,uint256 classId,bytes32 policyHash,uint64 seq,bytes32 requestHash,bytes32 responseHash,Metric[] metrics,uint64 units,uint64 cumulativeUnits,bytes32 previousReceiptHash,uint64 issuedAt)Metric(bytes32 metricType,uint64 amount)"
    );
    bytes32 private constant BATCH_TYPEHASH =
        keccak256("ReceiptBatch(address operator,uint32 epoch,uint64 batch,bytes32 root)");
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function ofReceipt(Receipt calldata receipt) internal pure returns (bytes32) {
        bytes32[] memory metrics = new bytes32[](receipt.metrics.length);
        for (uint256 i = 0; i < metrics.length; ++i) {
            ReceiptMetric calldata metric = receipt.metrics[i];
            metrics[i] = keccak256(abi.encode(METRIC_TYPEHASH, metric.metricType, metric.amount));
        }
        // In two parts, which are words and so join without gaps: more arguments than the stack holds.
        bytes memory head = abi.encode(
            RECEIPT_TYPEHASH,
            receipt.channelId,
            receipt.tokenId,
            receipt.classId,
            receipt.policyHash,
            receipt.seq,
            receipt.requestHash
        );
        bytes memory tail = abi.encode(
            receipt.responseHash,
            keccak256(abi.encodePacked(metrics)),
            receipt.units,
            receipt.cumulativeUnits,
            receipt.previousReceiptHash,
            receipt.issuedAt
        );
        return keccak256(bytes.concat(head, tail));
    }

    /// @dev The receipt hash, hashed once more, so that no inner node of a tree can pass for a leaf.
    function leafOf(bytes32 receiptHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(receiptHash));
    }

    function batchDigest(address channels, address operator, uint32 epoch, uint64 batch, bytes32 root)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Kedge ValueChannels"), keccak256("1"), block.chainid, channels)
        );
        return
            MessageHashUtils.toTypedDataHash(
                domain, keccak256(abi.encode(BATCH_TYPEHASH, operator, epoch, batch, root))
            );
    }
}
