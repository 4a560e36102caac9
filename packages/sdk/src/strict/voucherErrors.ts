import { BaseError, type SignedReceipt } from '@kedge/core';

/** R11: the client signs for what it counted itself, and for nothing else. */
export function overcounts(what: string, values: Readonly<Record<string, unknown>>): BaseError {
  return new BaseError(`The operator overcounts: ${what}.`, {
    code: 'operator_overcounts',
    values: { clause: 'R11', ...values },
    hints: [
      'Nothing more is signed for this channel: the operator cannot take what was not signed.',
      'Keep the receipt and the bodies; kedge verify shows others what is wrong. Open a channel with another operator.',
    ],
  });
}

export function badReceipt(detail: string, seq?: bigint): BaseError {
  return new BaseError(`The receipt of this answer is not good: ${detail}.`, {
    code: 'receipt_bad',
    values: { clause: 'R13', ...(seq === undefined ? {} : { seq }) },
    hints: [
      'Nothing is signed for this answer, nor for any other until this client is started again.',
      'Keep the receipt and the bodies; kedge verify shows what is wrong.',
    ],
  });
}

/**
 * Reads what an operator sent: what is wrong with its form is the operator's fault, and no caller's.
 *
 * @throws BaseError `receipt_bad`
 */
export function readReceipt(read: () => SignedReceipt): SignedReceipt {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    throw badReceipt(error.shortMessage.replace(/^The receipt is not valid: (.*)\.$/s, 'it cannot be read, $1'));
  }
}

/**
 * The same for what a gateway says beside answers.
 *
 * @throws BaseError `gateway_refused`
 */
export function readSaid<value>(read: () => value): value {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof BaseError)) throw cause;
    throw new BaseError(`The gateway says what cannot be read: ${cause.shortMessage}`, {
      code: 'gateway_refused',
      cause,
      hints: ['Check the base URL; if it is right, ask the operator.'],
    });
  }
}
