import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { apiKey, createTestSetup, type TestSetup } from './support/createTestSetup.js';
import {
  answerWith,
  chunkEvent,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';

const exporter = new InMemorySpanExporter();
let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterAll(() => {
  trace.disable();
  propagation.disable();
});
beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('A private answer.')));
  setup = createTestSetup({ upstreamUrl: upstream.url });
  gateway = await setup.start({ traces: true });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
  exporter.reset();
});

async function call(more: object = {}, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, ...headers },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'a private prompt' }], ...more }),
  });
  await response.text().catch(() => undefined);
  return response;
}

/** The spans, once `count` have ended: a span ends right after its answer has left. */
async function spans(count: number): Promise<ReadableSpan[]> {
  await expect.poll(() => exporter.getFinishedSpans().length, { timeout: 10_000 }).toBe(count);
  return exporter.getFinishedSpans();
}
const eventsOf = (span: ReadableSpan): string[] => span.events.map(({ name }) => name);
const steps = ['kedge.reserved', 'kedge.upstream_answered', 'kedge.charged', 'kedge.receipt_durable'];

test('a call is one span by the conventions for generative AI, whose events are the steps of metering', async () => {
  await call({ max_tokens: 20 });
  const [span] = (await spans(1)) as [ReadableSpan];
  expect(span.name).toBe('chat demo');
  expect(span.kind).toBe(SpanKind.CLIENT);
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
  expect(eventsOf(span)).toEqual(steps);
  const { 'kedge.units': units, 'kedge.units.reserved': reserved, 'kedge.receipt.seq': seq, ...rest } = span.attributes;
  expect(rest).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'demo',
    'gen_ai.request.max_tokens': 20,
    'gen_ai.usage.input_tokens': expect.any(Number),
    'gen_ai.usage.output_tokens': 4,
    'kedge.channel.id': setup.channelId,
    'kedge.class.id': '7',
    'kedge.stream': false,
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(upstream.url).port),
  });
  expect(BigInt(units as string)).toBeLessThan(BigInt(reserved as string));
  const receipt = await fetch(`${gateway.url}/v1/receipts/${setup.channelId}/${String(seq)}`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  expect(((await receipt.json()) as { receipt: { units: string } }).receipt.units).toBe(units);
});

test('it stands below the span that the caller names', async () => {
  const traceId = 'ab'.repeat(16);
  await call({}, { traceparent: `00-${traceId}-${'cd'.repeat(8)}-01` });
  const [span] = (await spans(1)) as [ReadableSpan];
  expect(span.spanContext().traceId).toBe(traceId);
  expect(span.parentSpanContext?.spanId).toBe('cd'.repeat(8));
});

test('a stream has the same steps; one that breaks off, and a refused call, say why', async () => {
  upstream.script = streamWords(['One', ' two']);
  await call({ stream: true });
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ content: 'One two' }), () => setImmediate(() => response.destroy()));
  };
  await call({ stream: true });
  await call({ model: 'another' });
  upstream.script = answerWith({ error: 'down' }, 500);
  await call();
  const [whole, broken, refused, failed] = (await spans(4)) as [ReadableSpan, ReadableSpan, ReadableSpan, ReadableSpan];
  expect(eventsOf(whole)).toEqual(steps);
  expect(whole.attributes).toMatchObject({ 'kedge.stream': true, 'gen_ai.usage.output_tokens': 2 });
  expect(eventsOf(broken)).toEqual(steps);
  expect(broken.attributes['error.type']).toBe('upstream_failed');
  expect(eventsOf(refused)).toEqual([]);
  expect(refused.attributes['error.type']).toBe('policy_refused');
  expect(failed.attributes['error.type']).toBe('upstream_failed');
  expect([broken, refused, failed].map(({ status }) => status.code)).toEqual(Array(3).fill(SpanStatusCode.ERROR));
});

test.each([
  ['ends without an answer', '', 'upstream_failed'],
  ['brings only word of a failure', 'data: {"error":{"message":"down"}}\n\n', 'upstream_failed'],
  ['brings an event that is too long', `data: ${'x'.repeat(2 ** 20)}`, 'upstream_invalid'],
])('a stream that %s is a span that failed', async (_, said, code) => {
  upstream.script = (__, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(said);
  await call({ stream: true });
  const [span] = (await spans(1)) as [ReadableSpan];
  expect([span.attributes['error.type'], span.status.code]).toEqual([code, SpanStatusCode.ERROR]);
});

test('spans hold no key, prompt or answer', async () => {
  await call();
  const [span] = (await spans(1)) as [ReadableSpan];
  const text = JSON.stringify([span.name, span.attributes, span.events, span.status]);
  for (const secret of [apiKey, 'private prompt', 'private answer']) expect(text).not.toContain(secret);
});

test('there are none unless the configuration asks for them, and a warning where no SDK takes them', async () => {
  await gateway.close();
  gateway = await setup.start();
  expect((await call()).status).toBe(200);
  await gateway.close();
  expect(exporter.getFinishedSpans()).toEqual([]);
  expect(setup.logs.map(({ event }) => event)).not.toContain('traces_without_sdk');
  trace.disable();
  gateway = await setup.start({ traces: true });
  expect(setup.logs.map(({ event }) => event)).toContain('traces_without_sdk');
});
