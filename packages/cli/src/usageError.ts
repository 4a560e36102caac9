import { BaseError } from '@kedge/core';
import { usageCode } from './output.js';

/** An error of the command line itself: exit code 2. */
export function usageError(message: string, ...hints: string[]): BaseError {
  return new BaseError(message, { hints, code: usageCode });
}
