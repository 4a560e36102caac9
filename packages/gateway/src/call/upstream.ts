import { BaseError } from '@kedge/core';
import { type Dispatcher, Pool } from 'undici';
import { reasonOf } from '../structuredLog.js';

export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What an upstream's answer is told to. Exactly one of `end` and `fail` is called, last. */
export type UpstreamListener = {
  readonly start: (status: number, headers: UpstreamHeaders) => void;
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
  readonly fail: (error: BaseError) => void;
};

export type UpstreamCall = { readonly abort: () => void; readonly pause: () => void; readonly resume: () => void };

export type Upstream = {
  readonly post: (path: string, body: string, listener: UpstreamListener) => UpstreamCall;
  readonly close: () => Promise<void>;
};

/** The API behind the gateway, over undici's dispatcher: no fetch, no streams in between. */
export function createUpstream(options: {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly timeoutMs: number;
  readonly connections: number;
}): Upstream {
  const url = new URL(options.url);
  const prefix = url.pathname === '/' ? '/v1' : url.pathname.replace(/\/+$/, '');
  const pool = new Pool(url.origin, {
    connections: options.connections,
    pipelining: 1,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
  });
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    // What is compressed cannot be counted without unpacking it.
    'accept-encoding': 'identity',
    ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
  };

  return {
    post: (path, body, listener) => {
      let controller: Dispatcher.DispatchController | undefined;
      let state: 'running' | 'paused' | 'over' = 'running';
      const fail = (error: Error): void => {
        if (state === 'over') return;
        state = 'over';
        listener.fail(upstreamError(error, url.origin));
      };
      pool.dispatch(
        { path: `${prefix}${path}`, method: 'POST', headers, body },
        {
          onRequestStart: (started) => {
            controller = started;
            if (state === 'over') started.abort(aborted);
          },
          onResponseStart: (_, status, responseHeaders) => {
            if (state !== 'over' && status >= 200) listener.start(status, responseHeaders);
          },
          onResponseData: (_, chunk) => {
            if (state !== 'over') listener.data(chunk);
          },
          onResponseEnd: () => {
            if (state === 'over') return;
            state = 'over';
            listener.end();
          },
          onResponseError: (_, error) => fail(error),
        },
      );
      return {
        abort: () => {
          if (state === 'over') return;
          state = 'over';
          controller?.abort(aborted);
        },
        pause: () => controller?.pause(),
        resume: () => controller?.resume(),
      };
    },
    close: () => pool.destroy(),
  };
}

const aborted = new Error('The gateway ended the call.');

/** 504 for time, 502 for everything else. The upstream's address is the operator's own business: only its origin is told. */
function upstreamError(cause: Error, origin: string): BaseError {
  const code = (cause as { code?: string }).code ?? '';
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
