import type { Policy } from '@kedge/core';
import type { Context } from '../context.js';
import { parseInteger, parsedOption } from '../parse.js';
import { usageError } from '../usageError.js';
import type { Writer } from './createWriter.js';
import { lotNumberOf } from './lotNumber.js';

type Sale = {
  readonly classId: bigint;
  /** In base units. */
  readonly supply: bigint;
  readonly policy: Policy;
  readonly operatorBps: number;
  readonly refundable?: boolean;
};

/** Makes a lot at the policy's price and puts it on sale. */
export async function sellUnits(write: Writer['write'], { classId, supply, policy, operatorBps, refundable }: Sale) {
  if (policy.price === undefined) {
    throw usageError(
      'The policy names no price.',
      'A policy to sell under has a price: asset, numerator, denominator.',
    );
  }
  const { asset, numerator, denominator } = policy.price;
  const price = { numerator: BigInt(numerator), denominator: BigInt(denominator) };
  const terms = { classId, asset, price, operatorBps, ...(refundable === undefined ? {} : { refundable }) };
  const { lot } = await write('create the lot', (client) => client.createLot(terms));
  await write('put the lot on sale', (client) => client.openListing({ classId, lot, supply }));
  return { lot: lotNumberOf(lot), supply };
}

/** The option that says how much of the released backing is the operator's. */
export function operatorBpsOf(context: Context): number {
  const operatorBps = Number(parsedOption(context, 'operatorBps', parseInteger) ?? 2_000n);
  if (operatorBps > 10_000)
    throw usageError(
      `--operator-bps is at most 10000, not ${operatorBps}.`,
      '10000 is all that is used: 2000 is a fifth of it.',
    );
  return operatorBps;
}
