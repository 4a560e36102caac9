import { createRandom, testSeed } from '@kedge/testing';
import { expect, test } from 'vitest';
import type { Call } from '../src/call/call.js';
import { createLiveMeter, type LiveCall } from '../src/live/createLiveMeter.js';
import { readLivePart } from '../src/live/readLive.js';

/** As much of a call as its operator is shown. */
function callOf(model: string): Call {
  const served = { channelId: '0x01', classId: 1n, channel: { mode: 'capped' } };
  return { served, surface: { path: '/chat/completions' }, request: { model }, reservation: { units: 1n } } as Call;
}

test('whatever order calls end in, those that run are known, the oldest first', () => {
  const random = createRandom(testSeed);
  let now = 0;
  const meter = createLiveMeter(() => now++);
  const running = new Set<LiveCall>();
  const ended: LiveCall[] = [];
  for (let step = 0; step < 2_000; step++) {
    if (running.size < 30 && random.chance(50)) running.add(meter.begin(callOf(`call ${step}`)));
    else {
      const call = [...running][random.below(Math.max(1, running.size))];
      // Some end twice.
      const again = ended[random.below(Math.max(1, ended.length))];
      if (again !== undefined) meter.end(again);
      if (call === undefined) continue;
      meter.end(call);
      running.delete(call);
      ended.push(call);
    }
    expect(new Set(meter.running())).toEqual(running);
  }
  const part = readLivePart(meter, []);
  expect(part.runningCount).toBe(running.size);
  expect(part.running.map(({ model }) => model)).toEqual(
    [...running].slice(0, 20).map(({ call }) => call.request.model),
  );
});
