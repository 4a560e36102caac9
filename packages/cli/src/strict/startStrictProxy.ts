import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';
import { answerOfProblem, BaseError } from '@kedge/core';
import type { KedgeFetch } from '@kedge/sdk';
import { toBaseError } from '../toBaseError.js';

const maxRequestBytes = 32 * 1024 * 1024;
// What concerns one connection only, and what the proxy sets itself.
const ownHeaders = [
  'host',
  'connection',
  // Some clients offer to go on in another protocol (Java's, with each call).
  'upgrade',
  'content-length',
  'transfer-encoding',
  'authorization',
  'x-api-key',
  'expect',
  'keep-alive',
  // What fetch can decode, fetch asks for.
  'accept-encoding',
];

/** How long the proxy waits, as it stops, for clients to take answers that are there. */
const longestDeliveryMs = 5_000;

// What fetch says of a connection that it could not make, and of one that broke.
const fetchFailed = /^(fetch failed|terminated)$/;

/** A local API that pays for every call from a strict channel. */
type StrictProxy = { readonly url: string; readonly close: () => Promise<void> };

/**
 * Listens on this machine for any OpenAI client, and passes its calls on with the channel's API key, paid by `paid`. It
 * asks for no key: whoever can connect to this machine's own address may spend. What a browser sends for a web page is
 * refused.
 */
export async function startStrictProxy(options: {
  readonly port: number;
  readonly gatewayUrl: string;
  readonly apiKey: string;
  readonly paid: KedgeFetch;
  readonly onError: (error: unknown) => void;
}): Promise<StrictProxy> {
  const { gatewayUrl, apiKey, paid } = options;
  const base = gatewayUrl.replace(/\/+$/, '');

  const underWay = new Set<Promise<void>>();
  let isStopping = false;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (isStopping) throw stopping();
    requireLocal(request);
    const path = /^\/v1(\/.*)$/.exec(targetOf(request))?.[1];
    if (path === undefined) {
      throw new BaseError('This proxy serves /v1 only.', {
        code: 'not_found',
        status: 404,
        hints: ['Use the base URL that kedge connect printed, which ends in /v1.'],
      });
    }
    const leaving = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) leaving.abort();
    });
    const { method = 'GET' } = request;
    const body = method === 'GET' || method === 'HEAD' ? null : await bodyOf(request);
    const answered = await paid(`${base}${path}`, {
      method,
      headers: headersOf(request, apiKey),
      body,
      signal: leaving.signal,
    });
    // Of what a gateway or a proxy before it compressed, fetch hands on the plain bytes.
    const headers = [...answered.headers].filter(([name]) => name !== 'content-encoding' && !ownHeaders.includes(name));
    response.writeHead(answered.status, Object.fromEntries(headers));
    if (answered.body === null) response.end();
    else await pipeline(Readable.fromWeb(answered.body as ReadableStream), response);
  };

  const server = createServer((request, response) => {
    const ended = new Promise<void>((resolve) => response.once('close', resolve));
    underWay.add(ended);
    void ended.then(() => underWay.delete(ended));
    answer(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      const told = withStatus(error);
      options.onError(told);
      if (response.headersSent) return void response.destroy();
      const [path = ''] = targetOf(request).split('?', 1);
      const { status, contentType, body } = answerOfProblem(told, path);
      if (isStopping) response.setHeader('connection', 'close');
      response.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new BaseError(`Port ${options.port} of this machine cannot be listened on.`, {
          code: 'listen_failed',
          cause,
          values: { reason: cause.code },
          hints: ['Choose another with --port, or none for any that is free.'],
        }),
      ),
    );
    server.listen(options.port, '127.0.0.1', resolve);
  });
  // A connection that cannot be accepted, for want of file descriptors, is no reason to stop.
  server.on('error', options.onError);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: async () => {
      isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await paid.idle();
      // What was paid for is handed over.
      await Promise.race([Promise.all(underWay), delay(longestDeliveryMs, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
    },
  };
}

function stopping(): BaseError {
  return new BaseError('This proxy is stopping.', {
    code: 'stopping',
    status: 503,
    kind: 'transient',
    hints: ['Nothing was sent or paid. Start kedge connect again.'],
  });
}

/** The path with its query, also of a client that names the whole URL (RFC 9112, 3.2.2). */
function targetOf({ url = '' }: IncomingMessage): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '');
}

/** A page in a browser could otherwise spend: by its own requests (Origin), or under a name that it points here (Host). */
function requireLocal({ headers }: IncomingMessage): void {
  // Only HTTP/1.0 may leave it out, which no browser speaks.
  const host = (headers.host ?? 'localhost').replace(/:\d+$/, '').toLowerCase();
  if (headers.origin === undefined && (host === '127.0.0.1' || host === 'localhost')) return;
  throw new BaseError('This proxy serves programs of this machine, not web pages.', {
    code: 'not_local',
    status: 403,
    hints: ['Use http://127.0.0.1 with the port that kedge connect printed.'],
  });
}

function headersOf({ headers }: IncomingMessage, apiKey: string): Headers {
  const passed = new Headers();
  const ofConnection = (headers.connection ?? '').toLowerCase().split(/[\s,]+/);
  for (const [name, value] of Object.entries(headers)) {
    const isOwn = ownHeaders.includes(name) || ofConnection.includes(name);
    if (!isOwn && typeof value === 'string') passed.set(name, value);
  }
  passed.set('authorization', `Bearer ${apiKey}`);
  return passed;
}

/** Read to its end, however long: a client that is still sending when its connection closes would miss the answer. */
async function bodyOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxRequestBytes) chunks.push(chunk);
  }
  if (bytes <= maxRequestBytes) return Buffer.concat(chunks) as Buffer<ArrayBuffer>;
  throw new BaseError('The request body is too large.', {
    code: 'request_too_large',
    status: 413,
    values: { bytes, maxRequestBytes },
    hints: ['Send less: kedge connect passes on 32 MiB at most.'],
  });
}

/** What is wrong with the operator, or on the way to it, is 502 to the proxy's client; what is wrong here is 500. */
function withStatus(error: unknown): unknown {
  if (error instanceof BaseError) return error.status === undefined ? error.with({ status: 502 }) : error;
  if (error instanceof TypeError && fetchFailed.test(error.message)) {
    return new BaseError('The gateway does not answer.', {
      code: 'gateway_unreachable',
      status: 502,
      kind: 'transient',
      hints: ['Check --gateway, and that the gateway runs.'],
      cause: error,
    });
  }
  const known = toBaseError(error);
  return known instanceof BaseError ? known.with({ status: 500 }) : error;
}
