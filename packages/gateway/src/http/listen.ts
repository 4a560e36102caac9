import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BaseError } from '@kedge/core';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { type RouteContext, routeRequest } from './routeRequest.js';
import { sendProblem } from './sendProblem.js';

/** Starts the HTTP server. `running` counts requests in work, for draining. */
export async function listen(options: {
  readonly host: string;
  readonly port: number;
  readonly context: RouteContext;
  readonly log: StructuredLog;
  readonly onRequest: () => () => void;
}): Promise<{ readonly server: Server; readonly url: string }> {
  const { host, port, context, log } = options;
  const server = createServer({ maxHeaderSize: 16 * 1024, keepAliveTimeout: 65_000 }, (request, response) => {
    const ended = options.onRequest();
    // A client that leaves while it is written to is no fault of anybody; what it was handed is charged elsewhere.
    response.on('error', (error) => log.info('client_gone', { reason: reasonOf(error) }));
    routeRequest(request, response, context).then(ended, (error: unknown) => {
      ended();
      const status = sendProblem(response, error);
      const code = error instanceof BaseError ? error.code : undefined;
      if (status >= 500 && code === undefined) {
        log.error('request_failed', {
          status,
          reason: reasonOf(error),
          stack: error instanceof Error ? error.stack : undefined,
        });
      } else log.info('request_refused', { status, code });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new BaseError(`The gateway cannot listen on ${host}:${port}.`, {
          code: 'listen_failed',
          cause,
          values: { reason: cause.code },
          hints: ['Choose another port in its configuration, or 0 for any free one.'],
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return { server, url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}` };
}
