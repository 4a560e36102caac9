import { BaseError, type GatewayLiveJson } from '@kedge/core';
import type { HttpResponse } from '../http1/exchange.js';

/** What the gateway does now, once or as a stream of server-sent events, one a second. */
export type LiveFeed = {
  readonly read: () => Promise<GatewayLiveJson>;
  /** Streams until the client leaves or the gateway stops. @throws BaseError 503 `too_many_watchers`. */
  readonly open: (response: HttpResponse) => void;
  readonly close: () => void;
};

const everyMs = 1_000;
const mostStreams = 16;

/**
 * Reads nothing while nobody watches, and writes nothing to who does not take what was written.
 * @param onError Told of what `read` throws; the next event is tried again.
 */
export function createLiveFeed(read: () => Promise<GatewayLiveJson>, onError: (error: unknown) => void): LiveFeed {
  const takers = new Map<HttpResponse, 'waits' | 'is behind'>();
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;

  const send = (response: HttpResponse, event: Buffer): void => {
    if (takers.get(response) !== 'waits' || response.write(event)) return;
    takers.set(response, 'is behind');
    response.onDrain(() => {
      if (takers.has(response)) takers.set(response, 'waits');
    });
  };
  const sendTo = async (responses: () => Iterable<HttpResponse>): Promise<void> => {
    try {
      const event = eventOf(await read());
      for (const response of responses()) send(response, event);
    } catch (error) {
      onError(error);
    }
  };
  const tick = (): void => {
    if (isReading) return;
    isReading = true;
    void sendTo(() => takers.keys()).finally(() => (isReading = false));
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
      void sendTo(() => [response]);
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
