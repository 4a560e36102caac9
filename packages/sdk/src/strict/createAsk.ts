import { BaseError } from '@kedge/core';
import type { Send } from './channelPayer.js';

/**
 * Asks the gateway what the client itself wants to know, or hands it a voucher: what takes no time there. A gateway that takes
 * a connection and says nothing would otherwise keep all calls waiting.
 *
 * @param longestMs Until the whole answer is there.
 * @throws BaseError `gateway_silent`, from the answer's body, too
 */
export function createAsk(send: Send, longestMs = 30_000): Send {
  return (input, init) => {
    const late = new AbortController();
    const giveUp = (): void => late.abort(silent(longestMs));
    AbortSignal.timeout(longestMs).addEventListener('abort', giveUp, { once: true });
    return send(input, { ...init, signal: late.signal });
  };
}

function silent(longestMs: number): BaseError {
  return new BaseError(`The gateway said nothing for ${longestMs / 1_000} seconds.`, {
    code: 'gateway_silent',
    kind: 'transient',
    hints: ['Try again; if it stays like this, ask the operator.'],
  });
}
