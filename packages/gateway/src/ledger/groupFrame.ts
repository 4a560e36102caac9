import { encodeFrame, type Frame, frameHeaderBytes } from './frame.js';

/** A record's type and the parts of its payload. */
export type LogRecord = readonly [type: number, payload: readonly Uint8Array[]];

const groupType = 255;
/** What each record takes beside its payload, where several share a frame. */
export const groupItemHeaderBytes = 5;

export function bytesIn(payload: readonly Uint8Array[]): number {
  return payload.reduce((sum, part) => sum + part.length, 0);
}

/** One frame for the place `base` in the log: of a single record its own, else one of type 255. With each payload's offset. */
export function encodeRecords(base: number, records: readonly LogRecord[]): { frame: Buffer; offsets: number[] } {
  const [only] = records;
  const payloadBase = base + frameHeaderBytes;
  if (only !== undefined && records.length === 1) return { frame: encodeFrame(base, ...only), offsets: [payloadBase] };
  const parts: Uint8Array[] = [];
  const offsets: number[] = [];
  let at = payloadBase;
  for (const [type, payload] of records) {
    const header = Buffer.allocUnsafe(groupItemHeaderBytes);
    const length = bytesIn(payload);
    header[0] = type;
    header.writeUInt32BE(length, 1);
    parts.push(header, ...payload);
    offsets.push(at + groupItemHeaderBytes);
    at += groupItemHeaderBytes + length;
  }
  return { frame: encodeFrame(base, groupType, parts), offsets };
}

/** Calls `onRecord` for each record of a frame whose payload is at `offset`. */
export function expandFrame(frame: Frame, offset: number, onRecord: (record: Frame, offset: number) => void): void {
  if (frame.type !== groupType) return onRecord(frame, offset);
  for (let at = 0; at < frame.payload.length;) {
    const start = at + groupItemHeaderBytes;
    const end = start + frame.payload.readUInt32BE(at + 1);
    onRecord({ type: frame.payload[at] ?? 0, payload: frame.payload.subarray(start, end) }, offset + start);
    at = end;
  }
}
