import { BaseError } from '@kedge/core';
import { reasonOf } from '../structuredLog.js';
import { answerHeaders, encodingOf, isEncoded, isEventStream } from './answerHeaders.js';
import { invalidAnswer } from '../surfaces/json.js';
import { answerWhole } from './answerWhole.js';
import type { Call } from './call.js';
import type { CallServices } from './callServices.js';
import { type StreamAnswer, streamAnswer } from './streamAnswer.js';
import type { HeaderFields } from '../http1/parseHead.js';
import type { UpstreamCall } from '../upstream/upstream.js';
import { refusalCode } from '../upstream/refusalCode.js';

/**
 * Forwards a reserved call and answers it. The reservation ends with it, in whatever way it ends.
 * @throws BaseError when nothing was answered yet; the caller answers with it. Nothing is charged then.
 */
export function serveCall(call: Call, services: CallServices): Promise<void> {
  return new Promise((resolve, reject) => {
    const live = services.live?.begin(call);
    const release = (over: () => void): void => {
      if (live !== undefined) services.live?.end(live);
      call.reservation.release();
      over();
    };
    try {
      forward(
        call,
        services,
        () => release(resolve),
        (error) => release(() => reject(error)),
      );
    } catch (error) {
      release(() => reject(error));
    }
  });
}

function forward(call: Call, services: CallServices, resolve: () => void, reject: (error: unknown) => void): void {
  const { response, request, surface } = call;
  let status = 0;
  let headers: HeaderFields = new Map();
  let stream: StreamAnswer | undefined;
  let chunks: Buffer[] = [];
  let bytes = 0;
  const running = (): UpstreamCall => upstream;
  // Nobody waits for it any more, and nothing has begun: it waited for value, or for the first call with its key.
  if (response.isGone()) return resolve();

  const onClientGone = (): void => {
    if (stream !== undefined) return stream.abandon();
    if (call.slot !== undefined) return;
    // Nothing was handed over: nothing is charged.
    running().abort();
    resolve();
  };
  response.onGone(onClientGone);
  const settle = (): void => {
    response.onGone(undefined);
    resolve();
  };
  const refuse = (error: unknown): void => {
    response.onGone(undefined);
    if (error instanceof BaseError && error.code === 'upstream_invalid')
      services.log.warn(error.code, { reason: error.shortMessage });
    reject(error);
  };

  const { body: forwarded, contentType } = request.forward(services.upstream);
  const target = { path: surface.path, contentType, anthropicVersion: call.anthropicVersion };
  const upstream = services.upstream.post(target, forwarded, {
    start: (answered, answeredHeaders) => {
      call.span?.upstreamAnswered();
      status = answered;
      headers = answeredHeaders;
      if (status === 200 && request.isStream && isEventStream(headers) && !isEncoded(headers)) {
        stream = streamAnswer(call, answerHeaders(headers), running, services, settle);
      }
    },
    data: (lent) => {
      const chunk = Buffer.from(lent);
      if (stream !== undefined) return stream.data(chunk);
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= services.maxAnswerBytes) return;
      running().abort();
      chunks = [];
      refuse(invalidAnswer(`exceeds ${services.maxAnswerBytes} bytes`));
    },
    end: () => {
      if (stream !== undefined) return stream.end();
      const [only] = chunks;
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      try {
        answerAny(call, status, headers, body, services).then(settle, refuse);
      } catch (error) {
        refuse(error);
      }
    },
    fail: (error) => {
      services.log.warn('upstream_failed', { code: error.code, reason: reasonOf(error.cause) });
      if (stream === undefined) refuse(error);
      else stream.fail(error);
    },
  });
}

/** @throws BaseError, at once or by the promise. */
function answerAny(
  call: Call,
  status: number,
  headers: HeaderFields,
  body: Buffer,
  services: CallServices,
): Promise<void> {
  if (status === 200) {
    if (isEncoded(headers)) throw invalidAnswer('is compressed, though that was not asked for');
    if (isEventStream(headers)) throw invalidAnswer('is a stream that was not asked for');
    return answerWhole(call, answerHeaders(headers), body, services);
  }
  // What the upstream finds wrong with the request is the client's to read; its own troubles, and its view of the
  // operator's key, are not.
  if (status >= 400 && status < 500 && ![401, 402, 403, 407].includes(status)) {
    call.response.send(status, { ...answerHeaders(headers), ...encodingOf(headers) }, body);
    return Promise.resolve();
  }
  const code = refusalCode(body);
  const location = headers.get('location');
  services.log.warn('upstream_refused', {
    status,
    ...(code === undefined ? {} : { code }),
    ...(location === undefined ? {} : { location: placeOf(location) }),
  });
  throw new BaseError(`The upstream answered with status ${status}.`, {
    code: 'upstream_failed',
    status: status === 504 ? 504 : 502,
    kind: 'transient',
    values: { upstreamStatus: status, ...retryAfterIn(headers) },
    hints: ['Nothing was charged. Try again; the operator finds the cause in the log.'],
  });
}

/** When the upstream wants to be asked again. A date in its place is left out. */
function retryAfterIn(headers: HeaderFields): { readonly retryAfterSeconds?: number } {
  const seconds = /^\d{1,5}$/.exec(headers.get('retry-after') ?? '')?.[0];
  return seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) };
}

/** Where an upstream sends elsewhere, without user, query and fragment, which may be keys. */
function placeOf(location: string): string {
  return location
    .replace(/[?#].*$/s, '')
    .replace(/\/\/[^/]*@/, '//')
    .slice(0, 200);
}
