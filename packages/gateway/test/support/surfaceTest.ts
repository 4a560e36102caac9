import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { decodeSignedReceipt, hashBody, type SignedReceipt } from '@kedge/core';
import OpenAI from 'openai';
import { expect, onTestFinished } from 'vitest';
import type { Gateway } from '../../src/index.js';
import { apiKey, createTestSetup, type TestSetup } from './createTestSetup.js';
import { answerWith, type Script, type ScriptedUpstream, startScriptedUpstream } from './scriptedUpstream.js';

/** One gateway in front of one scripted upstream, over HTTP. */
export type SurfaceTest = {
  readonly upstream: ScriptedUpstream;
  readonly setup: TestSetup;
  readonly gateway: Gateway;
  readonly openai: OpenAI;
  readonly post: (
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ) => Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }>;
  /** Metrics of a receipt as one object. */
  readonly chargedFor: (headers: Headers) => Record<string, bigint>;
};

/** Starts both; they are closed after the test that calls it. */
export async function startSurfaceTest(
  options: Omit<Parameters<typeof createTestSetup>[0], 'upstreamUrl'> & { readonly script?: Script } = {},
): Promise<SurfaceTest> {
  const { script, ...more } = options;
  const upstream = await startScriptedUpstream(script ?? answerWith({}));
  const setup = createTestSetup({ upstreamUrl: upstream.url, ...more });
  const gateway = await setup.start();
  const test: SurfaceTest = {
    upstream,
    setup,
    gateway,
    openai: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 }),
    post: async (path, body, headers = {}) => {
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
        body: JSON.stringify(body),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    chargedFor: (headers) => metricsOf(decodeSignedReceipt(headers.get('kedge-receipt') ?? '')),
  };
  // Here and not at the top: test files share this module, and hooks at its top would be those of the first one only.
  onTestFinished(async () => {
    await gateway.close();
    await upstream.close();
    setup.remove();
  });
  return test;
}

export function metricsOf({ receipt }: SignedReceipt): Record<string, bigint> {
  return Object.fromEntries(receipt.metrics.map(({ metric, amount }) => [metric, amount]));
}

/** The one receipt of a saved stream, held against the stream's bytes (R16, R17). */
export function receiptIn(text: string): SignedReceipt {
  const lines = text.match(/^: kedge-receipt (\S+)\n\n/gm) ?? [];
  expect(lines).toHaveLength(1);
  const line = lines[0] ?? '';
  const signed = decodeSignedReceipt(line.slice(': kedge-receipt '.length));
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  expect(signed.receipt.responseHash).toBe(hashBody(signed.salt, Buffer.from(text.replace(line, '')), sha256));
  return signed;
}

/** Streams events with their names, each in a write of its own. */
export function streamEvents(events: readonly { readonly type: string; readonly [field: string]: unknown }[]): Script {
  return (_, response) => {
    beginStream(response);
    for (const event of events) response.write(eventText(event));
    response.end();
  };
}

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

export function eventText(event: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

export type Refusal = { readonly values: Record<string, string>; readonly error: { readonly code: string } };

export function refusalOf(text: string): Refusal {
  return JSON.parse(text) as Refusal;
}
