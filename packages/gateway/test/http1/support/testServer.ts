import type { HttpRequest, HttpResponse } from '../../../src/http1/exchange.js';
import { type HttpServer, startHttpServer } from '../../../src/http1/startHttpServer.js';

export type TestServer = {
  readonly server: HttpServer;
  /** What reached the handler, as method and target. */
  readonly seen: string[];
  readonly close: () => Promise<void>;
};

export type Handler = (request: HttpRequest, response: HttpResponse) => void;

/** Reads the body and answers with it; with the status of what it finds wrong. */
export const echo: Handler = (request, response) => {
  request.readBody(
    1_000_000,
    (body) => response.send(200, {}, body),
    (failure) => {
      if (failure.kind !== 'gone')
        response.send(failure.kind === 'invalid' ? failure.error.status : 413, {}, failure.kind);
    },
  );
};

export async function startTestServer(
  handler: Handler = echo,
  options: Pick<Parameters<typeof startHttpServer>[0], 'times' | 'mostHeldBytes'> = {},
): Promise<TestServer> {
  const seen: string[] = [];
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    onRequest: (request, response) => {
      seen.push(`${request.method} ${request.target}`);
      handler(request, response);
    },
    onInvalid: (error, response) => response.send(error.status, {}, error.message),
    onError: (error) => process.emitWarning(error),
    ...options,
  });
  return { server, seen, close: server.close };
}

/** The answers in what a client received: their statuses, with interim ones. */
export const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
