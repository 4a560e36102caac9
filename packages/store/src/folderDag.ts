import type { PBLink } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { putNode, type DagNode, type OnBlock } from './fileDag.js';
import { shardedFolder } from './shardedFolder.js';

/** Above this many bytes a folder's node is split into a HAMT (profile unixfs-v1-2025). */
const folderBlockLimit = 256 * 1024;

const folderData = new UnixFS({ type: 'directory' }).marshal();

/**
 * Builds the UnixFS folders around files that have their node already, and returns the root's node.
 * @param files path from the root, segments joined by `/`, and node
 * @param emptyFolders paths of the folders that hold no file
 */
export async function folderDag(
  files: Iterable<{ readonly path: string; readonly node: DagNode }>,
  emptyFolders: Iterable<string>,
  onBlock?: OnBlock,
): Promise<DagNode> {
  const root: Folder = new Map();
  for (const { path, node } of files) {
    const segments = path.split('/');
    const name = segments.pop()!;
    folderAt(root, segments).set(name, node);
  }
  for (const path of emptyFolders) folderAt(root, path.split('/'));
  return nodeOf(root, onBlock);
}

type Folder = Map<string, DagNode | Folder>;

function folderAt(root: Folder, segments: string[]): Folder {
  let folder = root;
  for (const segment of segments) {
    let next = folder.get(segment);
    if (!(next instanceof Map)) {
      next = new Map();
      folder.set(segment, next);
    }
    folder = next;
  }
  return folder;
}

async function nodeOf(folder: Folder, onBlock: OnBlock | undefined): Promise<DagNode> {
  // A manifest may come from a stranger: folders in folders without an end are not to fill the stack.
  await undefined;
  const links: PBLink[] = [];
  for (const [name, child] of folder) {
    const node = child instanceof Map ? await nodeOf(child, onBlock) : child;
    links.push({ Name: name, Tsize: node.size, Hash: node.cid });
  }
  return encodedSize(links) > folderBlockLimit ? shardedFolder(links, onBlock) : putNode(folderData, links, onBlock);
}

/** Bytes of the folder's dag-pb node: the profile decides by them, before anything is encoded. */
function encodedSize(links: PBLink[]): number {
  let size = 2 + folderData.length;
  for (const { Name = '', Tsize = 0, Hash } of links) {
    const name = Buffer.byteLength(Name);
    const hash = Hash.byteLength;
    const link = 1 + varint(hash) + hash + 1 + varint(name) + name + 1 + varint(Tsize);
    size += 1 + varint(link) + link;
  }
  return size;
}

function varint(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
