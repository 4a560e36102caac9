import { BaseError } from '@kedge/core';
import type { HttpResponse } from '../http1/exchange.js';
import { type HttpServer, startHttpServer } from '../http1/startHttpServer.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { listenFailed, urlOf } from './listening.js';
import { invalidHttp } from './readBody.js';
import type { RouteContext } from './routeContext.js';
import type { routeRequest } from './routeRequest.js';
import { sendProblem } from './sendProblem.js';

/** Starts the HTTP server. `onRequest` is called for each request and answers with what to call when it is over, for draining. */
export async function listen(options: {
  readonly host: string;
  readonly port: number;
  readonly route: typeof routeRequest;
  readonly context: RouteContext;
  readonly log: StructuredLog;
  readonly onRequest: () => () => void;
}): Promise<{ readonly server: HttpServer; readonly url: string }> {
  const { host, port, route, context, log } = options;
  const refuse = (response: HttpResponse, error: unknown): void => {
    const status = sendProblem(response, error);
    const code = error instanceof BaseError ? error.code : undefined;
    if (status >= 500 && code === undefined) {
      const stack = error instanceof Error ? error.stack : undefined;
      log.error('request_failed', { status, reason: reasonOf(error), stack });
    } else log.info('request_refused', { status, code });
  };
  try {
    const server = await startHttpServer({
      host,
      port,
      onRequest: (request, response) => {
        const ended = options.onRequest();
        const failed = (error: unknown): void => {
          ended();
          refuse(response, error);
        };
        try {
          route(request, response, context).then(ended, failed);
        } catch (error) {
          failed(error);
        }
      },
      onInvalid: (error, response) => refuse(response, invalidHttp(error)),
      onError: (error) => log.error('handler_failed', { reason: reasonOf(error), stack: error.stack }),
    });
    return { server, url: urlOf(host, server.port) };
  } catch (cause) {
    throw listenFailed(host, port, cause);
  }
}
