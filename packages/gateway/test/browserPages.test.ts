import { expect, test } from 'vitest';
import { apiKey } from './support/createTestSetup.js';
import { completion, answerWith, streamWords } from './support/scriptedUpstream.js';
import { startSurfaceTest } from './support/surfaceTest.js';

const origin = 'https://page.example';
const question = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
/** What a browser asks before it lets a page make a call. */
const preflight = (url: string, more: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-stainless-os',
      ...more,
    },
  });
const allowed = (response: Response): string | null => response.headers.get('access-control-allow-origin');

test('a page of another site may make calls with a key, and read answers, refusals, streams and receipts', async () => {
  const { gateway, post, upstream } = await startSurfaceTest({ script: answerWith(completion('Hello.')) });
  const asked = await preflight(`${gateway.url}/v1/chat/completions`);
  expect([asked.status, allowed(asked)]).toEqual([200, '*']);
  expect(asked.headers.get('access-control-allow-headers')).toBe('authorization,content-type,x-stainless-os');
  expect(asked.headers.get('access-control-allow-methods')).toBe('GET, POST');
  expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  expect(upstream.requests).toHaveLength(0);

  const whole = await post('/v1/chat/completions', question, { origin });
  upstream.script = streamWords(['One']);
  const streamed = await post('/v1/chat/completions', { ...question, stream: true }, { origin });
  const refused = await post('/v1/chat/completions', question, { origin, authorization: 'Bearer wrong' });
  expect([whole.status, streamed.status, refused.status]).toEqual([200, 200, 401]);
  for (const { headers } of [whole, streamed, refused]) {
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toBe('*');
  }
  const models = await fetch(`${gateway.url}/v1/models`, { headers: { origin, authorization: `Bearer ${apiKey}` } });
  expect([models.status, allowed(models)]).toEqual([200, '*']);
});

test('nothing else is open to pages of other sites, and programs get no word of it', async () => {
  const { gateway, post } = await startSurfaceTest({ script: answerWith(completion('Hello.')) });
  for (const path of ['/metrics', '/readyz', '/admin/live', '/admin/capture']) {
    const asked = await preflight(`${gateway.url}${path}`);
    const read = await fetch(`${gateway.url}${path}`, { headers: { origin }, redirect: 'manual' });
    expect([path, allowed(asked), allowed(read)]).toEqual([path, null, null]);
  }
  expect((await post('/v1/chat/completions', question)).headers.get('access-control-allow-origin')).toBeNull();
  const noQuestion = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'OPTIONS' });
  expect([noQuestion.status, allowed(noQuestion)]).toEqual([405, null]);
});
