import {
  encodeSignedVoucher,
  type Hex,
  signedVoucherToJson,
  voucherDigest,
  voucherHeader,
  zeroHash,
} from '@kedge/core';
import { propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { testSeed } from '@kedge/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { connectRaw } from './http1/support/rawSocket.js';
import { changed } from './support/changedJson.js';
import { channelKey, createStrictSetup } from './support/createStrictSetup.js';
import { apiKey, domain } from './support/createTestSetup.js';
import { answerWith, completion, startScriptedUpstream } from './support/scriptedUpstream.js';

// What strangers write into the headers that the gateway reads, byte by byte: refused in our words, and the next call is served.

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterAll(() => {
  trace.disable();
  propagation.disable();
});

const hello = JSON.stringify({ model: 'demo', max_tokens: 4, messages: [{ role: 'user', content: 'Hi' }] });
/** Any bytes that do not end the line, as latin1; mostly those that a header may have. */
const latin1 = (ofByte: fc.Arbitrary<number>) =>
  fc.array(ofByte, { maxLength: 60 }).map((all) => Buffer.from(all).toString('latin1'));
const bytes = fc.oneof(
  {
    weight: 4,
    arbitrary: latin1(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }))),
  },
  latin1(fc.integer({ min: 0, max: 0xff }).filter((byte) => byte !== 0x0d && byte !== 0x0a)),
);
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-fA-F]{${length}}$`));

/** A text with one place exchanged for some bytes. */
const broken = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(text, fc.nat(), fc.nat(5), bytes).map(([whole, where, length, by]) => {
    const at = where % (whole.length + 1);
    return whole.slice(0, at) + by + whole.slice(at + length);
  });

const key = fc.constant(`Bearer ${apiKey}`);
const authorization = fc.oneof(
  { weight: 4, arbitrary: key },
  broken(key),
  bytes,
  fc.constantFrom(
    '',
    'Bearer',
    'Bearer ',
    `bearer ${apiKey}`,
    `Basic ${btoa(`a:${apiKey}`)}`,
    `Bearer ${'x'.repeat(9_000)}`,
  ),
);
const whole = fc.tuple(hex(2), hex(32), hex(16), hex(2)).map((parts) => parts.join('-'));
const traceparent = fc.option(fc.oneof(whole, broken(whole), bytes), { nil: undefined });

test('any authorization, traceparent and kedge-voucher is refused in our words, or served; none is an error of the gateway', async () => {
  const upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  const setup = createStrictSetup(upstream.url, { startUnits: '1000000' });
  const gateway = await setup.start({ traces: true });
  const sign = async (cumulativeUnits: bigint) => {
    const voucher = { channelId: setup.channelId, cumulativeUnits, receiptHash: zeroHash, seq: 0n };
    const digest = voucherDigest(domain, voucher, keccak256);
    return { voucher, signature: await channelKey.sign({ hash: digest }) };
  };
  const signed = await sign(1_000_000n);
  const encoded = fc.constant(encodeSignedVoucher(signed));
  const word = (length: number) => hex(length).map((digits): Hex => `0x${digits.toLowerCase()}`);
  const forged = fc.record({
    voucher: fc.record({
      channelId: fc.oneof(fc.constant(setup.channelId), word(64)),
      cumulativeUnits: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      receiptHash: word(64),
      seq: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    }),
    signature: fc.oneof(fc.constant(signed.signature), word(130)),
  });
  const voucher = fc.option(
    fc.oneof(
      encoded,
      forged.map(encodeSignedVoucher),
      broken(encoded),
      changed(signedVoucherToJson(signed)).map((json) => Buffer.from(JSON.stringify(json) ?? '').toString('base64url')),
      bytes,
    ),
    { nil: undefined },
  );

  const call = async (headers: readonly (readonly [string, string | undefined])[]) => {
    const connection = connectRaw(Number(new URL(gateway.url).port));
    const lines = headers.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`])).join('');
    const fixed = `Host: a\r\nContent-Type: application/json\r\nContent-Length: ${hello.length}\r\nConnection: close\r\n`;
    connection.write(`POST /v1/chat/completions HTTP/1.1\r\n${fixed}${lines}\r\n${hello}`);
    await connection.closed;
    const [head = '', ...body] = connection.text().split('\r\n\r\n');
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), body: body.join('\r\n\r\n') };
  };

  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(authorization, traceparent, voucher, async (who, trail, paid) => {
      const { status, body } = await call([
        ['Authorization', who],
        ['traceparent', trail],
        [voucherHeader, paid],
      ]);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect([200, 400, 401, 402, 403, 404, 409, 431]).toContain(status);
      if (status === 200) return;
      expect(JSON.parse(body)).toMatchObject({ status, error: { code: expect.any(String) } });
    }),
    { numRuns: 500, seed: testSeed },
  );
  for (const status of [200, 400, 401, 403])
    expect([status, statuses.get(status)]).toEqual([status, expect.any(Number)]);
  expect(setup.logs.filter(({ level }) => level === 'error')).toEqual([]);
  expect(
    (
      await call([
        ['Authorization', `Bearer ${apiKey}`],
        [voucherHeader, encodeSignedVoucher(signed)],
      ])
    ).status,
  ).toBe(200);
  await gateway.close();
  await upstream.close();
  setup.remove();
});
