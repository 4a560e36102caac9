import { BaseError, eventDataOf, parseGatewayLive, type GatewayLive } from '@kedge/core';
import { eventsOf } from '../../data/eventsOf.js';

/** What is heard of a gateway that is followed. */
export type GatewayNews = { readonly onLive: (live: GatewayLive) => void; readonly onLost: (error: BaseError) => void };

const againMs = 1_000;
/** It tells something every second: after this long a connection that stands is none. */
const patienceMs = 6_000;

/** Follows what a gateway does, connecting anew whenever it is lost, until `signal` aborts. */
export async function followGateway(url: string, news: GatewayNews, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await followOnce(url, news, signal);
    } catch (error) {
      if (!signal.aborted) news.onLost(error instanceof BaseError ? error : gatewayLost(error));
    }
    await pause(signal);
  }
}

/** Rejects when the stream ends, for it never should. */
async function followOnce(url: string, news: GatewayNews, signal: AbortSignal): Promise<never> {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), patienceMs);
  };
  heard();
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) throw gatewayLost(new Error(`status ${response.status}`));
    for await (const event of eventsOf(response.body)) {
      heard();
      const data = eventDataOf(new TextDecoder().decode(event));
      if (data !== undefined) news.onLive(parseGatewayLive(JSON.parse(data)));
    }
    throw gatewayLost(new Error('the stream ended'));
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

function gatewayLost(cause: unknown): BaseError {
  return new BaseError('The gateway does not answer.', { code: 'gateway_down', kind: 'transient', cause });
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, againMs);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
