import { readFile } from 'node:fs/promises';
import {
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { existsSync } from 'node:fs';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BaseError, toProblemDetails, type UpFile, type WebConfig } from '@kedge/core';
import type { ContentStore } from '@kedge/store';

/** The dashboard of a running stack. */
export type Dashboard = { readonly url: string; close(): Promise<void> };

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
/** Of the gateway's routes for its operator, those that only read, by where the page finds them. */
const operatorPaths = new Map([
  ['/operator/usage-differences', '/admin/usage-differences'],
  ['/operator/live', '/admin/live'],
  ['/operator/keys', '/admin/keys'],
]);
/** Of every answer. */
const safe = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
/** Of answers that are no page: opened as one, they run nothing. */
const data = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox" };
const immutable = 'public, max-age=31536000, immutable';
const cidPattern = /^\/ipfs\/([a-z0-9]{10,120})$/;

/** The folder with the built dashboard; undefined where it was not built. */
export function dashboardFolder(): string | undefined {
  const page = fileURLToPath(import.meta.resolve('@kedge/web/index.html'));
  return existsSync(page) ? dirname(page) : undefined;
}

/** What the page is told of the stack. The key is in it: it is served on the loopback interface only. */
function webConfigOf(up: UpFile, indexerUrl: string | undefined): WebConfig {
  return {
    chainId: up.chainId,
    contracts: up.contracts,
    rpcUrl: up.rpcUrl,
    chainName: 'Local development chain',
    gatewayUrl: '/v1',
    publicGatewayUrl: up.gatewayUrl,
    apiKey: up.apiKey,
    channelId: up.channelId,
    models: up['models'] as string[],
    contentUrl: '/ipfs',
    usageDifferencesUrl: '/operator/usage-differences',
    gatewayLiveUrl: '/operator/live',
    apiKeysUrl: '/operator/keys',
    developmentAccounts: up['accounts'] as NonNullable<WebConfig['developmentAccounts']>,
    ...(indexerUrl === undefined ? {} : { indexerUrl: '/indexer' }),
  };
}

/**
 * Serves the built dashboard on 127.0.0.1, with its configuration, the content store under `/ipfs/`, and the gateway and
 * the indexer under its own origin, so that the page needs no permission from either.
 */
export async function startDashboard(options: {
  folder: string;
  port: number;
  up: UpFile;
  indexerUrl?: string | undefined;
  store: ContentStore;
}): Promise<Dashboard> {
  const { folder, up, store, indexerUrl } = options;
  const config = JSON.stringify(webConfigOf(up, indexerUrl));
  // The page speaks to this server and to the chain's node, and to nobody else, whatever comes to run in it.
  const page = {
    ...safe,
    'content-security-policy':
      `default-src 'self'; connect-src 'self' ${new URL(up.rpcUrl).origin}; img-src 'self' data:; ` +
      "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  };
  const server = createServer((request, response) => {
    const fail = (error: unknown): void => sendProblem(response, error);
    try {
      requireLoopback(request);
      const { path, search } = partsOf(request);
      if (path === '/config.json') return send(response, 'application/json', config, page);
      const operatorPath = request.method === 'GET' ? operatorPaths.get(path) : undefined;
      if (operatorPath !== undefined) return forwardToOperator(request, response, at(up.gatewayUrl, operatorPath));
      if (path.startsWith('/v1/')) return forward(request, response, at(up.gatewayUrl, path, search), 'gateway');
      if (path.startsWith('/indexer/') && indexerUrl !== undefined) {
        return forward(request, response, at(indexerUrl, path.slice('/indexer'.length), search), 'indexer');
      }
      const cid = cidPattern.exec(path)?.[1];
      if (cid !== undefined) return void sendContent(response, store.catFile(cid)).catch(fail);
      sendFile(response, folder, path, page).catch(fail);
    } catch (error) {
      fail(error);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => resolve());
  });
  // A connection that cannot be accepted, for want of file descriptors, is no reason to stop: the browser sees that it failed.
  server.on('error', () => undefined);
  return {
    url: `http://127.0.0.1:${options.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A page of another name that resolves to this machine would otherwise read the API key (DNS rebinding). */
function requireLoopback(request: IncomingMessage): void {
  if (/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')) return;
  throw new BaseError('The dashboard answers to 127.0.0.1 and localhost only.', {
    code: 'not_local',
    status: 403,
    values: { host: request.headers.host ?? '' },
    hints: ['Open the address that kedge up shows.'],
  });
}

/**
 * Path and query of a request. What names a host (`//host/path`, `http://host/path`) is refused: resolved against the
 * gateway's address it would bring that host's pages under this origin, where the API key is.
 */
function partsOf(request: IncomingMessage): { path: string; search: string } {
  const asked = request.url ?? '/';
  if (!/^\/(?![/\\])/.test(asked)) {
    throw new BaseError('The dashboard answers to paths of its own only.', {
      code: 'path_invalid',
      status: 400,
      values: { path: asked.slice(0, 100) },
      hints: ['Ask for a path that begins with one slash.'],
    });
  }
  const { pathname: path, search } = new URL(`http://localhost${asked}`);
  return { path, search };
}

/** A path on a server of the stack: it never changes the host. */
function at(server: string, path: string, search = ''): URL {
  const target = new URL(server);
  target.pathname = path;
  target.search = search;
  return target;
}

/** Passes a request on as it is; the answer streams back. */
function forward(request: IncomingMessage, response: ServerResponse, target: URL, name: string): void {
  const upstream = ask(request, response, target, name, (answer) => passBack(answer, response));
  pipeline(request, upstream, () => undefined);
}

/** As `forward`, for a GET of what the gateway serves its operator: it says on which port of this machine. */
function forwardToOperator(request: IncomingMessage, response: ServerResponse, target: URL): void {
  const asked = ask(request, response, target, 'gateway', (answer) => {
    const { location } = answer.headers;
    if (answer.statusCode !== 307 || location === undefined) return passBack(answer, response);
    answer.resume();
    ask(request, response, new URL(location), 'gateway', (served) => passBack(served, response)).end();
  });
  asked.end();
}

function ask(
  request: IncomingMessage,
  response: ServerResponse,
  target: URL,
  name: string,
  onAnswer: (answer: IncomingMessage) => void,
): ClientRequest {
  const { host: _host, connection: _connection, ...headers } = request.headers;
  const upstream = httpRequest(target, { method: request.method ?? 'GET', headers }, onAnswer);
  upstream.on('error', (cause) => {
    if (response.headersSent) return response.destroy();
    const hints = ['kedge up starts it again by itself; try again in a moment.'];
    sendProblem(
      response,
      new BaseError(`The ${name} does not answer.`, {
        code: `${name}_down`,
        status: 502,
        kind: 'transient',
        hints,
        cause,
      }),
    );
  });
  response.on('close', () => upstream.destroy());
  return upstream;
}

function passBack(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...safe, ...data });
  pipeline(answer, response, () => undefined);
}

/** A file of any size, never whole in memory. One that breaks off ends its connection, so that no reader takes it for whole. */
async function sendContent(response: ServerResponse, parts: AsyncGenerator<Uint8Array>): Promise<void> {
  const { value: first } = await parts.next();
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': immutable, ...safe, ...data });
  if (first !== undefined) response.write(first);
  pipeline(parts, response, () => undefined);
}

async function sendFile(
  response: ServerResponse,
  folder: string,
  path: string,
  page: Readonly<Record<string, string>>,
): Promise<void> {
  const file = normalize(join(folder, path === '/' ? 'index.html' : decoded(path)));
  // What begins with a dot is for those who build the page.
  const isHidden = file.slice(folder.length).includes(`${sep}.`);
  const found = file.startsWith(folder + sep) && !isHidden && extname(file) in types;
  const bytes = found ? await readFile(file).catch(ignoreMissing) : undefined;
  if (bytes === undefined) {
    throw new BaseError(`There is no ${path.slice(0, 100)} here.`, { code: 'not_found', status: 404 });
  }
  const caching = path.startsWith('/assets/') ? { 'cache-control': immutable } : {};
  send(response, types[extname(file)]!, bytes, { ...page, ...caching });
}

/** As it is where it is no encoded text: then no file has the name. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function send(
  response: ServerResponse,
  type: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache',
    ...headers,
  });
  response.end(body);
}

function sendProblem(response: ServerResponse, error: unknown): void {
  const { status, body } = toProblemDetails(error);
  if (response.headersSent) return void response.destroy();
  const missing = error instanceof BaseError && error.code === 'block_missing';
  response.writeHead(missing ? 404 : status, { 'content-type': 'application/problem+json', ...safe, ...data });
  response.end(JSON.stringify(body));
}

/** The last two: no file can have such a name. */
const noFile = new Set(['ENOENT', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

function ignoreMissing(error: unknown): undefined {
  if (noFile.has(String((error as NodeJS.ErrnoException).code))) return undefined;
  throw error;
}
