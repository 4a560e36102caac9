import { createContentStore } from '@kedge/store';
import { expect, test } from 'vitest';
import { createLeavesFinder } from '../src/receipts/createLeavesFinder.js';
import { temporaryFolder } from './kedge.js';

const storeDir = temporaryFolder();
const finder = (given: readonly string[] = []) =>
  createLeavesFinder({ storeDir, cwd: storeDir, given, gatewayUrls: [] });

test('leaves are found by their CID in the content store, and missed where it lacks them', async () => {
  const store = createContentStore({ dir: storeDir });
  const bytes = Buffer.from('leaves');
  const cid = await store.putBytes(bytes);
  expect(await (await finder())(cid)).toEqual({ bytes });
  const elsewhere = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
  expect(await (await finder())(elsewhere)).toEqual({ missing: expect.stringContaining(elsewhere) });
});

test('what an operator anchored as a CID and is none fails the check, and ends nothing', async () => {
  const findLeaves = await finder();
  for (const cid of ['', 'no CID', '../../etc/passwd', '\u001b[2J', 'x'.repeat(500)]) {
    const { wrong = '' } = (await findLeaves(cid)) as { wrong?: string };
    expect(wrong).toMatch(/names no file: /);
    expect(wrong).not.toMatch(/\p{Cc}/u);
    expect(wrong.length).toBeLessThan(150);
  }
});
