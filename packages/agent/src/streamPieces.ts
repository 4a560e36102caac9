import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { chunkObject, type CompletionHead } from './chatCompletion.js';
import type { FinishReason } from './composeAnswer.js';

const wordsPerChunk = 4;

/** Sends each piece as it is found, some words at a time; stops when the reader has gone. Answers the whole text. */
export async function streamPieces(
  response: ServerResponse,
  head: CompletionHead,
  pieces: Generator<string, FinishReason>,
): Promise<string> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  sendEvent(response, chunkObject(head, { role: 'assistant', content: '' }));
  let content = '';
  let step = pieces.next();
  for (; !step.done; step = pieces.next()) {
    content += step.value;
    for (const words of wordGroups(step.value)) {
      if (!sendEvent(response, chunkObject(head, { content: words }))) await drained(response);
      if (response.destroyed) return content;
    }
    // The socket sends what it has before the next piece is searched for.
    await setImmediate();
  }
  sendEvent(response, chunkObject(head, {}, step.value));
  return content;
}

function* wordGroups(text: string): Generator<string> {
  const words = text.split(/(?<=\s)(?=\S)/);
  for (let from = 0; from < words.length; from += wordsPerChunk) yield words.slice(from, from + wordsPerChunk).join('');
}

async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const gone = new AbortController();
  const onClose = () => gone.abort();
  response.once('close', onClose);
  try {
    await once(response, 'drain', { signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    response.off('close', onClose);
  }
}

/** Writes one event; false when the reader is slower than we are. */
export function sendEvent(response: ServerResponse, data: unknown): boolean {
  return response.write(`data: ${JSON.stringify(data)}\n\n`);
}
