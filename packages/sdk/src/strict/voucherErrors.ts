import { BaseError } from '@kedge/core';

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
