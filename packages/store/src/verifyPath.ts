import { BaseError, contentMerkleTree, type Hasher, type Manifest, type ManifestFile } from '@kedge/core';
import { lookAt, threadFromTotal, type AnchorProgress } from './anchorPath.js';
import { createBufferPool } from './createBufferPool.js';
import { createChunkHasher } from './createChunkHasher.js';
import { fileDag } from './fileDag.js';
import { folderDag } from './folderDag.js';
import { mapLimit } from './mapLimit.js';
import { readChunks } from './readChunks.js';

const filesAtOnce = 4;
const buffers = 8;

/**
 * A chunk by its number from 0, and its bytes from `start` up to, not including, `end`. All that a file has beyond its
 * anchored end is one.
 */
export type ChunkRange = { readonly index: number; readonly start: number; readonly end: number };

export type VerifyFinding =
  /** `chunks` in order, the first changed one first; beyond either end of the file counts as changed. */
  | {
      readonly kind: 'changed';
      readonly path: string;
      readonly chunks: readonly ChunkRange[];
      readonly size: number;
      readonly anchoredSize: number;
    }
  | { readonly kind: 'missing' | 'extra'; readonly path: string }
  /** Something that can never be anchored: a link, a special file, a name. */
  | { readonly kind: 'refused'; readonly path: string; readonly detail: string }
  /** The manifest contradicts itself, so it is not the one that was anchored. */
  | { readonly kind: 'manifest'; readonly path?: string; readonly detail: string };

export type Verification = {
  readonly ok: boolean;
  readonly findings: readonly VerifyFinding[];
  readonly files: number;
  readonly bytes: number;
};

/**
 * Compares a file or folder with a manifest, chunk by chunk, in one read; and the manifest with its own roots. The
 * caller compares the manifest's roots and integrityHash with the chain.
 *
 * @param options.manifest parsed with `parseManifest`
 * @throws BaseError `path_not_found`, `file_changed`, `file_unreadable`, `verify_kind` (a folder where a file is
 * expected, or the reverse)
 *
 * @example
 * const { ok, findings } = await verifyPath({ manifest: parseManifest(JSON.parse(text)), path: 'data', keccak256 });
 */
export async function verifyPath(options: {
  readonly manifest: Manifest;
  readonly path: string;
  readonly keccak256: Hasher;
  readonly onProgress?: (progress: AnchorProgress) => void;
}): Promise<Verification> {
  const { manifest, path, keccak256, onProgress } = options;
  const { kind, location, walk } = await lookAt(path, manifest.hidden);
  if (kind !== manifest.kind) {
    throw new BaseError(`The manifest describes a ${manifest.kind}, the path is a ${kind}.`, {
      code: 'verify_kind',
      values: { path, manifest: manifest.name },
    });
  }
  const findings: VerifyFinding[] = await contradictionsOf(manifest, keccak256);
  for (const { path: refusedPath, reason } of walk.refused) {
    findings.push({ kind: 'refused', path: refusedPath, detail: reason });
  }

  // A single file may have been renamed: its name is not part of its content.
  const nameOf = (found: string) => (kind === 'file' ? manifest.files[0]!.path : found);
  const anchored = new Map(manifest.files.map((file) => [file.path, file]));
  const present = walk.files.filter((file) => anchored.has(nameOf(file.path)));
  const seen = new Set(present.map((file) => nameOf(file.path)));
  for (const file of manifest.files) if (!seen.has(file.path)) findings.push({ kind: 'missing', path: file.path });
  for (const file of walk.files)
    if (!anchored.has(nameOf(file.path))) findings.push({ kind: 'extra', path: file.path });
  // One by one: a call takes no more arguments than its stack holds.
  for (const finding of folderFindings(manifest, walk.emptyFolders)) findings.push(finding);

  const anchoredPart = ({ path, state }: (typeof present)[number]): number =>
    Math.min(Number(state.size), anchored.get(nameOf(path))!.size);
  const bytesTotal = present.reduce((sum, file) => sum + anchoredPart(file), 0);
  let bytesDone = 0;
  const pool = createBufferPool(buffers, manifest.chunkSize);
  const hasher = createChunkHasher(bytesTotal < threadFromTotal ? 'never' : 'auto');
  try {
    const compared = await mapLimit(present, filesAtOnce, async (found, stop) => {
      const file = anchored.get(nameOf(found.path))!;
      const actual = await readChunks({
        path: kind === 'file' ? location : `${location}/${found.path}`,
        name: found.path,
        chunkSize: manifest.chunkSize,
        // The manifest may come from a stranger, and say that chunks are of one byte.
        most: file.size,
        pool,
        hasher,
        stop,
        onChunk({ bytes }) {
          bytesDone += bytes.length;
          onProgress?.({ bytesDone, bytesTotal, file: found.path });
        },
      });
      return compare(file, manifest.chunkSize, actual);
    });
    for (const finding of compared.flat()) findings.push(finding);
  } finally {
    await hasher.close();
  }
  return { ok: findings.length === 0, findings, files: present.length, bytes: bytesTotal };
}

function compare(
  file: ManifestFile,
  chunkSize: number,
  actual: { readonly size: number; readonly sha256: Uint8Array; readonly digests: Uint8Array },
): VerifyFinding[] {
  const digests = Buffer.from(actual.digests);
  const chunks: ChunkRange[] = [];
  for (const [index, digest] of file.chunks.entries()) {
    if (digests.toString('hex', index * 32, index * 32 + 32) !== digest)
      chunks.push({ index, start: index * chunkSize, end: Math.min(file.size, (index + 1) * chunkSize) });
  }
  if (actual.size > file.size)
    chunks.push({ index: Math.floor(file.size / chunkSize), start: file.size, end: actual.size });
  if (chunks.length > 0) {
    return [{ kind: 'changed', path: file.path, chunks, size: actual.size, anchoredSize: file.size }];
  }
  if (Buffer.from(actual.sha256).toString('hex') === file.sha256) return [];
  return [{ kind: 'manifest', path: file.path, detail: 'sha256 is not that of its chunks' }];
}

function folderFindings(manifest: Manifest, found: readonly string[]): VerifyFinding[] {
  const expected = new Set(manifest.emptyFolders);
  const present = new Set(found);
  return [
    ...manifest.emptyFolders.filter((path) => !present.has(path)).map((path) => ({ kind: 'missing' as const, path })),
    ...found.filter((path) => !expected.has(path)).map((path) => ({ kind: 'extra' as const, path })),
  ].map((finding) => ({ ...finding, path: `${finding.path}/` }));
}

/** Recomputes CIDs and Merkle root from the manifest's own chunks; no data is needed for it. */
async function contradictionsOf(manifest: Manifest, keccak256: Hasher): Promise<VerifyFinding[]> {
  const findings: VerifyFinding[] = [];
  const nodes = [];
  for (const file of manifest.files) {
    const digests = Buffer.from(file.chunks.join(''), 'hex');
    const node = await fileDag({ digests, size: file.size, chunkSize: manifest.chunkSize });
    nodes.push({ path: file.path, node });
    if (node.cid.toString() !== file.cid) {
      findings.push({ kind: 'manifest', path: file.path, detail: 'cid is not that of its chunks' });
    }
  }
  const root = manifest.kind === 'file' ? nodes[0]!.node : await folderDag(nodes, manifest.emptyFolders);
  if (root.cid.toString() !== manifest.cid) findings.push({ kind: 'manifest', detail: 'cid is not that of its files' });
  if (contentMerkleTree(manifest.files, keccak256).root !== manifest.merkleRoot) {
    findings.push({ kind: 'manifest', detail: 'merkleRoot is not that of its chunks' });
  }
  return findings;
}
