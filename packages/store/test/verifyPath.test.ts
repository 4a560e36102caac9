import { open, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildManifest, parseManifest, zeroHash, type Manifest } from '@kedge/core';
import { describe, expect, it } from 'vitest';
import { anchorPath } from '../src/anchorPath.js';
import { verifyPath } from '../src/verifyPath.js';
import { keccak256, MiB, pseudoRandom, temporaryFolder, writeTree } from './fixtures.js';

async function anchored(tree: Record<string, string | Uint8Array>): Promise<{ root: string; manifest: Manifest }> {
  const root = await temporaryFolder();
  await writeTree(root, tree);
  const manifest = buildManifest(await anchorPath({ path: root, keccak256 }), zeroHash);
  // Through JSON, as it is kept.
  return { root, manifest: parseManifest(JSON.parse(JSON.stringify(manifest))) };
}

async function flipByte(file: string, position: number): Promise<void> {
  const handle = await open(file, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, position);
  await handle.write(Buffer.from([byte[0]! ^ 1]), 0, 1, position);
  await handle.close();
}

describe('verifyPath', () => {
  it('finds nothing in an untouched copy', async () => {
    const { root, manifest } = await anchored({
      'a.txt': 'a',
      'b/c.bin': pseudoRandom(1, 3 * MiB),
      'e/': '',
      empty: '',
    });
    expect(await verifyPath({ manifest, path: root, keccak256 })).toEqual({
      ok: true,
      findings: [],
      files: 3,
      bytes: 3 * MiB + 1,
    });
  });

  it('names file, chunk and byte range of every changed byte, in order', async () => {
    const { root, manifest } = await anchored({ 'a.txt': 'a', 'b/c.bin': pseudoRandom(1, 5 * MiB + 9) });
    await flipByte(join(root, 'b/c.bin'), 3 * MiB - 1);
    await flipByte(join(root, 'b/c.bin'), 5 * MiB + 8);
    const { ok, findings } = await verifyPath({ manifest, path: root, keccak256 });
    expect(ok).toBe(false);
    expect(findings).toEqual([
      {
        kind: 'changed',
        path: 'b/c.bin',
        size: 5 * MiB + 9,
        anchoredSize: 5 * MiB + 9,
        chunks: [
          { index: 2, start: 2 * MiB, end: 3 * MiB },
          { index: 5, start: 5 * MiB, end: 5 * MiB + 9 },
        ],
      },
    ]);
  });

  it('counts what lies beyond either end as changed', async () => {
    const { root, manifest } = await anchored({ long: pseudoRandom(2, 2 * MiB), short: pseudoRandom(3, 2 * MiB) });
    await truncate(join(root, 'short'), MiB);
    await writeFile(join(root, 'long'), 'tail', { flag: 'a' });
    const { findings } = await verifyPath({ manifest, path: root, keccak256 });
    expect(findings).toEqual([
      {
        kind: 'changed',
        path: 'long',
        size: 2 * MiB + 4,
        anchoredSize: 2 * MiB,
        chunks: [{ index: 2, start: 2 * MiB, end: 2 * MiB + 4 }],
      },
      {
        kind: 'changed',
        path: 'short',
        size: MiB,
        anchoredSize: 2 * MiB,
        chunks: [{ index: 1, start: MiB, end: 2 * MiB }],
      },
    ]);
  });

  it('reads no further than was anchored: a manifest of tiny chunks takes no time and memory for what it does not have', async () => {
    const { root, manifest } = await anchored({ a: 'a' });
    const tiny = { ...manifest, chunkSize: 1 };
    await truncate(join(root, 'a'), 300_000_000);
    const { findings } = await verifyPath({ manifest: tiny, path: root, keccak256 });
    expect(findings).toEqual([
      {
        kind: 'changed',
        path: 'a',
        size: 300_000_000,
        anchoredSize: 1,
        chunks: [{ index: 1, start: 1, end: 300_000_000 }],
      },
    ]);
  });

  it('finds missing, extra and renamed files, folders and links', async () => {
    const { root, manifest } = await anchored({ a: '1', b: '2', c: '3', 'gone/': '' });
    await rm(join(root, 'a'));
    await rename(join(root, 'b'), join(root, 'B2'));
    await rm(join(root, 'c'));
    await symlink('/etc/hostname', join(root, 'c'));
    await rm(join(root, 'gone'), { recursive: true });
    await writeTree(root, { 'new/': '', '.hidden': 'not part of it' });
    const { findings } = await verifyPath({ manifest, path: root, keccak256 });
    expect(findings).toEqual([
      { kind: 'refused', path: 'c', detail: 'a symbolic link' },
      { kind: 'missing', path: 'a' },
      { kind: 'missing', path: 'b' },
      { kind: 'missing', path: 'c' },
      { kind: 'extra', path: 'B2' },
      { kind: 'missing', path: 'gone/' },
      { kind: 'extra', path: 'new/' },
    ]);
  });

  it('compares a single file under whatever name, and refuses a folder in its place', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'one.bin': pseudoRandom(5, 2 * MiB), 'd/x': 'x' });
    const manifest = buildManifest(await anchorPath({ path: join(root, 'one.bin'), keccak256 }), zeroHash);
    await rename(join(root, 'one.bin'), join(root, 'two.bin'));
    expect((await verifyPath({ manifest, path: join(root, 'two.bin'), keccak256 })).ok).toBe(true);
    await flipByte(join(root, 'two.bin'), 0);
    const { findings } = await verifyPath({ manifest, path: join(root, 'two.bin'), keccak256 });
    expect(findings).toMatchObject([{ kind: 'changed', path: 'one.bin', chunks: [{ index: 0, start: 0, end: MiB }] }]);
    await expect(verifyPath({ manifest, path: join(root, 'd'), keccak256 })).rejects.toMatchObject({
      code: 'verify_kind',
    });
  });

  it('notices a manifest that was altered to fit altered data', async () => {
    const { root, manifest } = await anchored({ 'a.txt': 'a', 'b.txt': 'b' });
    await writeFile(join(root, 'b.txt'), 'B');
    const forged = await anchorPath({ path: root, keccak256 });
    const swapped = { ...manifest, files: forged.files };
    const { findings } = await verifyPath({ manifest: swapped, path: root, keccak256 });
    expect(findings).toEqual([
      { kind: 'manifest', detail: 'cid is not that of its files' },
      { kind: 'manifest', detail: 'merkleRoot is not that of its chunks' },
    ]);
    const [first, second] = manifest.files;
    const lying = {
      ...manifest,
      files: [
        { ...first!, sha256: '0'.repeat(64) },
        { ...second!, cid: first!.cid },
      ],
    };
    await writeFile(join(root, 'b.txt'), 'b');
    const checked = await verifyPath({ manifest: lying, path: root, keccak256 });
    expect(checked.findings).toEqual([
      { kind: 'manifest', path: 'b.txt', detail: 'cid is not that of its chunks' },
      { kind: 'manifest', path: 'a.txt', detail: 'sha256 is not that of its chunks' },
    ]);
  });

  it.each([
    ['more folders than a call takes arguments', Array.from({ length: 130_000 }, (_, index) => `b${1e6 + index}`)],
    ['folders in folders, deeper than the stack', [`${'b/'.repeat(20_000)}b`]],
  ])('says of a manifest with %s that they are missing', async (_, emptyFolders) => {
    const { root, manifest } = await anchored({ a: 'a' });
    const { findings } = await verifyPath({ manifest: { ...manifest, emptyFolders }, path: root, keccak256 });
    expect(findings[0]).toEqual({ kind: 'manifest', detail: 'cid is not that of its files' });
    expect(findings.slice(1)).toEqual(emptyFolders.map((path) => ({ kind: 'missing', path: `${path}/` })));
  });
});
