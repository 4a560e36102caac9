import type { Policy } from '@kedge/core';
import { toFile } from 'openai';
import { expect, test } from 'vitest';
import { paidSurfaces } from '../../sdk/src/strict/paidSurfaces.js';
import { surfaces } from '../src/surfaces/surfaces.js';
import { answerWith, type Script } from './support/scriptedUpstream.js';
import { faultOf, startStrictTest, type StrictTest, withholding } from './support/strictClient.js';
import { wav } from './support/wav.js';

const image = { b64_json: 'AA==' };
const sound: Script = (_, response) =>
  response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(Buffer.from([0xff, 0xfb, 0x00, 0x80, 0xc3, 0x28]));
const request = { model: 'demo', prompt: 'A kedge', n: 3 };

/** The newest voucher and the units of all receipts, which a client that was served honestly leaves equal. */
async function unitsOf({ paid, state }: StrictTest): Promise<[signed: string | undefined, committed: string]> {
  await paid.idle();
  const { newest, committedUnits } = await state();
  return [newest?.voucher.cumulativeUnits, committedUnits];
}

test('R11: images are paid as they come: none before, and no more than came', async () => {
  const client = await startStrictTest({
    policy: { rates: { images: '100', requests: '7' } },
    strict: { startUnits: '400' },
  });
  const before: unknown[] = [];
  client.upstream.script = async (asked, response) => {
    before.push((await client.state()).newest?.voucher.cumulativeUnits);
    return answerWith({ created: 1, data: [image, image] })(asked, response);
  };
  const { data } = await client.openai.images.generate(request);
  expect(data).toHaveLength(2);
  // The request is its input.
  expect(before).toEqual(['7']);
  expect(await unitsOf(client)).toEqual(['207', '207']);
});

test('R11: without a configured exposure, one image is served ahead of payment, and more are refused', async () => {
  const client = await startStrictTest({ policy: { rates: { images: '100' } }, strict: { growthBasisPoints: 0 } });
  client.upstream.script = answerWith({ created: 1, data: [image] });
  await client.openai.images.generate({ ...request, n: 1 });
  await expect(client.openai.images.generate({ ...request, n: 2 })).rejects.toMatchObject({
    status: 403,
    code: 'exposure_exceeded',
  });
  expect(await unitsOf(client)).toEqual(['100', '100']);
});

test('R11: an operator that charges for more images than it gave is caught, and not paid for any', async () => {
  const keepOne = withholding((body) => body.replace(`${JSON.stringify(image)},`, ''));
  const client = await startStrictTest({
    policy: { rates: { images: '100', requests: '7' } },
    strict: { startUnits: '400' },
    client: { fetch: keepOne },
  });
  client.upstream.script = answerWith({ created: 1, data: [image, image, image] });
  expect(await faultOf(client.openai.images.generate(request))).toMatchObject({
    code: 'operator_overcounts',
    values: { receiptUnits: 307n, ownUnits: 207n },
  });
  const calls = client.upstream.requests.length;
  expect(await faultOf(client.openai.images.generate(request))).toMatchObject({ code: 'operator_overcounts' });
  expect(client.upstream.requests).toHaveLength(calls);
  expect(await unitsOf(client)).toEqual(['7', '307']);
});

test('R11: fewer embeddings than inputs are no answer, and cost nothing', async () => {
  const data = [0, 1].map((index) => ({ object: 'embedding', index, embedding: [0.5] }));
  const second = `,${JSON.stringify(data[1])}`;
  const client = await startStrictTest({ client: { fetch: withholding((body) => body.replace(second, '')) } });
  client.upstream.script = answerWith({ object: 'list', model: 'demo', data });
  const work = client.openai.embeddings.create({
    model: 'demo',
    input: ['Say', 'something'],
    encoding_format: 'float',
  });
  expect(await faultOf(work)).toMatchObject({ code: 'operator_overcounts', values: { ownUnits: 0n } });
});

test('R11: speech is paid by the request, and passed on as it is; an empty one is not paid', async () => {
  const policy = { rates: { requests: '7' } };
  const client = await startStrictTest({ policy });
  client.upstream.script = sound;
  const speech = { model: 'demo', voice: 'alloy', input: 'Hello' };
  const answer = await client.openai.audio.speech.create(speech);
  expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0xff, 0xfb, 0x00, 0x80, 0xc3, 0x28]);
  expect(await unitsOf(client)).toEqual(['7', '7']);
  const emptied = await startStrictTest({ policy, client: { fetch: withholding(() => '') } });
  emptied.upstream.script = sound;
  expect(await faultOf(emptied.openai.audio.speech.create(speech))).toMatchObject({
    code: 'operator_overcounts',
    values: { receiptUnits: 7n, ownUnits: 0n },
  });
});

test.each<[string, Policy['rates'], string]>([
  ['the request', { requests: '7' }, '7'],
  ['bytes and seconds', { bytes: '1', seconds: '10' }, `${40_044 + 30}`],
])('R11: transcriptions and translations are paid by %s of the form that was sent', async (_, rates, units) => {
  const client = await startStrictTest({ policy: { rates } });
  client.upstream.script = answerWith({ text: 'Hello' });
  const file = await toFile(wav(20_000, 16), 'höre.wav');
  const { text } = await client.openai.audio.transcriptions.create({ model: 'demo', file, language: 'en' });
  expect(text).toBe('Hello');
  expect(await unitsOf(client)).toEqual([units, units]);
  await client.openai.audio.translations.create({ model: 'demo', file });
  const both = `${2n * BigInt(units)}`;
  expect(await unitsOf(client)).toEqual([both, both]);
});

test('R11: every surface that the gateway meters is one that a strict client recounts', () => {
  const paths = [...paidSurfaces.keys()].map((path) => `/v1${path}`);
  expect(paths.toSorted()).toEqual([...surfaces.keys()].toSorted());
});

test('R11: what has no recount here is refused before anything is sent or signed', async () => {
  const client = await startStrictTest();
  const edit = client.openai.images.edit({
    model: 'demo',
    prompt: 'x',
    image: await toFile(Buffer.from('x'), 'a.png'),
  });
  expect(await faultOf(edit)).toMatchObject({
    code: 'surface_unmetered',
    hints: [expect.stringContaining('/audio/speech'), expect.any(String)],
  });
  expect(await unitsOf(client)).toEqual([undefined, '0']);
});
