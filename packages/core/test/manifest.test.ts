import { keccak256 as viemKeccak256 } from 'viem';
import { describe, expect, it } from 'vitest';
import {
  BaseError,
  bindManifest,
  buildManifest,
  bytesToHex,
  comparePaths,
  contentMerkleTree,
  hexToBytes,
  merkleRootFromPath,
  parseManifest,
  utf8,
  zeroHash,
  type AnchoredContent,
  type Manifest,
} from '../src/index.js';

const keccak256 = (bytes: Uint8Array): Uint8Array => viemKeccak256(bytes, 'bytes');
const cid = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
const digest = (letter: string) => letter.repeat(64);

const content: AnchoredContent = {
  name: 'data',
  kind: 'folder',
  cid,
  merkleRoot: zeroHash,
  size: 2050,
  chunkSize: 1024,
  hidden: 'skip',
  files: [
    { path: 'a.txt', size: 0, sha256: digest('a'), cid, chunks: [digest('a')] },
    { path: 'b/c.bin', size: 2050, sha256: digest('b'), cid, chunks: [digest('1'), digest('2'), digest('3')] },
  ],
  emptyFolders: ['z'],
};
const manifest = buildManifest(content, zeroHash);

/** The parsed manifest's error, after a change to its JSON. */
function refusal(change: (json: Record<string, unknown> & { files: Record<string, unknown>[] }) => void): string {
  const json = JSON.parse(JSON.stringify(manifest));
  change(json);
  try {
    parseManifest(json);
  } catch (error) {
    expect(error).toBeInstanceOf(BaseError);
    expect((error as BaseError).code).toBe('manifest_invalid');
    return (error as BaseError).message;
  }
  return 'accepted';
}

describe('manifest', () => {
  it('goes through JSON unchanged', () => {
    expect(parseManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  });

  it('R29: binds class and integrity hash, and no second class', () => {
    const binding = { classId: '7', chainId: 31_337, contract: `0x${'ab'.repeat(20)}` as const };
    const bound = bindManifest(manifest, binding);
    expect(parseManifest(JSON.parse(JSON.stringify(bound)))).toEqual({ ...manifest, ...binding });
    expect(bindManifest(bound, binding)).toEqual(bound);
    expect(() => bindManifest(bound, { ...binding, classId: '8' })).toThrow(/another class/);
  });

  it.each(['', '/etc/passwd', '../up', 'a/../../b', 'a//b', './a', 'a/', 'nul\0', '\ud800'])(
    'refuses the path %j, which could leave the folder or is not text',
    (path) => {
      expect(refusal((json) => (json.files[0]!['path'] = path))).toContain('path');
      expect(refusal((json) => (json['emptyFolders'] = [path]))).toContain('emptyFolders');
    },
  );

  it('refuses numbers, order and fields that do not fit', () => {
    expect(refusal((json) => (json.files = json.files.toReversed()))).toContain('in order');
    expect(refusal((json) => json.files.push(json.files[1]!))).toContain('each path once');
    expect(refusal((json) => (json['size'] = 2051))).toContain('sum of files');
    expect(refusal((json) => (json.files[1]!['chunks'] = [digest('1')]))).toContain('expected 3 chunks');
    expect(refusal((json) => (json.files[0]!['chunks'] = []))).toContain('expected 1 chunks');
    expect(refusal((json) => (json.files[0]!['sha256'] = digest('A')))).toContain('sha256');
    expect(refusal((json) => (json['kind'] = 'file'))).toContain('exactly one');
    expect(refusal((json) => (json['files'] = []))).toContain('files');
    expect(refusal((json) => (json['chunkSize'] = 0))).toContain('chunkSize');
    // Whoever checks a copy holds several chunks in memory.
    expect(refusal((json) => (json['chunkSize'] = 2 * 1024 * 1024 + 1))).toContain('chunkSize');
    expect(refusal((json) => (json['format'] = 'kedge-manifest/2'))).toContain('format');
    expect(refusal((json) => (json['classId'] = '007'))).toContain('classId');
    expect(refusal((json) => (json['note'] = 'unknown'))).toContain('note');
  });

  it('orders paths by their UTF-8 bytes, with letters beyond the basic plane last', () => {
    const paths = ['a.txt', 'a/b', 'a-b', 'a', 'Z', 'é', '\ufb01', '\u{1f6a2}', '\u{10ffff}', '\ue000', '中', 'aa'];
    const byBytes = paths.toSorted((left, right) => {
      const [a, b] = [utf8(left), utf8(right)];
      for (let index = 0; index < Math.min(a.length, b.length); index++) {
        if (a[index] !== b[index]) return a[index]! - b[index]!;
      }
      return a.length - b.length;
    });
    expect(paths.toSorted(comparePaths)).toEqual(byBytes);
  });

  it('makes one leaf for each chunk, in order, so that one chunk can be proven', () => {
    const tree = contentMerkleTree(content.files, keccak256);
    const leaves = content.files.flatMap((file) => file.chunks).map((chunk) => keccak256(hexToBytes(`0x${chunk}`)));
    for (const [index, leaf] of leaves.entries()) {
      expect(merkleRootFromPath(bytesToHex(leaf), tree.pathOf(index), keccak256)).toBe(tree.root);
    }
    const reordered: Manifest['files'] = content.files.toReversed();
    expect(contentMerkleTree(reordered, keccak256).root).not.toBe(tree.root);
  });
});
