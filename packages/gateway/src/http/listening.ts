import { BaseError } from '@kedge/core';

/** IPv6 addresses are in brackets in a URL. */
export const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** @param cause What the system said. */
export function listenFailed(host: string, port: number, cause: unknown): BaseError {
  return new BaseError(`The gateway cannot listen on ${host}:${port}.`, {
    code: 'listen_failed',
    cause,
    values: { reason: (cause as NodeJS.ErrnoException).code },
    hints: ['Choose another port, with --port or in its configuration; 0 takes any free one.'],
  });
}
