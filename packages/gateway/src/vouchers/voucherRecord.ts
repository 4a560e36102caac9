import type { Hex, SignedVoucher } from '@kedge/core';

/** A signed voucher in the log, big-endian: channel, units, receipt, sequence number, signature. */
export function encodeVoucherRecord({ voucher, signature }: SignedVoucher): Buffer {
  const bytes = Buffer.allocUnsafe(32 + 8 + 32 + 8 + 65);
  bytes.write(voucher.channelId.slice(2), 0, 'hex');
  bytes.writeBigUInt64BE(voucher.cumulativeUnits, 32);
  bytes.write(voucher.receiptHash.slice(2), 40, 'hex');
  bytes.writeBigUInt64BE(voucher.seq, 72);
  bytes.write(signature.slice(2), 80, 'hex');
  return bytes;
}

/** Reads back what {@link encodeVoucherRecord} wrote. The log's checksum vouches for the bytes. */
export function decodeVoucherRecord(bytes: Buffer): SignedVoucher {
  const hex = (from: number, to: number): Hex => `0x${bytes.toString('hex', from, to)}`;
  return {
    voucher: {
      channelId: hex(0, 32),
      cumulativeUnits: bytes.readBigUInt64BE(32),
      receiptHash: hex(40, 72),
      seq: bytes.readBigUInt64BE(72),
    },
    signature: hex(80, 145),
  };
}
