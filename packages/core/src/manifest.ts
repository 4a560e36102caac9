import * as z from 'zod';
import { BaseError } from './baseError.js';
import { hexToBytes, type Address, type Hasher, type Hex } from './hex.js';
import { merkleTree } from './merkle.js';
import { addressSchema, decimalSchema, hashSchema, parseWith } from './schemas.js';

/** One anchored file. `sha256` and `chunks` are 64 hexadecimal digits without `0x`, as checksums are written. */
export type ManifestFile = {
  /** From the root, segments joined by `/`, letters exactly as on disk. For a single file: its name. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** UnixFS CIDv1. */
  readonly cid: string;
  /** SHA-256 of each chunk; an empty file has one, empty, chunk. */
  readonly chunks: readonly string[];
};

/** What was found in a file or folder, before it is bound to metadata and a class. */
export type AnchoredContent = {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** Root of the UnixFS DAG. */
  readonly cid: string;
  /** Merkle root over all chunks of all files; see {@link contentMerkleTree}. */
  readonly merkleRoot: Hex;
  /** Bytes of all files. */
  readonly size: number;
  readonly chunkSize: number;
  /** Whether names that begin with a dot were left out or taken in. */
  readonly hidden: 'skip' | 'include';
  /** In the order of {@link comparePaths}. */
  readonly files: readonly ManifestFile[];
  readonly emptyFolders: readonly string[];
};

/** The anchored description of content. Format: docs/specs/anchoring.md. */
export type Manifest = AnchoredContent & {
  readonly format: 'kedge-manifest/1';
  /** keccak-256 of the canonical JSON of the Croissant metadata. */
  readonly integrityHash: Hex;
  /** The class that this content is anchored as (R29); absent until the class exists. */
  readonly classId?: string;
  readonly chainId?: number;
  /** DataAnchoringToken. */
  readonly contract?: Address;
};

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits');
const cid = z.string().regex(/^b[a-z2-7]{58}$/, 'expected a CIDv1 with SHA-256 in base32');
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const path = z
  .string()
  .refine(isSafePath, 'expected a relative path: segments joined by /, none of them empty, . or ..');
const paths = z.array(path).refine(isAscending, 'expected each path once, in order');

/** Bytes. Whoever anchors or checks holds several chunks in memory, and a manifest may come from a stranger. */
export const maxChunkSize = 2 * 1024 * 1024;

/** Schema of {@link Manifest}: fields, order, safe paths, and numbers that fit together. */
const manifestSchema = z
  .strictObject({
    format: z.literal('kedge-manifest/1'),
    name: z.string().min(1),
    kind: z.enum(['file', 'folder']),
    cid,
    merkleRoot: hashSchema,
    size: count,
    chunkSize: count.min(1).max(maxChunkSize),
    hidden: z.enum(['skip', 'include']),
    files: z.array(z.strictObject({ path, size: count, sha256: digest, cid, chunks: z.array(digest) })).min(1),
    emptyFolders: paths,
    integrityHash: hashSchema,
    classId: decimalSchema(256).exactOptional(),
    chainId: count.exactOptional(),
    contract: addressSchema.exactOptional(),
  })
  .superRefine((manifest, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    if (!isAscending(manifest.files.map((file) => file.path))) refuse('files: expected each path once, in order');
    for (const file of manifest.files) {
      const expected = Math.max(1, Math.ceil(file.size / manifest.chunkSize));
      if (file.chunks.length !== expected) refuse(`${file.path}: expected ${expected} chunks for its size`);
    }
    if (manifest.files.reduce((sum, file) => sum + file.size, 0) !== manifest.size)
      refuse('size: not the sum of files');
    if (manifest.kind === 'file' && (manifest.files.length !== 1 || manifest.emptyFolders.length > 0)) {
      refuse('kind: a file has exactly one entry');
    }
  });

/** Parses a manifest. Throws BaseError `manifest_invalid` naming the offending fields. */
export function parseManifest(value: unknown): Manifest {
  return parseWith(manifestSchema, value, { what: 'The manifest', code: 'manifest_invalid' });
}

/**
 * Makes the manifest of anchored content and its metadata's hash.
 *
 * @example
 * const manifest = buildManifest(content, integrityHashOf(parseCroissant(JSON.parse(text)), keccak256));
 */
export function buildManifest(content: AnchoredContent, integrityHash: Hex): Manifest {
  return {
    format: 'kedge-manifest/1',
    name: content.name,
    kind: content.kind,
    cid: content.cid,
    merkleRoot: content.merkleRoot,
    size: content.size,
    chunkSize: content.chunkSize,
    hidden: content.hidden,
    files: content.files,
    emptyFolders: content.emptyFolders,
    integrityHash,
  };
}

/** Binds a manifest to its class (R29): the same content under another class is another manifest. */
export function bindManifest(
  manifest: Manifest,
  binding: { readonly classId: string; readonly chainId: number; readonly contract: Address },
): Manifest {
  if (manifest.classId !== undefined && manifest.classId !== binding.classId) {
    throw new BaseError('The manifest belongs to another class already.', {
      code: 'manifest_bound',
      values: { boundTo: manifest.classId, classId: binding.classId },
      hints: ['Content that changes, or is sold again, is a new class: anchor it anew.'],
    });
  }
  return { ...manifest, classId: binding.classId, chainId: binding.chainId, contract: binding.contract };
}

/**
 * The Merkle tree of content: one leaf for each chunk of each file, in order of path then position;
 * leaf = keccak256(SHA-256 of the chunk), tree as in {@link merkleTree}.
 */
export function contentMerkleTree(
  files: readonly { readonly chunks: readonly string[] }[],
  keccak256: Hasher,
): ReturnType<typeof merkleTree> {
  const leaves = files.flatMap((file) => file.chunks.map((chunk) => keccak256(hexToBytes(`0x${chunk}`))));
  return merkleTree(leaves, keccak256);
}

/** Order of paths: by their UTF-8 bytes (which is by code point, and not how JavaScript compares text). */
export function comparePaths(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return byCodePoint(a) - byCodePoint(b);
  }
  return left.length - right.length;
}

/** UTF-16 puts surrogates (U+10000 and up) before U+E000 to U+FFFF; code points come after. */
function byCodePoint(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** A manifest may come from a stranger: its paths must stay below the folder they are checked against. */
function isSafePath(text: string): boolean {
  if (text.includes('\0') || /\p{Surrogate}/u.test(text)) return false;
  return text.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

function isAscending(list: readonly string[]): boolean {
  return list.every((text, index) => index === 0 || comparePaths(list[index - 1]!, text) < 0);
}
