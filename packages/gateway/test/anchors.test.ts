import { request as httpRequest } from 'node:http';
import { encodeReceiptLeaves, type Hex, merkleTree, hexToBytes, receiptLeaf, utf8 } from '@kedge/core';
import { createContentStore, type ContentStore } from '@kedge/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { createAnchorRoute } from '../src/http/createAnchorRoute.js';
import type { HttpResponse } from '../src/http1/exchange.js';
import type { Gateway } from '../src/index.js';
import { createTestSetup, operatorAddress, type TestSetup } from './support/createTestSetup.js';

let setup: TestSetup;
let gateway: Gateway;
let store: ContentStore;

beforeAll(async () => {
  setup = createTestSetup({ upstreamUrl: 'http://127.0.0.1:1' });
  store = createContentStore({ dir: setup.config.contentStoreDir });
  gateway = await setup.start();
});
afterAll(async () => {
  await gateway.close();
  setup.remove();
});

/** The blob of a root over so many receipts. */
function leavesOf(count: number): Uint8Array {
  const leaves = Array.from({ length: count }, (_, index): Hex => `0x${(index + 1).toString(16).padStart(64, '0')}`);
  const { root } = merkleTree(
    leaves.map((leaf) => hexToBytes(receiptLeaf(leaf, keccak256))),
    keccak256,
  );
  return utf8(encodeReceiptLeaves({ operator: operatorAddress, epoch: 1n, batches: [{ batch: 1n, root, leaves }] }));
}

const get = (cid: string, init?: RequestInit) => fetch(`${gateway.url}/v1/anchors/${cid}`, init);
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

/** As it is written: fetch would tidy the path up. */
const statusOf = (path: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url);
    httpRequest({ hostname, port, path }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });

describe('GET /v1/anchors/<cid>', () => {
  test('R16: anyone gets the published leaves by their CID, for ever the same', async () => {
    const blob = leavesOf(3);
    const response = await get(await store.putBytes(blob));
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(Buffer.from(await response.arrayBuffer()).equals(blob)).toBe(true);
  });

  test('R16: leaves of many blocks come whole', async () => {
    const blob = leavesOf(40_000);
    expect(blob.length).toBeGreaterThan(2 * 1024 * 1024);
    const response = await get(await store.putBytes(blob));
    expect(Buffer.from(await response.arrayBuffer()).equals(blob)).toBe(true);
  });

  test('of the content store nothing else is served, and it is not told from what is missing', async () => {
    const leaves = Buffer.from(leavesOf(2)).toString('utf8');
    const others = [
      utf8('secret'),
      utf8(JSON.stringify(setup.policy)),
      utf8(''),
      utf8(leaves.slice(0, -1)),
      utf8(leaves.replace('{"batches"', '{"also":1,"batches"')),
      utf8(leaves.replace('"epoch"', '"secret":"here","epoch"')),
      utf8(leaves.replace('receipt-leaves/1', 'receipt-leaves/2')),
      Buffer.concat([utf8(leaves), Buffer.alloc(9 * 1024 * 1024, ' ')]),
    ];
    const absent = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
    for (const cid of [...(await Promise.all(others.map((bytes) => store.putBytes(bytes)))), absent, 'baf', 'a']) {
      const response = await get(cid);
      expect([cid, response.status, await codeOf(response)]).toEqual([cid, 404, 'anchor_unknown']);
    }
  });

  test('whoever takes nothing of what it asked for holds a place, and no more than that', async () => {
    const cid = await store.putBytes(leavesOf(2));
    const route = createAnchorRoute(store);
    const gone: (() => void)[] = [];
    const slow = () => {
      let isGone = false;
      const response = { begin: () => undefined, isGone: () => isGone, write: () => false, onDrain: () => undefined };
      const onGone = (callback: () => void): void => {
        gone.push(() => {
          isGone = true;
          callback();
        });
      };
      return route(cid, { ...response, onGone, end: () => undefined } as unknown as HttpResponse);
    };
    const waiting = Array.from({ length: 32 }, slow);
    await expect(slow()).rejects.toMatchObject({ code: 'anchors_busy', status: 503 });
    await expect.poll(() => gone.length).toBe(32);
    for (const leave of gone.splice(0)) leave();
    await Promise.all(waiting);
    const next = slow();
    await expect.poll(() => gone.length).toBe(1);
    gone[0]!();
    await next;
  });

  test('a path leads nowhere else', async () => {
    for (const path of ['', '../channels.json', '..%2f..%2fchannels.json', '%2e%2e/x', 'a/b', 'BAFK', 'bafk.data'])
      expect([path, await statusOf(`/v1/anchors/${path}`)]).toEqual([path, 404]);
    expect((await get('a', { method: 'POST' })).status).toBe(405);
  });
});
