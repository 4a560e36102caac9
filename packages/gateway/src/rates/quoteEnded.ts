import { BaseError } from '@kedge/core';

/** Of an answer that no receipt under its rate quote could name any more: it is not handed over. */
export function quoteEnded(): BaseError {
  return new BaseError('The upstream did not answer within the time of the rate quote.', {
    code: 'upstream_timeout',
    status: 504,
    kind: 'transient',
    values: { clause: 'oracle.callSeconds' },
    hints: ['Nothing was charged. Try again: the call is under the quote that counts then.'],
  });
}
