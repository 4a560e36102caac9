import { createHash } from 'node:crypto';
import { bytesToHex, type Hex, hexToBytes } from '@kedge/core';
import type { HttpResponse } from '../http1/exchange.js';
import type { UpstreamCall } from '../upstream/upstream.js';

/** The way of a streamed answer to its client: what leaves is hashed for the receipt, and kept for a retry. */
export type Delivery = {
  /** Hands bytes to the client: what one read of the upstream's connection brings, in one write. */
  readonly hand: (bytes: Buffer) => void;
  readonly handedBytes: number;
  /** The salted hash of all that was handed over so far. */
  readonly hash: () => Hex;
  /**
   * Nothing more is handed over but `last`, which is hashed and kept with the rest here, and written by the caller. What is left
   * of the upstream's stream is read and thrown away: paused for a slow client, it would hold its connection for ever.
   */
  readonly conclude: (last: Buffer) => Whole;
};

/** All that the client got but its receipt. `kept` is undefined where nobody can ask for it again, or it is too long for that. */
export type Whole = { readonly responseHash: Hex; readonly kept: Buffer | undefined };

const soon = Promise.resolve();

/** @param mostKept How many bytes of it are kept; undefined: nothing is. */
export function createDelivery(
  response: HttpResponse,
  upstream: () => UpstreamCall,
  salt: Hex,
  mostKept: number | undefined,
): Delivery {
  const responseHash = createHash('sha256').update(hexToBytes(salt));
  let leaving: Buffer[] = [];
  let kept: Buffer[] | undefined = mostKept === undefined ? undefined : [];
  let keptBytes = 0;

  const take = (bytes: Buffer): void => {
    responseHash.update(bytes);
    if (kept === undefined || mostKept === undefined) return;
    keptBytes += bytes.length;
    if (keptBytes <= mostKept) kept.push(bytes);
    else kept = undefined;
  };

  const write = (): void => {
    const [only] = leaving;
    if (only === undefined) return;
    const bytes = leaving.length === 1 ? only : Buffer.concat(leaving);
    leaving = [];
    take(bytes);
    if (response.write(bytes)) return;
    upstream().pause();
    response.onDrain(() => upstream().resume());
  };

  const delivery = {
    handedBytes: 0,
    hand: (bytes: Buffer): void => {
      if (bytes.length === 0) return;
      delivery.handedBytes += bytes.length;
      leaving.push(bytes);
      // That read is over when microtasks run.
      if (leaving.length === 1) void soon.then(write);
    },
    hash: (): Hex => {
      write();
      return bytesToHex(responseHash.copy().digest());
    },
    conclude: (last: Buffer): Whole => {
      write();
      upstream().resume();
      take(last);
      return { responseHash: bytesToHex(responseHash.digest()), kept: kept && Buffer.concat(kept) };
    },
  };
  return delivery;
}
