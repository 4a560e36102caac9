import { usageError } from '../usageError.js';

const backed = 0x80000000;

/** People count backed lots from 1; on chain, and in what gateways offer, their highest bit is set. */
export function lotIdOf(number: number): number {
  if (Number.isInteger(number) && number >= 1 && number < backed) return backed + number;
  if (Number.isInteger(number) && number > backed && number < 2 * backed) return number;
  throw usageError(`A lot is a number from 1, not "${number}".`, 'List the lots: kedge status');
}

/** A lot as people count it; unbacked lots, numbered by their policy version, have none. */
export function lotNumberOf(lot: number): number | undefined {
  return lot > backed ? lot - backed : undefined;
}
