import { expect, test } from 'vitest';
import { apiKey, createTestSetup } from './support/createTestSetup.js';
import { answerWith, completion, startScriptedUpstream } from './support/scriptedUpstream.js';

test('R18: what an earlier run anchored is not anchored again after a restart, and what it did not is', async () => {
  const upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  const setup = createTestSetup({ upstreamUrl: upstream.url });
  const { mined } = setup.chain;
  const anchors = () =>
    mined.flatMap(({ capture }) => capture.anchors.map(({ epoch, lastBatch }) => [epoch, lastBatch]));
  for (const run of [1n, 2n, 3n]) {
    const gateway = await setup.start();
    for (let call = 0; call < 2; call++) {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }),
      });
      expect(response.status).toBe(200);
    }
    // The last capture of a run is made when it stops; of the second, it cannot be.
    setup.chain.down = run === 2n;
    await gateway.close();
    setup.chain.down = false;
  }
  expect(anchors().map(([, lastBatch]) => lastBatch)).toEqual([2n, 2n, 2n]);
  expect(new Set(anchors().map(([epoch]) => epoch)).size).toBe(3);
  await upstream.close();
  setup.remove();
});
