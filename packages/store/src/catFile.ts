import { decode, type PBNode } from '@ipld/dag-pb';
import { BaseError } from '@kedge/core';
import { UnixFS } from 'ipfs-unixfs';
import { dagPbCode, parseCid, rawCode } from './rawCid.js';

/**
 * Streams the bytes of a UnixFS file, depth first, reading a block only when its bytes are asked for: a slow reader
 * holds one block. (The public exporter library reads on while its consumer waits, which holds the whole file.)
 *
 * @throws BaseError `range_invalid`, `not_a_file`, and what `get` throws
 */
export async function* catFile(
  get: (cid: string) => Promise<Uint8Array>,
  cid: string,
  range: { readonly offset?: number; readonly length?: number } = {},
): AsyncGenerator<Uint8Array> {
  const { offset = 0, length = Number.MAX_SAFE_INTEGER } = range;
  if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(length) || length < 0) {
    throw new BaseError('Offset and length are numbers of bytes, from 0.', {
      code: 'range_invalid',
      status: 400,
      values: { offset, length },
    });
  }
  yield* bytesOf(cid, offset, offset + length);

  /** Bytes from `start` to `end` of the DAG below `text`, both counted from its own beginning. */
  async function* bytesOf(text: string, start: number, end: number): AsyncGenerator<Uint8Array> {
    const { code } = parseCid(text);
    if (code !== rawCode && code !== dagPbCode) throw notFile(text, `codec 0x${code.toString(16)}`);
    const block = await get(text);
    if (code === rawCode) {
      const part = block.subarray(start, end);
      if (part.length > 0) yield part;
      return;
    }
    const { node, file } = readNode(text, block);
    const inline = file.data ?? new Uint8Array(0);
    if (start < inline.length && start < end) yield inline.subarray(start, end);
    let position = inline.length;
    for (const [index, link] of node.Links.entries()) {
      const size = Number(file.blockSizes[index]);
      if (position >= end) return;
      if (position + size > start) {
        yield* wholeRange(link.Hash.toString(), Math.max(0, start - position), Math.min(size, end - position));
      }
      position += size;
    }
  }

  /** A few blocks can link to each other so often that reading them has no end: each must give the bytes that it stands for. */
  async function* wholeRange(text: string, start: number, end: number): AsyncGenerator<Uint8Array> {
    let given = 0;
    for await (const part of bytesOf(text, start, end)) {
      given += part.length;
      yield part;
    }
    if (given !== end - start) throw notFile(text, 'it is shorter than the node above it says');
  }
}

function readNode(cid: string, block: Uint8Array): { node: PBNode; file: UnixFS } {
  let node: PBNode;
  let file: UnixFS;
  try {
    node = decode(block);
    file = UnixFS.unmarshal(node.Data ?? new Uint8Array(0));
  } catch (cause) {
    throw notFile(cid, 'not UnixFS', cause);
  }
  if (file.type !== 'file' && file.type !== 'raw') throw notFile(cid, file.type);
  if (file.blockSizes.length !== node.Links.length) throw notFile(cid, 'sizes and links do not match');
  return { node, file };
}

function notFile(cid: string, found: string, cause?: unknown): BaseError {
  return new BaseError('That CID is not a file.', {
    code: 'not_a_file',
    status: 400,
    values: { cid, found },
    ...(cause === undefined ? {} : { cause }),
  });
}
