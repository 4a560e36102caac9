import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitSeq } from '@kedge/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownerOf } from '../../src/workers/ownerOf.js';
import { buildGateway } from '../support/gatewayProcess.js';
import {
  answerWith,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from '../support/scriptedUpstream.js';
import {
  createWorkersSetup,
  expectRecorded,
  hello,
  post,
  startWorkers,
  type TestChannel,
  verifiedChain,
} from '../support/workersSetup.js';

// The real program, whose disk is full for a while: with one process, and with the log in another process than the workers.
let upstream: ScriptedUpstream;

beforeAll(async () => {
  buildGateway();
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
});
afterAll(() => upstream.close());

test.each([1, 2])(
  'R13, L8: a full disk, with workers: %i: nothing is charged or served that cannot be recorded, and all goes on when there is space',
  async (workers) => {
    // So many that each worker has one of them, but once in millions of runs.
    const setup = createWorkersSetup(24, { upstreamUrl: upstream.url });
    const full = join(setup.folder, 'disk-full');
    const ofWorker = (worker: number): TestChannel =>
      setup.channels.find(({ channelId }) => ownerOf(channelId, 2) === worker) as TestChannel;
    const both = [ofWorker(0), ofWorker(1)];
    let gateway = await startWorkers(setup, workers);
    try {
      upstream.script = answerWith(completion('Hello there.'));
      const served = await Promise.all(both.map((channel) => post(gateway.url, channel)));
      expect(served.map(({ status }) => status)).toEqual([200, 200]);

      // A stream begins, and the disk fills.
      let goOn: (() => void) | undefined;
      const words = streamWords(['Hello', ' there']);
      upstream.script = (request, response) => {
        goOn = () => void words(request, response);
      };
      const stream = post(gateway.url, ofWorker(1), { body: { ...hello, stream: true } }).then(
        ({ signed, text }) => ({ signed, isWhole: text.includes('[DONE]') }),
        () => ({ signed: undefined, isWhole: false }),
      );
      await expect.poll(() => goOn).toBeDefined();
      upstream.script = answerWith(completion('Hello there.'));
      writeFileSync(full, '');
      // A call whose receipt cannot be written is not answered with what it asked for; a stream ends without its receipt.
      const first = await post(gateway.url, ofWorker(0), { key: 'one' });
      expect(first).toMatchObject({ status: 503, code: 'log_unavailable', signed: undefined });
      expect(first.text).not.toContain('Hello there.');
      goOn?.();
      expect(await stream).toEqual({ signed: undefined, isWhole: false });
      // From then on the upstream is not even asked, for no channel; and who balances calls is told.
      await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(503);
      const asked = upstream.requests.length;
      for (const channel of both) {
        expect(await post(gateway.url, channel)).toMatchObject({ status: 503, code: 'log_unavailable' });
      }
      expect(upstream.requests).toHaveLength(asked);
      expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
      gateway.signal('SIGTERM');
      await gateway.ended;

      rmSync(full);
      gateway = await startWorkers(setup, workers);
      const again = await post(gateway.url, ofWorker(0), { key: 'one' });
      expect(again.status).toBe(200);
      const other = await post(gateway.url, ofWorker(1));
      expect(other.status).toBe(200);
      for (const [index, answer] of [again, other].entries()) {
        const acknowledged = [served[index]?.signed, answer.signed].flatMap((signed) => signed ?? []);
        const epochs = acknowledged.map(({ receipt }) => splitSeq(receipt.seq).epoch);
        expectRecorded(await verifiedChain(gateway.url, setup, both[index] as TestChannel, epochs), acknowledged, 0);
      }
    } finally {
      gateway.signal('SIGKILL');
      await gateway.ended;
      setup.remove();
    }
  },
  // It starts the gateway twice, with its workers.
  600_000,
);
