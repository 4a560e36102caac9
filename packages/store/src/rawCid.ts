import { create as createDigest } from 'multiformats/hashes/digest';
import { CID } from 'multiformats/cid';
import { BaseError } from '@kedge/core';

export const sha256Code = 0x12;
export const rawCode = 0x55;
export const dagPbCode = 0x70;

/** The CIDv1 of a raw block from its SHA-256 digest: the digest is part of the CID, so nothing is hashed again. */
export function rawCid(digest: Uint8Array): CID {
  return CID.createV1(rawCode, createDigest(sha256Code, digest));
}

/** Parses a CID that comes from outside; only SHA-256 is accepted, because every block is checked against its CID. */
export function parseCid(text: string): CID {
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch (cause) {
    throw new BaseError('That is not a CID.', { code: 'cid_invalid', status: 400, cause, values: { cid: text } });
  }
  if (cid.multihash.code !== sha256Code || cid.multihash.digest.length !== 32) {
    throw new BaseError('Only CIDs with SHA-256 are supported.', {
      code: 'cid_invalid',
      status: 400,
      values: { cid: text },
    });
  }
  return cid;
}
