import { BaseError, type Channel, type Hex, isSameAddress, type SignedVoucher, voucherDigest } from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import { signerOf } from './signerOf.js';

/**
 * Checks what a voucher says of itself, before anything is known of its channel's account.
 * @param separator Of the protocol's domain.
 * @throws BaseError 403 `voucher_refused`, whose `values.clause` is the rule that it breaks.
 */
export function checkVoucher(
  { voucher, signature }: SignedVoucher,
  served: { readonly channelId: Hex; readonly channel: Channel },
  separator: Hex,
): void {
  const { channelId, channel } = served;
  if (voucher.channelId !== channelId) {
    throw refused('R7', "The voucher is another channel's.", { channelId, voucherChannelId: voucher.channelId });
  }
  if (voucher.cumulativeUnits > channel.cap) {
    throw refused('R8', 'The voucher is for more than the channel locks.', {
      cumulativeUnits: voucher.cumulativeUnits,
      cap: channel.cap,
    });
  }
  const signer = signerOf(voucherDigest(separator, voucher, keccak256), signature);
  if (signer === undefined || !isSameAddress(signer, channel.channelKey)) {
    throw refused('R10', "The voucher is not signed by the channel's key.", {
      channelKey: channel.channelKey,
      signer: signer ?? 'nobody: the signature is not one of secp256k1 with the lower s',
    });
  }
}

function refused(clause: string, message: string, values: Readonly<Record<string, unknown>>): BaseError {
  return new BaseError(message, {
    code: 'voucher_refused',
    status: 403,
    values: { clause, ...values },
    hints: [
      'Sign a voucher for this channel, chain and contract with the channel key: kedge connect does it for any client.',
    ],
  });
}
