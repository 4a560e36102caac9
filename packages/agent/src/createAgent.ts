import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BaseError, toProblemDetails } from '@kedge/core';
import { answerChat } from './answerChat.js';
import { answerResponse } from './answerResponse.js';
import type { Asked } from './asked.js';
import { composeAnswer, type FinishReason } from './composeAnswer.js';
import { createSectionIndex, type RankedSection } from './createSectionIndex.js';
import { readBody, sendJson } from './httpBody.js';
import type { AnchoredDocument } from './loadDocuments.js';
import { parseChatRequest } from './parseChatRequest.js';
import { parseCreateResponse } from './parseCreateResponse.js';
import { splitSections, type Section } from './splitSections.js';

/** The one model of this upstream. */
export const agentModel = 'kedge-docs';

export type AgentOptions = {
  /** What it answers from. */
  readonly documents: readonly AnchoredDocument[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Told of errors that are ours, not the caller's. Default: standard error. */
  readonly onError?: (error: unknown) => void;
};

export type Agent = {
  /** Where it listens, for example `http://127.0.0.1:4020`; the API is below `/v1`. */
  readonly url: string;
  /** The sections that fit a question best, best first. */
  readonly search: (question: string) => RankedSection[];
  /** Stops listening and resolves when the answers under way are finished. */
  readonly close: () => Promise<void>;
};

/**
 * Starts the built-in upstream: an OpenAI-compatible server that answers from anchored documents by quoting them.
 *
 * A document that is not UTF-8 is left out, and told to `onError`.
 *
 * @throws BaseError `documents_empty`, `listen_failed`.
 *
 * @example
 * const agent = await createAgent({ documents: await loadDocuments([{ path: 'README.md', cid }], (cid) => store.catFile(cid)) });
 * await fetch(`${agent.url}/v1/models`);
 */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  const { documents, host = '127.0.0.1', port = 0, onError = console.error } = options;
  const sections = documents.flatMap((document) => {
    try {
      return splitSections(document);
    } catch (error) {
      // Anchored by somebody, and for ever: the others can still be quoted.
      if (!isNotUtf8(error)) throw error;
      onError(error);
      return [];
    }
  });
  if (sections.length === 0) {
    throw new BaseError('There is no Markdown text to answer from.', {
      code: 'documents_empty',
      values: { documents: documents.length },
      hints: ['Anchor a folder with .md files and name its manifest.'],
    });
  }
  const index = createSectionIndex(sections);
  const titles = titlesByLength(sections);
  let closing = false;
  const started = seconds();

  const server = createServer((request, response) => {
    response.once('close', () => {
      // A client keeps its connection for later calls; when closing there are none.
      if (closing) server.closeIdleConnections();
    });
    handle(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      const { status, body } = toProblemDetails(error);
      if (status >= 500) onError(error);
      // Once a stream has begun there is no status left to send: the reader must see that it broke off.
      if (response.headersSent) response.destroy();
      else sendJson(response, status, body);
    });
  });
  // Longer than the pools of usual clients keep idle connections, so that none is closed under a request.
  server.keepAliveTimeout = 75_000;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0];
    const route = `${request.method} ${path}`;
    if (route === 'GET /v1/models') return sendJson(response, 200, { object: 'list', data: [modelObject(started)] });
    if (route === `GET /v1/models/${agentModel}`) return sendJson(response, 200, modelObject(started));
    if (route === 'POST /v1/chat/completions') {
      const asked = parseChatRequest(await readBody(request), agentModel);
      return answerChat(response, { model: agentModel, created: seconds(), request: asked }, compose(asked));
    }
    if (route === 'POST /v1/responses') {
      const asked = parseCreateResponse(await readBody(request), agentModel);
      return answerResponse(response, { model: agentModel, created: seconds(), request: asked }, compose(asked));
    }
    throw new BaseError(`There is no ${route} here.`, {
      code: 'route_not_found',
      status: 404,
      hints: ['Served are GET /v1/models, POST /v1/chat/completions and POST /v1/responses.'],
    });
  }

  function compose({ question, maxTokens }: Asked): Generator<string, FinishReason> {
    return composeAnswer(index, titles, question, maxTokens);
  }

  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw new BaseError(`The built-in upstream cannot listen on ${host}:${port}.`, {
      code: 'listen_failed',
      kind: 'transient',
      hints: ['Choose another port, or end the process that has it.'],
      cause,
    });
  }
  // A connection that cannot be accepted, for want of file descriptors, is no reason to stop.
  server.on('error', onError);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    search: (question) => index.search(question),
    close: async () => {
      const closed = once(server, 'close');
      closing = true;
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

function isNotUtf8(error: unknown): boolean {
  return error instanceof BaseError && error.code === 'document_not_utf8';
}

/** Titles of the documents, those with most sections first. */
function titlesByLength(sections: readonly Section[]): string[] {
  const counts = new Map<string, number>();
  for (const { headings } of sections) counts.set(headings[0]!, (counts.get(headings[0]!) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([title]) => title);
}

function modelObject(created: number) {
  return { id: agentModel, object: 'model', created, owned_by: 'kedge' };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
