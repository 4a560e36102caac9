import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { createIndexerClient, type IndexerClient } from '@kedge/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataPathsOf } from '../../src/files/dataPaths.js';
import { endLeftovers } from '../../src/up/endLeftovers.js';
import { runningUp, servicePid, type RunningUp } from './runningUp.js';

const patience = 300_000;

describe('the indexer of kedge up', { timeout: patience }, () => {
  const paths = dataPathsOf(join(mkdtempSync(join(tmpdir(), 'kedge-e2e-')), '.kedge'));
  let up: RunningUp;
  let indexer: IndexerClient;

  beforeAll(async () => {
    up = await runningUp(paths, []);
    indexer = createIndexerClient({ url: String(up.upFile['indexerUrl']) });
  }, patience);
  afterAll(async () => {
    if (up !== undefined) await up.end('SIGKILL');
    await endLeftovers(paths, async () => undefined);
    rmSync(join(paths.root, '..'), { recursive: true, force: true });
  }, patience);

  /** Asks until it answers what is wanted; says what came last when time runs out, before the test's own does. */
  const answering = async <answer>(
    ask: () => Promise<answer>,
    wanted: (answer: answer) => boolean,
  ): Promise<answer> => {
    let last: unknown;
    for (const end = Date.now() + patience * 0.8; Date.now() < end; await delay(100)) {
      try {
        const answer = await ask();
        if (wanted(answer)) return answer;
        last = answer;
      } catch (error) {
        last = error;
      }
    }
    throw new Error(`the indexer did not answer what is wanted; last: ${inspect(last, { depth: 6 })}`, {
      cause: last,
    });
  };

  test('a call arrives in it, and its contributor’s claim is explained down to that call', async () => {
    const client = new OpenAI({ baseURL: up.upFile.gatewayUrl, apiKey: up.upFile.apiKey, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'How are contributors paid?' }];
    await client.chat.completions.create({ model: 'kedge-docs', messages });
    const { items } = await answering(
      () => indexer.activity({ type: 'royalty' }),
      (page) => page.items.length > 0,
    );
    const [docs] = up.upFile.classes;
    expect(items[0]).toMatchObject({ classId: BigInt(docs!.classId), className: docs!.name });
    const tokenId = BigInt(docs!.shareTokenId);
    const explained = await indexer.explainClaim({ tokenId, asset: items[0]!.asset! });
    expect(explained.claimable).toBe(items[0]!.amount);
    const [part] = explained.parts;
    const inner = part?.cause.type === 'royalty' ? part.cause.parts[0]?.cause : undefined;
    expect(inner).toMatchObject({ type: 'use', uses: [{ channel: { channelId: up.upFile.channelId } }] });
    expect(inner?.type === 'use' && inner.receiptRoots.length).toBe(1);
  });

  test('killed, it comes back at the same port with the same answers', async () => {
    const before = await indexer.status();
    const again = up.saying('the indexer runs again');
    process.kill(servicePid(paths, 'indexer'), 'SIGKILL');
    await again;
    const after = await answering(
      () => indexer.status(),
      ({ ready, lag }) => ready && lag === 0,
    );
    expect(after.counts).toEqual(before.counts);
  });

  test('Ctrl-C ends it with the rest', async () => {
    expect(await up.end('SIGINT')).toBe(0);
    await expect(indexer.status()).rejects.toMatchObject({ code: 'indexer_unreachable' });
  });
});
