import type { PBLink } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { BaseError } from '@kedge/core';
import { putNode, type DagNode, type OnBlock } from './fileDag.js';
import { murmur3x64 } from './murmur3x64.js';

const fanout = 256;
/** multicodec murmur3-x64-64 */
const hashType = 0x22n;
const levels = 8;

/**
 * Builds a folder that is too large for one block as a HAMT of fan-out 256: at each level one byte of the name's
 * murmur3 hash picks the slot; a slot with several names becomes a shard of its own. Source: UnixFS specification,
 * `HAMTShard`; every slot's label is its number in two upper-case hex digits.
 */
export function shardedFolder(links: PBLink[], onBlock?: OnBlock): Promise<DagNode> {
  const entries = links.map((link) => ({ link, hash: murmur3x64(Buffer.from(link.Name ?? '', 'utf8')) }));
  return shardOf(entries, 0, onBlock);
}

type Entry = { readonly link: PBLink; readonly hash: bigint };

async function shardOf(entries: Entry[], level: number, onBlock: OnBlock | undefined): Promise<DagNode> {
  if (level === levels) {
    throw new BaseError('Two names in one folder have the same 64-bit hash, which UnixFS cannot shard.', {
      code: 'anchor_refused',
      values: { names: entries.map((entry) => entry.link.Name).join(', ') },
      hints: ['Rename one of them.'],
    });
  }
  const slots = new Map<number, Entry[]>();
  for (const entry of entries) {
    const slot = Number((entry.hash >> BigInt(8 * (levels - 1 - level))) & 0xffn);
    const inSlot = slots.get(slot);
    if (inSlot) inSlot.push(entry);
    else slots.set(slot, [entry]);
  }
  const links: PBLink[] = [];
  for (const [slot, inSlot] of [...slots].toSorted(([a], [b]) => a - b)) {
    const label = slot.toString(16).toUpperCase().padStart(2, '0');
    const [only] = inSlot;
    if (inSlot.length === 1 && only) {
      links.push({ Name: label + (only.link.Name ?? ''), Tsize: only.link.Tsize ?? 0, Hash: only.link.Hash });
    } else {
      const shard = await shardOf(inSlot, level + 1, onBlock);
      links.push({ Name: label, Tsize: shard.size, Hash: shard.cid });
    }
  }
  const data = new UnixFS({
    type: 'hamt-sharded-directory',
    data: bitmap([...slots.keys()]),
    fanout: BigInt(fanout),
    hashType,
  });
  return putNode(data.marshal(), links, onBlock);
}

/** The used slots as a big-endian number without leading zeros. */
function bitmap(slots: number[]): Uint8Array {
  const bytes = new Uint8Array(fanout / 8);
  for (const slot of slots) bytes[bytes.length - 1 - (slot >> 3)]! |= 1 << (slot & 7);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}
