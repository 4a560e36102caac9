import { setTimeout as pause } from 'node:timers/promises';
import { createTurns } from '@kedge/core';

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const tooManyRequests = 429;
/** Milliseconds between two requests, once they are counted. */
const leastGap = 25;
const mostGap = 1_000;
/** Milliseconds; a node that wants more of a pause is as good as none. */
const longestPause = 10_000;
/** In a second and a half: limits are by the second. */
const mostRefusals = 6;
const timeout = 20_000;

/**
 * A `fetch` for nodes that limit requests: from the first that is refused for that, they are sent one after another, the further
 * apart the more are refused. What is refused again and again is answered as the node answers it.
 *
 * @example
 * const transport = http(rpcUrl, { fetchFn: createPacedFetch(fetch) });
 */
export function createPacedFetch(send: Fetch): Fetch {
  let gap = 0;
  const inTurn = createTurns();

  const sendPaced: Fetch = async (input, init) => {
    for (let refusals = 0; ; refusals++) {
      await pause(gap);
      // Waiting for its turn is not the node's time to answer in.
      const response = await send(input, { ...init, signal: AbortSignal.timeout(timeout) });
      if (response.status !== tooManyRequests) {
        gap = Math.max(leastGap, gap * 0.9);
        return response;
      }
      if (refusals === mostRefusals) {
        gap = leastGap;
        return response;
      }
      gap = Math.min(Math.max(leastGap, 2 * gap), mostGap);
      await pause(pauseOf(response));
    }
  };

  return async (input, init) => {
    if (gap === 0) {
      const response = await send(input, init);
      if (response.status !== tooManyRequests) return response;
      gap = Math.max(leastGap, gap);
    }
    return inTurn(() => sendPaced(input, init));
  };
}

/** What the node asks for, in seconds, where it does. */
function pauseOf({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return seconds > 0 ? Math.min(seconds * 1_000, longestPause) : 0;
}
