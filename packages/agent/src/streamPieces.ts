import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { FinishReason } from './composeAnswer.js';

const wordsPerChunk = 4;

/** An answer that is whole. */
export type Composed = { readonly content: string; readonly finishReason: FinishReason };

/** Takes all pieces at once. */
export function joinPieces(pieces: Generator<string, FinishReason>): Composed {
  let content = '';
  let step = pieces.next();
  for (; !step.done; step = pieces.next()) content += step.value;
  return { content, finishReason: step.value };
}

/** Begins an answer of events. */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
}

/**
 * Sends each piece as it is found, some words at a time. Undefined when the reader has gone.
 *
 * @param send writes one event; false when the reader is slower than we are
 */
export async function streamPieces(
  response: ServerResponse,
  pieces: Generator<string, FinishReason>,
  send: (words: string) => boolean,
): Promise<Composed | undefined> {
  let content = '';
  let step = pieces.next();
  for (; !step.done; step = pieces.next()) {
    content += step.value;
    for (const words of wordGroups(step.value)) {
      if (!send(words)) await drained(response);
      if (response.destroyed) return undefined;
    }
    // The socket sends what it has before the next piece is searched for.
    await setImmediate();
  }
  return response.destroyed ? undefined : { content, finishReason: step.value };
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
