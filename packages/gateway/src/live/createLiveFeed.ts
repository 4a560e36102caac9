import { BaseError, type GatewayLiveJson } from '@kedge/core';
import type { HttpResponse } from '../http1/exchange.js';

/** What the gateway does now, once or as a stream of server-sent events, one a second. */
export type LiveFeed = {
  readonly read: () => GatewayLiveJson;
  /** Streams until the client leaves or the gateway stops. @throws BaseError 503 `too_many_watchers`. */
  readonly open: (response: HttpResponse) => void;
  readonly close: () => void;
};

const everyMs = 1_000;
const mostStreams = 16;

/** Reads nothing while nobody watches, and writes nothing to who does not take what was written. */
export function createLiveFeed(read: () => GatewayLiveJson): LiveFeed {
  const takers = new Map<HttpResponse, 'waits' | 'is behind'>();
  let timer: NodeJS.Timeout | undefined;

  const send = (response: HttpResponse, event: Buffer): void => {
    if (response.write(event)) return;
    takers.set(response, 'is behind');
    response.onDrain(() => {
      if (takers.has(response)) takers.set(response, 'waits');
    });
  };
  const tick = (): void => {
    const event = eventOf(read());
    for (const [response, state] of takers) if (state === 'waits') send(response, event);
  };
  const leave = (response: HttpResponse): void => {
    takers.delete(response);
    if (takers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    read,
    open: (response) => {
      if (takers.size >= mostStreams) {
        throw new BaseError('As many watch this gateway as may.', {
          code: 'too_many_watchers',
          status: 503,
          kind: 'transient',
          values: { most: mostStreams, retryAfterSeconds: 5 },
          hints: ['Close one of the streams, or ask without Accept: text/event-stream.'],
        });
      }
      takers.set(response, 'waits');
      response.onGone(() => leave(response));
      response.begin(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      send(response, eventOf(read()));
      timer ??= setInterval(tick, everyMs).unref();
    },
    close: () => {
      for (const response of takers.keys()) {
        leave(response);
        response.end();
      }
    },
  };
}

function eventOf(live: GatewayLiveJson): Buffer {
  return Buffer.from(`data: ${JSON.stringify(live)}\n\n`);
}
