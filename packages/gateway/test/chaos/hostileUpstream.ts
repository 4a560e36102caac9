import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';

/** What an upstream does to one call. The first two are an honest one's. */
export const acts = [
  'answer',
  'slow',
  'hang',
  'reset',
  'resetMidway',
  'serverError',
  'clientError',
  'liesAboutUsage',
  'notJson',
  'noChoices',
  'halfCharacter',
  'garbage',
  'longLine',
  'overCap',
  'encoded',
  'neverDone',
] as const;
export type Act = (typeof acts)[number];

/** What a prompt tells the upstream to do. */
export type Order = { readonly call: number; readonly act: Act; readonly words: number };

export type HostileUpstream = {
  readonly url: string;
  /** Words that were sent for a call, over all times it was made: each is one token. */
  readonly sentFor: (call: number) => number;
  /** How often each act that is no honest one's was done. */
  readonly faults: () => Readonly<Record<string, number>>;
  readonly close: () => Promise<void>;
};

const word = ' a';
const longLineBytes = 100 * 1024 * 1024;

let line: Buffer | undefined;
const longLine = (): Buffer => (line ??= Buffer.alloc(longLineBytes, 'x'));

/** Of the others, each is one that an operator does not want. */
export function isHonest(act: Act): boolean {
  return act === 'answer' || act === 'slow';
}

/** A real HTTP server that answers, lies, hangs and breaks as each prompt says. */
export async function startHostileUpstream(): Promise<HostileUpstream> {
  const sent = new Map<number, number>();
  const faults: Record<string, number> = {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => response.destroy());
    response.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        stream?: boolean;
        messages: { content: string }[];
      };
      const order = JSON.parse(body.messages[0]?.content ?? '') as Order;
      sent.set(order.call, Math.max(sent.get(order.call) ?? 0, order.words));
      if (!isHonest(order.act)) faults[order.act] = (faults[order.act] ?? 0) + 1;
      void (body.stream === true ? stream(order, response) : answer(order, response));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    sentFor: (call) => sent.get(call) ?? 0,
    faults: () => faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer({ act, words }: Order, response: ServerResponse): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const whole = JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'demo',
    choices: [{ index: 0, message: { role: 'assistant', content: word.repeat(words) }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: act === 'liesAboutUsage' ? words * 100 : words },
  });
  if (act === 'hang') return;
  if (act === 'reset') return void response.destroy();
  if (act === 'serverError') return void response.writeHead(503, json).end('{"error":{"message":"busy"}}');
  if (act === 'clientError') return void response.writeHead(400, json).end('{"error":{"message":"no"}}');
  if (act === 'slow') await after(20);
  if (act === 'resetMidway') {
    response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(whole) }).write(whole.slice(0, 40));
    await after(1);
    return void response.destroy();
  }
  if (act === 'encoded') return void response.writeHead(200, { ...json, 'content-encoding': 'br' }).end('xx');
  if (act === 'notJson' || act === 'garbage') return void response.writeHead(200, json).end('<html>busy</html>');
  if (act === 'noChoices') return void response.writeHead(200, json).end('{"object":"chat.completion"}');
  if (act === 'halfCharacter') return void response.writeHead(200, json).end(Buffer.from('7b22c3', 'hex'));
  if (act === 'longLine') return void response.writeHead(200, json).end(longLine());
  response.writeHead(200, json).end(whole);
}

async function stream({ act, words }: Order, response: ServerResponse): Promise<void> {
  if (act === 'hang') return;
  if (act === 'reset') return void response.destroy();
  if (act === 'serverError' || act === 'clientError') {
    return void response.writeHead(act === 'serverError' ? 503 : 400).end('{"error":{"message":"no"}}');
  }
  const encoding = act === 'encoded' ? { 'content-encoding': 'br' } : {};
  response.writeHead(200, { 'content-type': 'text/event-stream', ...encoding });
  if (act === 'longLine') {
    response.write('data: ');
    return void response.end(longLine());
  }
  for (let at = 0; at < words; at++) {
    if (act === 'slow' || act === 'resetMidway') await after(2);
    if (act === 'resetMidway' && at === words >> 1) return void response.destroy();
    const event = chunk({ content: word });
    if (act === 'halfCharacter') {
      // An event, and a character of the next one, come in two pieces.
      const bytes = Buffer.from(`: é\n${event}`);
      response.write(bytes.subarray(0, 3));
      await after(1);
      response.write(bytes.subarray(3));
    } else response.write(event);
    if (act === 'garbage') response.write('data: {not json\n\nevent\n\n:\n\n');
  }
  response.write(chunk({}, 'stop'));
  const usage = { prompt_tokens: 1, completion_tokens: act === 'liesAboutUsage' ? words * 100 : words };
  if (act !== 'noChoices') response.write(`data: ${JSON.stringify({ choices: [], usage })}\n\n`);
  response.end(act === 'neverDone' ? '' : 'data: [DONE]\n\n');
}

function chunk(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'demo', choices })}\n\n`;
}
