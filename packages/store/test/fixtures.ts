import { createCipheriv } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CID } from 'multiformats/cid';
import { keccak256 as viemKeccak256 } from 'viem';
import { onTestFinished } from 'vitest';

export const keccak256 = (bytes: Uint8Array): Uint8Array => viemKeccak256(bytes, 'bytes');
export const MiB = 1024 * 1024;

/** Bytes that look random and are the same for the same seed. */
export function pseudoRandom(seed: number, size: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Writes a pseudo-random file without holding it in memory. */
export async function writeLarge(path: string, size: number): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(MiB);
  const handle = await open(path, 'w');
  for (let written = 0; written < size; written += MiB) {
    await handle.write(cipher.update(zeros.subarray(0, Math.min(MiB, size - written))));
  }
  await handle.close();
}

/** A folder for the test that runs. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kedge-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by path; a path that ends in `/` is an empty folder. */
export async function writeTree(root: string, tree: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const full = join(root, path);
    if (path.endsWith('/')) await mkdir(full, { recursive: true });
    else {
      await mkdir(dirname(full), { recursive: true });
      await writeFile(full, content);
    }
  }
}

/** A blockstore for the reference importer and exporter. */
export function memoryBlocks() {
  const blocks = new Map<string, Uint8Array>();
  return {
    blocks,
    put(cid: CID, bytes: Uint8Array): Promise<CID> {
      blocks.set(cid.toString(), bytes);
      return Promise.resolve(cid);
    },
    async *get(cid: CID): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(blocks.get(cid.toString())!);
    },
  };
}
