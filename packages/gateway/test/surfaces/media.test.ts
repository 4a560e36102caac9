import { expect, test } from 'vitest';
import { toFile } from 'openai';
import { apiKey } from '../support/createTestSetup.js';
import { answerWith } from '../support/scriptedUpstream.js';
import { refusalOf, startSurfaceTest } from '../support/surfaceTest.js';
import { wav } from '../support/wav.js';

const perRequest = { rates: { requests: '7' } };

test('images by the image: what came is charged, no more than was asked for', async () => {
  const { openai, chargedFor, upstream } = await startSurfaceTest({
    policy: { rates: { images: '100' } },
    script: answerWith({ created: 1, data: [{ b64_json: 'AA==' }, { b64_json: 'AA==' }] }),
  });
  const { data, response } = await openai.images.generate({ model: 'demo', prompt: 'A kedge', n: 3 }).withResponse();
  expect(data.data).toHaveLength(2);
  expect(chargedFor(response.headers)).toEqual({ images: 2n });
  upstream.script = answerWith({ created: 1, data: [] });
  await expect(openai.images.generate({ model: 'demo', prompt: 'A kedge' })).rejects.toMatchObject({ status: 502 });
});

test('images by the request', async () => {
  const { post, chargedFor } = await startSurfaceTest({
    policy: perRequest,
    script: answerWith({ created: 1, data: [{ url: 'x' }] }),
  });
  const { headers } = await post('/v1/images/generations', { model: 'demo', prompt: 'A kedge' });
  expect(chargedFor(headers)).toEqual({ requests: 1n });
});

test('speech by the request: bytes pass as they are', async () => {
  const sound = Buffer.from([0xff, 0xfb, 0x00, 0x80, 0xc3, 0x28]);
  const { openai } = await startSurfaceTest({
    policy: perRequest,
    script: (_, response) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(sound),
  });
  const response = await openai.audio.speech.create({ model: 'demo', voice: 'alloy', input: 'Hello' });
  expect(Buffer.from(await response.arrayBuffer())).toEqual(sound);
  expect(response.headers.get('content-type')).toBe('audio/mpeg');
  expect(response.headers.has('kedge-receipt')).toBe(true);
});

test('transcriptions by the request: the form is written anew for the upstream, file and fields unaltered', async () => {
  const { openai, upstream, chargedFor } = await startSurfaceTest({
    policy: perRequest,
    script: answerWith({ text: 'Hello' }),
  });
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256));
  const { data, response } = await openai.audio.transcriptions
    .create({ model: 'demo', file: await toFile(bytes, 'höre "es".mp3'), language: 'en' })
    .withResponse();
  expect(data.text).toBe('Hello');
  expect(chargedFor(response.headers)).toEqual({ requests: 1n });
  const [request] = upstream.requests;
  expect(request?.path).toBe('/v1/audio/transcriptions');
  const form = await new Response(new Uint8Array(request?.body ?? []), {
    headers: { 'content-type': request?.headers['content-type'] ?? '' },
  }).formData();
  expect(form.get('model')).toBe('demo');
  expect(form.get('language')).toBe('en');
  expect(Buffer.from(await (form.get('file') as File).arrayBuffer())).toEqual(bytes);
});

test('transcriptions by bytes and by seconds, which are told from the samples and not from what the head claims', async () => {
  const { openai, chargedFor } = await startSurfaceTest({
    policy: { rates: { bytes: '1', seconds: '10' } },
    script: answerWith({ text: 'Hello' }),
  });
  const file = wav(20_000, 16);
  const { response } = await openai.audio.transcriptions
    .create({ model: 'demo', file: await toFile(file, 'a.wav') })
    .withResponse();
  expect(chargedFor(response.headers)).toEqual({ seconds: 3n, bytes: BigInt(file.length) });
  const unknown = openai.audio.transcriptions.create({ model: 'demo', file: await toFile(Buffer.from('x'), 'a.mp3') });
  await expect(unknown).rejects.toMatchObject({ status: 403, code: 'policy_refused' });
});

test('media without a rate of their own are refused, never free: 403', async () => {
  const { post, openai, upstream } = await startSurfaceTest();
  for (const [path, body] of [
    ['/v1/images/generations', { model: 'demo', prompt: 'x' }],
    ['/v1/audio/speech', { model: 'demo', input: 'x', voice: 'alloy' }],
  ] as const) {
    const { status, text } = await post(path, body);
    expect([status, refusalOf(text).values['clause']]).toEqual([403, 'rates']);
  }
  const transcription = openai.audio.transcriptions.create({ model: 'demo', file: await toFile(wav(8), 'a.wav') });
  await expect(transcription).rejects.toMatchObject({ status: 403, code: 'policy_refused' });
  expect(upstream.requests).toEqual([]);
});

const part = (head: string, content: string) => `--b\r\n${head}\r\n\r\n${content}\r\n`;
const field = (name: string, content: string) => part(`content-disposition: form-data; name="${name}"`, content);
const file = part('content-disposition: form-data; name="file"; filename="a"', 'x');

test.each([
  ['another content type', 'application/json', '{}', 415],
  ['two boundaries', 'multipart/form-data; boundary=b; boundary=c', `${file}--b--\r\n`, 415],
  ['text before the first boundary', 'multipart/form-data; boundary=b', `x\r\n${file}--b--\r\n`, 400],
  ['text after the end', 'multipart/form-data; boundary=b', `${file}--b--\r\nx`, 400],
  ['no end', 'multipart/form-data; boundary=b', file, 400],
  ['bare line feeds', 'multipart/form-data; boundary=b', `${file}--b--\r\n`.replaceAll('\r', ''), 400],
  [
    'a model twice',
    'multipart/form-data; boundary=b',
    `${file}${field('model', 'demo')}${field('model', 'dear')}--b--`,
    403,
  ],
  ['two files', 'multipart/form-data; boundary=b', `${file}${file}${field('model', 'demo')}--b--`, 403],
  [
    'a transfer encoding',
    'multipart/form-data; boundary=b',
    `${part('content-disposition: form-data; name="model"\r\ncontent-transfer-encoding: base64', 'x')}--b--`,
    400,
  ],
  ['no model', 'multipart/form-data; boundary=b', `${file}--b--`, 400],
  [
    'a stream',
    'multipart/form-data; boundary=b',
    `${file}${field('model', 'demo')}${field('stream', 'true')}--b--`,
    400,
  ],
])('a form with %s is refused', async (_, contentType, body, status) => {
  const { gateway, upstream } = await startSurfaceTest({ policy: perRequest });
  const response = await fetch(`${gateway.url}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { 'content-type': contentType, authorization: `Bearer ${apiKey}` },
    body: Buffer.from(body),
  });
  expect(response.status).toBe(status);
  expect(upstream.requests).toEqual([]);
});
