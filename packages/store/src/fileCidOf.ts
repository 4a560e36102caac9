import { createHash } from 'node:crypto';
import { fileDag, type OnBlock } from './fileDag.js';
import { rawCid } from './rawCid.js';

const chunkSize = 1024 * 1024;

/**
 * The CID of bytes as a UnixFS file (profile unixfs-v1-2025), as the content store names them.
 *
 * @param onBlock Receives every block, chunks included.
 *
 * @example
 * const isAnchored = (await fileCidOf(bytes)) === cid;
 */
export async function fileCidOf(bytes: Uint8Array, onBlock?: OnBlock): Promise<string> {
  const count = Math.max(1, Math.ceil(bytes.length / chunkSize));
  const digests = new Uint8Array(count * 32);
  for (let index = 0; index < count; index++) {
    const chunk = bytes.subarray(index * chunkSize, (index + 1) * chunkSize);
    const digest = createHash('sha256').update(chunk).digest();
    digests.set(digest, index * 32);
    await onBlock?.(rawCid(digest), chunk);
  }
  const { cid } = await fileDag({
    digests,
    size: bytes.length,
    chunkSize,
    ...(onBlock === undefined ? {} : { onBlock }),
  });
  return cid.toString();
}
