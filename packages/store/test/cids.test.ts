import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { importer, importBytes } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import type { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { anchorPath } from '../src/anchorPath.js';
import { createContentStore } from '../src/createContentStore.js';
import { fileDag } from '../src/fileDag.js';
import { folderDag } from '../src/folderDag.js';
import { keccak256, memoryBlocks, MiB, pseudoRandom, temporaryFolder, writeTree } from './fixtures.js';

const profile = { profile: 'unixfs-v1-2025' } as const;

function digestsOf(bytes: Uint8Array, chunkSize: number): Uint8Array {
  const count = Math.max(1, Math.ceil(bytes.length / chunkSize));
  const parts = Array.from({ length: count }, (_, index) =>
    createHash('sha256')
      .update(bytes.subarray(index * chunkSize, (index + 1) * chunkSize))
      .digest(),
  );
  return Buffer.concat(parts);
}

/** The root that the reference importer gives a folder of these files, hidden ones and all. */
async function referenceRoot(tree: Record<string, string | Uint8Array>): Promise<CID> {
  const source = Object.entries(tree).map(([path, content]) =>
    path.endsWith('/') ? { path: path.slice(0, -1) } : { path, content: Buffer.from(content) },
  );
  let last: CID | undefined;
  for await (const entry of importer(source, memoryBlocks(), { ...profile, wrapWithDirectory: true })) last = entry.cid;
  return last!;
}

describe('CIDs equal those of ipfs-unixfs-importer', () => {
  it.each([0, 1, MiB - 1, MiB, MiB + 1, 3 * MiB, 5 * MiB + 7])('for a file of %i bytes', async (size) => {
    const root = await temporaryFolder();
    const bytes = pseudoRandom(size, size);
    await writeFile(join(root, 'data.bin'), bytes);
    const { cid, files } = await anchorPath({ path: join(root, 'data.bin'), keccak256 });
    expect(cid).toBe((await importBytes(bytes, memoryBlocks(), profile)).cid.toString());
    expect(files[0]).toMatchObject({ path: 'data.bin', size, cid });
    expect(files[0]!.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it.each([
    { chunks: 1024, tail: 0 },
    { chunks: 1024, tail: 1 },
    { chunks: 3000, tail: 5 },
  ])('for $chunks chunks and $tail bytes, which needs more than one level', async ({ chunks, tail }) => {
    const root = await temporaryFolder();
    const chunkSize = 64;
    const bytes = pseudoRandom(chunks, chunks * chunkSize + tail);
    await writeFile(join(root, 'data.bin'), bytes);
    const store = createContentStore({ dir: join(root, 'store') });
    const { cid } = await anchorPath({ path: join(root, 'data.bin'), keccak256, chunkSize, store });
    const reference = await importBytes(bytes, memoryBlocks(), { ...profile, chunker: fixedSize({ chunkSize }) });
    expect(cid).toBe(reference.cid.toString());
    expect(Buffer.from(await store.getBytes(cid)).equals(bytes)).toBe(true);
  });

  it.each([1, 2, 3, 4, 5, 9, 10, 27, 28, 81, 82, 100])('for %i chunks in nodes of three links', async (chunks) => {
    const bytes = pseudoRandom(chunks, chunks * 16 - 3);
    const mine = memoryBlocks();
    const reference = memoryBlocks();
    const { cid } = await fileDag({
      digests: digestsOf(bytes, 16),
      size: bytes.length,
      chunkSize: 16,
      width: 3,
      onBlock: async (block, content) => void (await mine.put(block, content)),
    });
    const expected = await importBytes(bytes, reference, {
      ...profile,
      chunker: fixedSize({ chunkSize: 16 }),
      layout: balanced({ maxChildrenPerNode: 3 }),
    });
    expect(cid.toString()).toBe(expected.cid.toString());
    for (const [block, content] of mine.blocks) expect(reference.blocks.get(block)).toEqual(content);
  });

  it('for folders: nested, empty, with names beyond ASCII and in byte order', async () => {
    const tree = {
      'a.txt': 'a',
      'a/b.txt': 'b',
      'a-b/c.txt': 'c',
      'a/deep/er/d.bin': pseudoRandom(1, 2 * MiB + 3),
      'empty.txt': '',
      'nothing/': '',
      'a/none/here/': '',
      'é.txt': 'e',
      '中文/文件.txt': 'z',
      '\u{1f6a2}.txt': 'ship',
      '\u{fb01}.txt': 'ligature',
    };
    const root = await temporaryFolder();
    await writeTree(root, tree);
    const store = createContentStore({ dir: await temporaryFolder() });
    const anchored = await anchorPath({ path: root, keccak256, store });
    expect(anchored.cid).toBe((await referenceRoot(tree)).toString());
    expect(anchored.emptyFolders).toEqual(['a/none/here', 'nothing']);
    const byBytes = Object.keys(tree)
      .filter((path) => !path.endsWith('/'))
      .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect(anchored.files.map((file) => file.path)).toEqual(byBytes);
    for (const file of anchored.files) {
      const content = Buffer.from(tree[file.path as keyof typeof tree]);
      expect(Buffer.from(await store.getBytes(file.cid)).equals(content)).toBe(true);
    }
  });

  it('for a folder too large for one block, sharded over several levels', async () => {
    const names = Array.from({ length: 12_000 }, (_, index) => `${'é'.repeat(index % 40)}-${index}`);
    const { cid, expected, blocks } = await bothRoots(names);
    expect(cid).toBe(expected);
    expect(blocks).toBeGreaterThan(256);
  });

  it.each([
    { count: 4681, sharded: false },
    { count: 4682, sharded: true },
  ])('on both sides of 256 KiB: $count names', async ({ count, sharded }) => {
    // A link to a small raw leaf with a name of 12 bytes takes 56 bytes in the node, the rest of the node 4.
    const names = Array.from({ length: count }, (_, index) => `file-${String(index).padStart(7, '0')}`);
    const { cid, expected, blocks } = await bothRoots(names);
    expect(cid).toBe(expected);
    expect(blocks > 1).toBe(sharded);
  });
});

/** Root of a folder of one-byte files, here and by the reference; and how many blocks the folder itself took. */
async function bothRoots(names: string[]): Promise<{ cid: string; expected: string; blocks: number }> {
  const node = await fileDag({ digests: digestsOf(Buffer.from('.'), MiB), size: 1, chunkSize: MiB });
  let blocks = 0;
  const files = names.map((path) => ({ path, node }));
  const { cid } = await folderDag(files, [], () => void blocks++);
  const expected = await referenceRoot(Object.fromEntries(names.map((name) => [name, '.'])));
  return { cid: cid.toString(), expected: expected.toString(), blocks };
}
