import { BaseError } from '@kedge/core';
import type { HttpRequest } from '../http1/exchange.js';

/** @throws BaseError 405 `method_not_allowed`. */
export function allow(request: HttpRequest, method: string): void {
  if (request.method === method) return;
  throw new BaseError(`This takes ${method}.`, {
    code: 'method_not_allowed',
    status: 405,
    values: { method: request.method, allow: method },
    hints: [`Send it as ${method}.`],
  });
}
