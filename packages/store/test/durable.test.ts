import type * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { createContentStore } from '../src/createContentStore.js';
import { temporaryFolder } from './fixtures.js';

/** What was forced to disk, in order. */
const { synced } = vi.hoisted(() => ({ synced: [] as string[] }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const open: typeof real.open = async (path, ...rest) => {
    const handle = await real.open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      synced.push(String(path));
    };
    return handle;
  };
  return { ...real, open };
});

/** Folders that were forced to disk by storing a text. */
async function foldersSynced(store: ReturnType<typeof createContentStore>, text: string): Promise<string[]> {
  synced.length = 0;
  await store.putBytes(Buffer.from(text), { sync: 'each' });
  const [block, ...folders] = synced;
  expect(dirname(block!)).toBe(join(store.dir, 'tmp'));
  return folders;
}

it('forces a block to disk with every folder that was made for it, each in the one that names it', async () => {
  const parent = await temporaryFolder();
  const dir = join(parent, 'data', 'store');
  const store = createContentStore({ dir });
  const [shard, ...above] = await foldersSynced(store, 'first');
  expect(dirname(shard!)).toBe(dir);
  expect(above).toEqual([dir, join(parent, 'data'), parent]);
  // All of that stays on disk: the next block needs its own folder only.
  expect(await foldersSynced(store, 'first')).toEqual([shard]);
  const [other, ...rest] = await foldersSynced(store, 'second');
  expect(other).not.toBe(shard);
  expect(rest).toEqual([dir]);
});

it('does so for a folder that another process, or a block that was not forced, left there', async () => {
  const dir = await temporaryFolder();
  await createContentStore({ dir }).putBytes(Buffer.from('first'));
  const [shard, ...above] = await foldersSynced(createContentStore({ dir }), 'first');
  expect(dirname(shard!)).toBe(dir);
  expect(above).toEqual([dir]);
});
