import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ScriptedRequest = {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The request body, as far as tests look at it; null when it is no JSON. */
  readonly json: {
    readonly stream?: boolean;
    readonly max_tokens?: number;
    readonly stream_options?: { include_usage?: boolean };
  };
  readonly body: Buffer;
};
export type Script = (request: ScriptedRequest, response: ServerResponse) => unknown;

export type ScriptedUpstream = {
  readonly url: string;
  /** What the next calls are answered with. */
  script: Script;
  readonly requests: ScriptedRequest[];
  readonly close: () => Promise<void>;
};

/** A real HTTP server that answers as it is told. */
export async function startScriptedUpstream(script: Script): Promise<ScriptedUpstream> {
  const requests: ScriptedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const isForm = request.headers['content-type']?.startsWith('multipart/') === true;
      const scripted = {
        path: request.url ?? '',
        headers: request.headers,
        json: JSON.parse(isForm ? 'null' : body.toString() || 'null') as ScriptedRequest['json'],
        body,
      };
      requests.push(scripted);
      void upstream.script(scripted, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: ScriptedUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    script,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}

/** Lets the next call hang for ever; resolves when it has come. */
export function hanging(upstream: ScriptedUpstream): Promise<void> {
  return new Promise((resolve) => {
    upstream.script = (_, response) => {
      response.on('error', () => undefined);
      resolve();
    };
  });
}

export function completion(content: string, more: Record<string, unknown> = {}) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'demo',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    ...more,
  };
}

export function answerWith(json: unknown, status = 200): Script {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  };
}

export function chunkEvent(delta: Record<string, unknown>, finish: string | null = null): string {
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'demo',
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

export const usageEvent = `data: ${JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'demo',
  choices: [],
  usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 },
})}\n\n`;

/** Streams the words as one chunk each, then usage (as asked by the gateway) and [DONE]. */
export function streamWords(words: readonly string[]): Script {
  return (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ role: 'assistant', content: '' }));
    for (const word of words) response.write(chunkEvent({ content: word }));
    response.write(chunkEvent({}, 'stop'));
    if (request.json.stream_options?.include_usage === true) response.write(usageEvent);
    response.end('data: [DONE]\n\n');
  };
}
