import { createHash } from 'node:crypto';
import { encode, prepare, type PBLink } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { create as createDigest } from 'multiformats/hashes/digest';
import { CID } from 'multiformats/cid';
import { dagPbCode, rawCid, sha256Code } from './rawCid.js';

/** A node of a UnixFS DAG: its CID and the size of everything below it, itself included (`Tsize` of a link to it). */
export type DagNode = { readonly cid: CID; readonly size: number };
/** Receives the blocks that are not chunks: inner nodes of files, and folders. */
export type OnBlock = (cid: CID, bytes: Uint8Array) => Promise<void> | void;

/** Links of a node in the profile unixfs-v1-2025. */
const dagWidth = 1024;

/**
 * Builds the balanced UnixFS DAG of a file from the SHA-256 digests of its chunks: a chunk is a raw leaf, so its digest
 * is all that is needed. A file of one chunk is that leaf.
 * Layout: IPIP-499, profile `unixfs-v1-2025`.
 */
export async function fileDag(options: {
  /** 32 bytes for each chunk, in order; an empty file has one, empty, chunk. */
  digests: Uint8Array;
  size: number;
  chunkSize: number;
  width?: number;
  onBlock?: OnBlock;
}): Promise<DagNode> {
  const { digests, size, chunkSize, width = dagWidth, onBlock } = options;
  const chunks = digests.length / 32;
  const leaf = (index: number): Branch => {
    const bytes = Math.min(chunkSize, size - index * chunkSize);
    return { cid: rawCid(digests.subarray(index * 32, index * 32 + 32)), size: bytes, fileSize: bytes };
  };
  if (chunks === 1) return { cid: leaf(0).cid, size };
  let level: Branch[] = [];
  for (let start = 0; start < chunks; start += width) {
    const leaves = Array.from({ length: Math.min(width, chunks - start) }, (_, offset) => leaf(start + offset));
    level.push(await branchOf(leaves, onBlock));
  }
  while (level.length > 1) {
    const parents: Branch[] = [];
    for (let start = 0; start < level.length; start += width) {
      parents.push(await branchOf(level.slice(start, start + width), onBlock));
    }
    level = parents;
  }
  const root = level[0]!;
  return { cid: root.cid, size: root.size };
}

type Branch = DagNode & { readonly fileSize: number };

async function branchOf(children: Branch[], onBlock: OnBlock | undefined): Promise<Branch> {
  const data = new UnixFS({ type: 'file', blockSizes: children.map((child) => BigInt(child.fileSize)) }).marshal();
  const links = children.map((child) => ({ Name: '', Tsize: child.size, Hash: child.cid }));
  const node = await putNode(data, links, onBlock);
  return { ...node, fileSize: children.reduce((sum, child) => sum + child.fileSize, 0) };
}

/** Encodes one dag-pb node, hands its block on and returns it. */
export async function putNode(data: Uint8Array, links: PBLink[], onBlock: OnBlock | undefined): Promise<DagNode> {
  const bytes = encode(prepare({ Data: data, Links: links }));
  const digest = createHash('sha256').update(bytes).digest();
  const cid = CID.createV1(dagPbCode, createDigest(sha256Code, digest));
  await onBlock?.(cid, bytes);
  return { cid, size: links.reduce((sum, link) => sum + (link.Tsize ?? 0), bytes.length) };
}
