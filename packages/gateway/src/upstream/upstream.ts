import { BaseError } from '@kedge/core';
import { reasonOf } from '../structuredLog.js';
import { createConnectionPool, type RunningRequest } from '../http1/createConnectionPool.js';
import type { HeaderFields } from '../http1/parseHead.js';
import type { OutputLimitField } from '../surfaces/surface.js';

/** What an upstream's answer is told to. Exactly one of `end` and `fail` is called, last. */
export type UpstreamListener = {
  readonly start: (status: number, headers: HeaderFields) => void;
  /** The bytes are only there until it returns. */
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
  readonly fail: (error: BaseError) => void;
};

export type UpstreamCall = RunningRequest;

export type UpstreamTarget = {
  readonly path: string;
  /** JSON unless it says otherwise. */
  readonly contentType: string | undefined;
  /** The version of Anthropic's API, where that is spoken: its clients also name themselves in another header. */
  readonly anthropicVersion: string | undefined;
};

export type Upstream = {
  readonly outputLimitField: OutputLimitField;
  readonly post: (target: UpstreamTarget, body: string | Buffer, listener: UpstreamListener) => UpstreamCall;
  readonly close: () => void;
};

/** Its reasoning models refuse `max_tokens`, and all of its models take the other one. */
const openAiHosts = /(^|\.)api\.openai\.com$/;

/** The API behind the gateway. */
export function createUpstream(options: {
  readonly url: string;
  /** As it is now. */
  readonly apiKey: () => string | undefined;
  readonly timeoutMs: number;
  readonly connections: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** Without it: the one that OpenAI's own API wants, or the one that every other server knows. */
  readonly outputLimitField?: OutputLimitField | undefined;
}): Upstream {
  const { apiKey, timeoutMs, connections, maxWaiting, maxWaitMs } = options;
  const url = new URL(options.url);
  const prefix = url.pathname === '/' ? '/v1' : url.pathname.replace(/\/+$/, '');
  const pool = createConnectionPool({ url, timeoutMs, connections, maxWaiting, maxWaitMs });
  const headers = [
    ` HTTP/1.1\r\nhost: ${url.host}`,
    'accept: application/json, text/event-stream, */*',
    // What is compressed cannot be counted without unpacking it.
    'accept-encoding: identity',
    '',
  ].join('\r\n');

  return {
    outputLimitField:
      options.outputLimitField ?? (openAiHosts.test(url.hostname) ? 'max_completion_tokens' : 'max_tokens'),
    post: ({ path, contentType = 'application/json', anthropicVersion }, body, listener) => {
      const key = apiKey();
      const bearer = key === undefined ? '' : `authorization: Bearer ${key}\r\n`;
      const anthropicKey = key === undefined ? '' : `x-api-key: ${key}\r\n`;
      const more = anthropicVersion === undefined ? '' : `${anthropicKey}anthropic-version: ${anthropicVersion}\r\n`;
      const length = Buffer.byteLength(body);
      const head = `POST ${prefix}${path}${headers}${bearer}${more}content-type: ${contentType}\r\ncontent-length: ${length}\r\n\r\n`;
      const request = typeof body === 'string' ? head + body : Buffer.concat([Buffer.from(head, 'latin1'), body]);
      return pool.send(request, {
        start: listener.start,
        data: listener.data,
        end: listener.end,
        fail: (error) => listener.fail(upstreamError(error, url.origin)),
      });
    },
    close: pool.close,
  };
}

/** 503 for what was not even sent, 504 for time, 502 for everything else. The upstream's address is the operator's own business: only its origin is told. */
function upstreamError(cause: Error, origin: string): BaseError {
  const code = (cause as { code?: string }).code ?? '';
  if (code === 'HTTP_BUSY') {
    return new BaseError('The upstream has all the calls that it takes at once.', {
      code: 'upstream_busy',
      status: 503,
      kind: 'transient',
      cause,
      values: { upstream: origin, reason: reasonOf(cause), retryAfterSeconds: 1 },
      hints: ['Nothing was charged. Try again in a moment.'],
    });
  }
  const isTimeout = /TIMEOUT|ETIMEDOUT/.test(code);
  return new BaseError(isTimeout ? 'The upstream took too long.' : 'The upstream did not answer.', {
    code: isTimeout ? 'upstream_timeout' : 'upstream_failed',
    status: isTimeout ? 504 : 502,
    kind: 'transient',
    cause,
    values: { upstream: origin, reason: reasonOf(cause) },
    hints: ['Nothing was charged. Try again; the operator finds the cause in the log.'],
  });
}
