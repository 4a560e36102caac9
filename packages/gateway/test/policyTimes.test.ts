import { expect, test } from 'vitest';
import { answerWith, completion } from './support/scriptedUpstream.js';
import { refusalOf, startSurfaceTest, type SurfaceTest } from './support/surfaceTest.js';

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
const second = { format: 'kedge-policy/2' } as const;
const script = answerWith(completion('Hello.'));
const call = async ({ post }: SurfaceTest) => {
  const { status, text, headers } = await post('/v1/chat/completions', hello);
  return { status, refusal: status === 200 ? undefined : refusalOf(text), retryAfter: headers.get('retry-after') };
};
/** The next full hour of a Wednesday, so that no window ends while a test runs on its clock. */
const wednesday = (() => {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() + ((3 - day.getUTCDay() + 7) % 7 || 7));
  return (hours: number, minutes = 0, seconds = 0) => day.setUTCHours(hours, minutes, seconds, 0);
})();
const longLived = { deadline: BigInt(Math.floor(Date.now() / 1_000)) + 30n * 86_400n };

test('a window’s requests: what is beyond is 429 with its clause and when to come back; the next window serves again', async () => {
  const windows = [{ seconds: 3600 as const, requests: 2 }];
  const it = await startSurfaceTest({
    policy: { ...second, caps: { outputTokensPerCall: 16, windows } },
    channel: longLived,
    script,
  });
  it.setup.now = () => wednesday(10, 59, 50);
  expect((await call(it)).status).toBe(200);
  expect((await call(it)).status).toBe(200);
  const third = await call(it);
  expect([third.status, third.refusal?.error.code, third.retryAfter]).toEqual([429, 'window_exceeded', '10']);
  expect(third.refusal?.values).toMatchObject({ clause: 'caps.windows.0', usedRequests: 2 });
  it.setup.now = () => wednesday(11);
  expect((await call(it)).status).toBe(200);
});

test('a window’s units survive a restart, and running calls count with their worst case', async () => {
  const windows = [{ seconds: 86400 as const, units: '100' }];
  const it = await startSurfaceTest({
    policy: { ...second, caps: { outputTokensPerCall: 16, windows } },
    channel: longLived,
    script,
  });
  it.setup.now = () => wednesday(10);
  const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await call(it)).status));
  // Each may need 8 + 3 x 16 = 56 units: one runs at a time, and uses 14.
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(1);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1);
  let served = statuses.filter((status) => status === 200).length;
  while ((await call(it)).status === 200) served++;
  expect(served * 14).toBeGreaterThan(100 - 56);
  expect(served * 14).toBeLessThanOrEqual(100);
  await it.gateway.close();
  const again = await it.setup.start();
  const response = await fetch(`${again.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer kedge_test_key' },
    body: JSON.stringify(hello),
  });
  expect(response.status).toBe(429);
  await again.close();
});

test('what a clock that was far ahead noted stands against no later window; set back a little, it counts on', async () => {
  const windows = [{ seconds: 60 as const, requests: 1 }];
  const it = await startSurfaceTest({
    policy: { ...second, caps: { outputTokensPerCall: 16, windows } },
    channel: longLived,
    script,
  });
  it.setup.now = () => wednesday(10) + 7 * 86_400_000;
  expect((await call(it)).status).toBe(200);
  it.setup.now = () => wednesday(10);
  expect((await call(it)).status).toBe(200);
  expect((await call(it)).status).toBe(429);
  it.setup.now = () => wednesday(9, 59, 59);
  expect((await call(it)).status).toBe(429);
  it.setup.now = () => wednesday(10, 1);
  expect((await call(it)).status).toBe(200);
});

test('a call that alone is more than a window allows is 403, not 429', async () => {
  const windows = [{ seconds: 60 as const, units: '10' }];
  const it = await startSurfaceTest({ policy: { ...second, caps: { outputTokensPerCall: 16, windows } }, script });
  const { status, refusal } = await call(it);
  expect([status, refusal?.values['clause']]).toEqual([403, 'caps.windows.0']);
});

test('outside of the policy’s hours nothing is served: 403 with its clause', async () => {
  const hours = [{ days: ['wed', 'thu'] as ('wed' | 'thu')[], from: '08:00', until: '18:00' }];
  const it = await startSurfaceTest({ policy: { ...second, hours }, channel: longLived, script });
  for (const [moment, status] of [
    [wednesday(7, 59, 59), 403],
    [wednesday(8), 200],
    [wednesday(17, 59, 59), 200],
    [wednesday(18), 403],
    [wednesday(8) - 86_400_000, 403],
  ] as const) {
    it.setup.now = () => moment;
    const answer = await call(it);
    expect([moment, answer.status]).toEqual([moment, status]);
    if (status === 403) expect(answer.refusal?.values['clause']).toBe('hours');
  }
  expect(it.upstream.requests).toHaveLength(2);
});

test('a surface that the policy leaves out is 403 with its clause, whatever its rates', async () => {
  const it = await startSurfaceTest({ policy: { ...second, surfaces: ['/embeddings'] }, script });
  const { status, refusal } = await call(it);
  expect([status, refusal?.values['clause']]).toEqual([403, 'surfaces']);
});
