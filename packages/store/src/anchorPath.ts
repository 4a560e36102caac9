import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import {
  BaseError,
  contentMerkleTree,
  maxChunkSize,
  type AnchoredContent,
  type Hasher,
  type ManifestFile,
} from '@kedge/core';
import { createBufferPool } from './createBufferPool.js';
import type { ContentStore } from './createContentStore.js';
import { createChunkHasher } from './createChunkHasher.js';
import { fileDag, type DagNode } from './fileDag.js';
import { folderDag } from './folderDag.js';
import { mapLimit } from './mapLimit.js';
import { readChunks, unreachable, unreadable } from './readChunks.js';
import { rawCid } from './rawCid.js';
import { assertSameWalk, walkFolder, type Refusal, type Walk } from './walkFolder.js';

const defaultChunkSize = 1024 * 1024;
/** Bytes; below, starting a second thread takes longer than it saves. */
export const threadFromTotal = 32 * 1024 * 1024;
const filesAtOnce = 4;
const buffers = 8;

export type AnchorProgress = {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Path of the file that the last chunk is of. */
  readonly file: string;
};

export type AnchorPathOptions = {
  /** A file or a folder. If it is itself a link, it is followed. */
  readonly path: string;
  readonly keccak256: Hasher;
  /** Where the blocks go; without it everything is computed and nothing kept. */
  readonly store?: ContentStore;
  readonly onProgress?: (progress: AnchorProgress) => void;
  /** Names that begin with a dot, below the path. Default `skip`. */
  readonly hidden?: 'skip' | 'include';
  /** Bytes; other than the default 1 MiB gives CIDs outside of the profile. */
  readonly chunkSize?: number;
  /** `each` makes every block durable before going on. Default `none`. */
  readonly sync?: 'none' | 'each';
  /** `never` hashes on this thread only. Default `auto`. */
  readonly thread?: 'auto' | 'never';
};

/** What was anchored, and what was left out because it is hidden. */
export type Anchored = AnchoredContent & { readonly skipped: readonly string[] };

/**
 * Reads a file or folder once and computes SHA-256 and UnixFS CID of each file, the root's CID and the Merkle root;
 * stores the blocks on the way. Memory does not grow with the size of files. Rules: docs/specs/anchoring.md.
 *
 * @throws BaseError `anchor_refused` (links, special files, names), `anchor_empty`, `file_changed`, `file_unreadable`,
 * `path_not_found`, `store_unreachable`
 *
 * @example
 * const content = await anchorPath({ path: 'data', keccak256, store: createContentStore({ dir: 'store' }) });
 */
export async function anchorPath(options: AnchorPathOptions): Promise<Anchored> {
  const { keccak256, store, onProgress, hidden = 'skip', sync = 'none', thread = 'auto' } = options;
  const chunkSize = checkedChunkSize(options.chunkSize ?? defaultChunkSize);
  const { kind, location, name, walk } = await lookAt(options.path, hidden);
  if (walk.refused.length > 0) throw refusal(walk.refused);
  if (store && kind === 'folder') assertOutside(await whereItIs(store.dir), location, hidden);
  if (walk.files.length === 0) {
    throw new BaseError('There is no file to anchor.', {
      code: 'anchor_empty',
      values: { path: options.path, hiddenLeftOut: walk.skipped.length },
      hints:
        walk.skipped.length > 0
          ? ['Hidden files are left out by default; ask for them to be taken in.']
          : ['Name a file, or a folder with at least one file in it.'],
    });
  }

  const bytesTotal = walk.files.reduce((sum, file) => sum + Number(file.state.size), 0);
  let bytesDone = 0;
  const pool = createBufferPool(buffers, chunkSize);
  const hasher = createChunkHasher(bytesTotal < threadFromTotal ? 'never' : thread);
  const onBlock =
    store && ((cid: { toString(): string }, bytes: Uint8Array) => store.put(String(cid), bytes, { sync }));
  try {
    const done = await mapLimit(walk.files, filesAtOnce, async ({ path }, stop) => {
      const { size, sha256, digests } = await readChunks({
        path: kind === 'file' ? location : `${location}/${path}`,
        name: path,
        chunkSize,
        pool,
        hasher,
        stop,
        async onChunk({ bytes, digest }) {
          await onBlock?.(rawCid(digest), bytes);
          bytesDone += bytes.length;
          onProgress?.({ bytesDone, bytesTotal, file: path });
        },
      });
      const node = await fileDag({ digests, size, chunkSize, ...(onBlock && { onBlock }) });
      return { node, file: fileOf(path, size, sha256, digests, node) };
    });
    const files = done.map(({ file }) => file);
    const root =
      kind === 'file'
        ? done[0]!.node
        : await folderDag(
            done.map(({ node, file }) => ({ path: file.path, node })),
            walk.emptyFolders,
            onBlock,
          );
    // Each file was checked around its own read; this holds for the folder as a whole.
    if (kind === 'folder') assertSameWalk(walk, await walkFolder(location, hidden));
    return {
      name,
      kind,
      cid: root.cid.toString(),
      merkleRoot: contentMerkleTree(files, keccak256).root,
      // A single file may have grown since it was looked at, before it was read.
      size: files.reduce((sum, file) => sum + file.size, 0),
      chunkSize,
      hidden,
      files,
      emptyFolders: walk.emptyFolders,
      skipped: walk.skipped,
    };
  } finally {
    await hasher.close();
  }
}

type Look = {
  readonly kind: 'file' | 'folder';
  /** Where it really is, links resolved. */
  readonly location: string;
  readonly name: string;
  readonly walk: Walk;
};

/** Finds out what is at a path that a person gave. */
export async function lookAt(path: string, hidden: 'skip' | 'include'): Promise<Look> {
  const name = basename(resolve(path));
  const location = await realpath(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw unreachable(path, cause);
    throw new BaseError('There is nothing at that path.', {
      code: 'path_not_found',
      values: { path },
      hints: ['Check the spelling; relative paths start from the current folder.'],
      cause,
    });
  });
  const state = await stat(location, { bigint: true }).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (state.isDirectory()) return { kind: 'folder', location, name, walk: await walkFolder(location, hidden) };
  const refused = state.isFile() ? [] : [{ path, reason: 'not a regular file' }];
  const walk = { files: [{ path: name, state }], emptyFolders: [], skipped: [], refused };
  return { kind: 'file', location, name, walk };
}

/** A store inside of what it stores would change it, and be anchored with it the next time. */
function assertOutside(dir: string, location: string, hidden: 'skip' | 'include'): void {
  const segments = relative(location, dir).split(sep);
  const isSkipped = hidden === 'skip' && segments.some((segment) => segment.startsWith('.') && segment !== '..');
  if (segments[0] === '..' || isAbsolute(relative(location, dir)) || isSkipped) return;
  throw new BaseError('The content store lies inside of the folder that is anchored.', {
    code: 'anchor_refused',
    values: { folder: location, store: dir },
    hints: ['Choose a store elsewhere, or one below a name that begins with a dot.'],
  });
}

/** The real path of a store that need not be there yet, links above it resolved. */
async function whereItIs(dir: string): Promise<string> {
  try {
    return await realpath(dir);
  } catch (error) {
    const parent = dirname(dir);
    const failure = error as NodeJS.ErrnoException;
    if (failure.code !== 'ENOENT' || parent === dir) throw storeUnreachable(dir, failure);
    return join(await whereItIs(parent), basename(dir));
  }
}

/** Nothing is wrong with what is anchored. */
function storeUnreachable(dir: string, cause: NodeJS.ErrnoException): BaseError {
  if (cause.code === 'ELOOP') return unreachable(dir, cause);
  return new BaseError('The folder of the content store cannot be reached.', {
    code: 'store_unreachable',
    values: { store: dir, reason: cause.code ?? String(cause) },
    hints: ['Check its path and permissions, or choose a store elsewhere.'],
    cause,
  });
}

function fileOf(path: string, size: number, sha256: Uint8Array, digests: Uint8Array, node: DagNode): ManifestFile {
  const hex = Buffer.from(digests).toString('hex');
  const chunks = Array.from({ length: digests.length / 32 }, (_, index) => hex.slice(index * 64, index * 64 + 64));
  return { path, size, sha256: Buffer.from(sha256).toString('hex'), cid: flat(node.cid.toString()), chunks };
}

/** The same text in one piece: encoders add letter to letter, and each would keep 32 bytes. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function checkedChunkSize(chunkSize: number): number {
  if (Number.isInteger(chunkSize) && chunkSize >= 1 && chunkSize <= maxChunkSize) return chunkSize;
  throw new BaseError('The chunk size is out of range.', {
    code: 'chunk_size_invalid',
    values: { chunkSize, range: `1 to ${maxChunkSize} bytes` },
  });
}

function refusal(refused: readonly Refusal[]): BaseError {
  const shown = refused.slice(0, 10).map(({ path, reason }) => [path, reason] as const);
  return new BaseError(`${refused.length === 1 ? 'One entry' : `${refused.length} entries`} cannot be anchored.`, {
    code: 'anchor_refused',
    values: Object.fromEntries(shown),
    hints: [
      'Replace links by what they point to (cp -rL), rename what clashes, and move the rest out of the folder.',
      ...(refused.length > shown.length ? [`Shown are the first ${shown.length}.`] : []),
    ],
    docsPath: 'specs/anchoring.md',
  });
}
