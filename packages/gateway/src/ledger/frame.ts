import { crc32 } from 'node:zlib';

/** On disk a frame is [length u32 | crc32 u32 | type u8 | payload], big-endian; length counts the payload's bytes. */
export const frameHeaderBytes = 9;
/** No flush is allowed to be longer: a longer length is damage, not data. */
export const maxPayloadBytes = 64 * 1024 * 1024;

export type Frame = { readonly type: number; readonly payload: Buffer };

/**
 * Encodes a frame for one place in the file. The checksum covers the offset too, so that bytes of one frame never pass for
 * a frame elsewhere: neither a stale block, nor a payload that quotes a frame.
 */
export function encodeFrame(offset: number, type: number, payload: readonly Uint8Array[]): Buffer {
  const length = payload.reduce((sum, part) => sum + part.length, 0);
  if (length > maxPayloadBytes) throw new RangeError(`A log frame of ${length} bytes exceeds ${maxPayloadBytes}.`);
  const frame = Buffer.allocUnsafe(frameHeaderBytes + length);
  frame.writeUInt32BE(length, 0);
  frame[8] = type;
  let at = frameHeaderBytes;
  for (const part of payload) {
    frame.set(part, at);
    at += part.length;
  }
  frame.writeUInt32BE(checksum(offset, frame.subarray(8)), 4);
  return frame;
}

/** Whether a whole, undamaged frame starts at `at` in `bytes`, where `bytes[0]` is the file's byte `base`; its length. */
export function frameLengthAt(bytes: Buffer, at: number, base: number): number | undefined {
  if (bytes.length - at < frameHeaderBytes) return undefined;
  const length = bytes.readUInt32BE(at);
  const end = at + frameHeaderBytes + length;
  if (length > maxPayloadBytes || end > bytes.length) return undefined;
  return checksum(base + at, bytes.subarray(at + 8, end)) === bytes.readUInt32BE(at + 4) ? end - at : undefined;
}

const offsetBytes = Buffer.alloc(8);
function checksum(offset: number, typeAndPayload: Uint8Array): number {
  offsetBytes.writeBigUInt64BE(BigInt(offset));
  return crc32(typeAndPayload, crc32(offsetBytes));
}
