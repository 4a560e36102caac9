import { BaseError, type Hex } from '@kedge/core';
import { authenticate } from '../http/authenticate.js';
import { bodyOf } from '../http/readBody.js';
import { pathOf } from '../http/pathOf.js';
import type { RouteContext } from '../http/routeContext.js';
import { routeRequest } from '../http/routeRequest.js';
import { type ConnectionPool, createConnectionPool } from '../http1/createConnectionPool.js';
import { rootIdOf } from '../channels/channelBook.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import type { ChannelElsewhere, ServingLedger } from '../ledger/ledger.js';
import type { StructuredLog } from '../structuredLog.js';
import { surfaces } from '../surfaces/surfaces.js';
import { notHere } from './notHere.js';
import { passedOnHeader, type PassedOn, passOn } from './passOn.js';

export type Peers = {
  /** `routeRequest`, for calls of channels that are served here; others are passed on to the gateway that serves them (R15). */
  readonly route: typeof routeRequest;
  /** Until then, hands over each channel that no call is at, so that its calls do not wait for those of others. */
  readonly handOverUntil: (over: Promise<void>) => Promise<void>;
  readonly close: () => void;
};

const connectionsPerPeer = 256;
const pauseMs = 50;
const handOverMs = 100;

/** The other gateways of this ledger. */
export function openPeers(options: {
  readonly ledger: ServingLedger;
  readonly timeoutMs: number;
  /** How often it is looked whether a gateway that was given a call still serves its channel. */
  readonly watchMs: number;
  /**
   * How long a call waits for its channel to be served somewhere: until the lease of a gateway that died has lapsed, or the last
   * call of one that stops has ended.
   */
  readonly patienceMs: number;
  readonly log: StructuredLog;
}): Peers {
  const { ledger, timeoutMs, log } = options;
  const pools = new Map<string, ConnectionPool>();
  const poolOf = (origin: string): ConnectionPool => {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = createConnectionPool({ url: new URL(origin), connections: connectionsPerPeer, timeoutMs });
      pools.set(origin, pool);
    }
    return pool;
  };

  /** Resolves with false when the channel is served here by now. */
  const serveElsewhere = async (
    channelId: Hex,
    first: Promise<ChannelElsewhere | undefined>,
    request: HttpRequest,
    body: Buffer,
    response: HttpResponse,
  ): Promise<boolean> => {
    const until = performance.now() + options.patienceMs;
    for (let place = await first; place !== undefined; place = await ledger.placeOf(channelId)) {
      const { url } = place;
      const isGone = async (): Promise<boolean> => {
        try {
          return (await ledger.placeOf(channelId))?.url !== url;
        } catch {
          // Who cannot reach the ledger knows nothing of it.
          return false;
        }
      };
      const watch = { everyMs: options.watchMs, isGone };
      const outcome: PassedOn =
        url === undefined
          ? { over: false, reason: 'it has no address yet' }
          : await passOn(poolOf(url), new URL(url), request, body, response, watch);
      if (outcome.over) return true;
      if (performance.now() >= until || response.isGone()) throw nobodyServes(outcome.reason);
      log.info('call_waits_for_channel', { channelId, at: url, reason: outcome.reason });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return false;
  };

  // How many calls are at the channels that are served here, by the root that all of them move with.
  const calls = new Map<Hex, number>();
  const serveHere = async (
    served: ServedChannel,
    request: HttpRequest,
    response: HttpResponse,
    context: RouteContext,
  ): Promise<void> => {
    const rootId = rootIdOf(served);
    calls.set(rootId, (calls.get(rootId) ?? 0) + 1);
    try {
      await routeRequest(request, response, context);
    } finally {
      const left = (calls.get(rootId) ?? 1) - 1;
      if (left > 0) calls.set(rootId, left);
      else calls.delete(rootId);
    }
  };

  const routeCall = async (request: HttpRequest, response: HttpResponse, context: RouteContext): Promise<void> => {
    const served = await authenticate(request.headers, context.book);
    const { channelId } = served;
    const place = ledger.placeOf(channelId);
    if (place === undefined) return serveHere(served, request, response, context);
    if (request.headers.get(passedOnHeader) !== undefined) {
      if ((await place) === undefined) return serveHere(served, request, response, context);
      throw notHere();
    }
    const body = await bodyOf(request, context.maxRequestBytes);
    if (await serveElsewhere(channelId, place, request, body, response)) return;
    return serveHere(served, { ...request, readBody: (_, onBody) => onBody(body) }, response, context);
  };

  return {
    route: (request, response, context) => {
      // Calls, vouchers and the rates of the next call are one gateway's; what else is asked, every gateway can answer.
      const path = pathOf(request.target);
      // None of these answers HEAD, which every gateway knows.
      if (request.method === 'HEAD') return routeRequest(request, response, context);
      const isOfOne = surfaces.has(path) || path.startsWith('/v1/vouchers') || path === '/v1/rates';
      if (!isOfOne) return routeRequest(request, response, context);
      // A connection that closed as the next call came would leave open whether that was served.
      if (request.headers.get(passedOnHeader) !== undefined) response.keepConnection();
      const unready = context.unready();
      if (unready !== undefined) throw unready;
      return routeCall(request, response, context);
    },
    handOverUntil: async (over) => {
      if (!ledger.isShared) return;
      const ended = over.then(() => true);
      const pause = () => new Promise<boolean>((resolve) => setTimeout(resolve, handOverMs, false));
      for (let isOver = false; !isOver; isOver = await Promise.race([ended, pause()])) {
        // One that the ledger does not take now is handed over later, or at the end.
        await ledger.handOver(new Set(calls.keys())).catch(ignore);
      }
    },
    close: () => {
      for (const pool of pools.values()) pool.close();
    },
  };
}

const ignore = (): void => undefined;

function nobodyServes(reason: string): BaseError {
  return new BaseError('The gateway that serves this channel does not answer.', {
    code: 'channel_unserved',
    status: 503,
    kind: 'transient',
    values: { reason, retryAfterSeconds: 2 },
    hints: ['Try again in a moment, with the same Idempotency-Key if it had one: it is charged once.'],
  });
}
