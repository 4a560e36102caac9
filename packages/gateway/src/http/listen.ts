import { BaseError, closeAll } from '@kedge/core';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import { type HttpServer, startHttpServer } from '../http1/startHttpServer.js';
import { type LogFields, reasonOf, stackOf, type StructuredLog } from '../structuredLog.js';
import { listenFailed, urlOf } from './listening.js';
import { answerPreflight, openToPages } from './openToPages.js';
import { invalidHttp } from './readBody.js';
import { pathOf } from './pathOf.js';
import { routeAdmin } from './routeAdmin.js';
import type { AdminContext, RouteContext } from './routeContext.js';
import type { routeRequest } from './routeRequest.js';
import { sendProblem } from './sendProblem.js';

/** Where a gateway listens: for calls, and on 127.0.0.1 for its operator; 0 for any free port. */
export type ListenAt = { readonly host: string; readonly port: number; readonly adminPort: number };

type Answer = (request: HttpRequest, response: HttpResponse) => Promise<void>;

const adminHost = '127.0.0.1';

/**
 * Starts the HTTP servers, for calls and for the operator, which open, stop and close as one. `onRequest` is called for each
 * request and answers with what to call when it is over, for draining.
 */
export async function listen(
  options: ListenAt & {
    readonly route: typeof routeRequest;
    readonly context: AdminContext & Omit<RouteContext, 'adminUrl'>;
    readonly log: StructuredLog;
    readonly onRequest: () => () => void;
  },
): Promise<{ readonly server: Omit<HttpServer, 'port'>; readonly url: string; readonly adminUrl: string }> {
  const { host, port, adminPort, route, context } = options;
  const admin = await start(adminHost, adminPort, options, (request, response) =>
    routeAdmin(request, response, context),
  );
  const adminUrl = urlOf(adminHost, admin.port);
  const whole = { ...context, adminUrl };
  // Where calls need no key, no page of another site is to make them.
  const isForAnyone = context.book.anyone !== undefined;
  const answer: Answer = (request, response) =>
    !isForAnyone && answerPreflight(request, response) ? Promise.resolve() : route(request, response, whole);
  const calls = await start(host, port, options, answer, isForAnyone ? undefined : openToPages).catch(
    async (error: unknown) => {
      await admin.close();
      throw error;
    },
  );
  const server = {
    serve: calls.serve,
    stop: async () => {
      await Promise.all([calls.stop(), admin.stop()]);
    },
    close: () => closeAll([calls.close, admin.close]),
  };
  return { server, url: urlOf(host, calls.port), adminUrl };
}

async function start(
  host: string,
  port: number,
  { log, onRequest }: { readonly log: StructuredLog; readonly onRequest: () => () => void },
  answer: Answer,
  open: typeof openToPages = (_, response) => response,
): Promise<HttpServer> {
  const refuse = (response: HttpResponse, error: unknown, target = ''): void => {
    const status = sendProblem(response, error, pathOf(target));
    const code = error instanceof BaseError ? error.code : undefined;
    if (status >= 500 && code === undefined) {
      log.error('request_failed', { status, reason: reasonOf(error), stack: stackOf(error) });
    } else log.info('request_refused', { ...figuresOf(error), status, code });
  };
  try {
    return await startHttpServer({
      host,
      port,
      onRequest: (request, bare) => {
        const response = open(request, bare);
        const ended = onRequest();
        const failed = (error: unknown): void => {
          ended();
          refuse(response, error, request.target);
        };
        try {
          answer(request, response).then(ended, failed);
        } catch (error) {
          failed(error);
        }
      },
      onInvalid: (error, response) => refuse(response, invalidHttp(error)),
      onError: (error) => log.error('handler_failed', { reason: reasonOf(error), stack: stackOf(error) }),
    });
  } catch (cause) {
    throw listenFailed(host, port, cause);
  }
}

/** What a refusal is about, for the log: its channel and its numbers. Its texts may be a client's own. */
function figuresOf(error: unknown): LogFields {
  if (!(error instanceof BaseError)) return {};
  const isTold = ([name, value]: [string, unknown]): boolean =>
    name === 'channelId' || /^(bigint|number)$/.test(typeof value);
  return Object.fromEntries(Object.entries(error.values).filter(isTold)) as LogFields;
}
