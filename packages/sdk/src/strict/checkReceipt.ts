import { hashReceipt, isSameAddress, verifyReceipts, type Hex, type SignedReceipt } from '@kedge/core';
import { recoverAddress, sha256 } from 'viem';
import { keccak256 } from '../keccak256.js';
import type { StrictChannel } from './voucherAccount.js';
import { badReceipt, overcounts } from './voucherErrors.js';

/**
 * Checks the receipt of an answer against what the client sent, received and counted.
 *
 * @param ownUnits what the client counted; absent for a receipt whose answer it did not see
 * @returns the receipt's hash
 * @throws BaseError `receipt_bad`, `operator_overcounts`
 */
export async function checkReceipt(
  signed: SignedReceipt,
  { domain, channel, channelId, policy }: StrictChannel,
  seen?: { readonly ownUnits: bigint; readonly request: Uint8Array; readonly response: Uint8Array },
): Promise<Hex> {
  const { receipt } = signed;
  if (receipt.channelId !== channelId || receipt.tokenId !== channel.tokenId) {
    throw badReceipt(`it is of channel ${receipt.channelId}`, receipt.seq);
  }
  if (seen !== undefined && receipt.units > seen.ownUnits) {
    throw overcounts(`its receipt says ${receipt.units} base units, this client counts ${seen.ownUnits}`, {
      channelId,
      seq: receipt.seq,
      receiptUnits: receipt.units,
      ownUnits: seen.ownUnits,
      metrics: receipt.metrics,
    });
  }
  const checks = await verifyReceipts({
    receipts: [signed],
    policy,
    domain,
    operator: channel.operator,
    keccak256,
    recover: (hash, signature) => recoverAddress({ hash, signature }),
    ...(seen === undefined
      ? {}
      : { bodies: [{ request: seen.request, response: seen.response }], sha256: (bytes) => sha256(bytes, 'bytes') }),
  });
  const failed = checks.find(({ ok }) => !ok);
  if (failed !== undefined) throw badReceipt(failed.detail, receipt.seq);
  if (!isSameAddress(signed.signer, channel.operator)) throw badReceipt(`${signed.signer} signed it`, receipt.seq);
  return hashReceipt(receipt, keccak256);
}
