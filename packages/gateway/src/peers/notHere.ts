import { BaseError } from '@kedge/core';

/** Of a call that this process may not serve. */
export function notHere(): BaseError {
  return new BaseError('Another gateway serves this channel.', {
    code: 'channel_elsewhere',
    status: 503,
    kind: 'transient',
    values: { retryAfterSeconds: 1 },
    hints: ['Nothing was charged. Make the call again.'],
  });
}
