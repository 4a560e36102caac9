import {
  BaseError,
  concatBytes,
  decodeSignedReceipt,
  eventDataOf,
  isJsonObject,
  receiptCommentPrefix,
  utf8,
  type SignedReceipt,
} from '@kedge/core';
import { eventsOf } from '../../data/eventsOf.js';

export type ChatMessage = { readonly role: 'user' | 'assistant'; readonly content: string };

/** A call that is over: its receipt, and the exact bytes that the receipt's hashes are over (R16). */
export type FinishedCall = {
  readonly answer: string;
  readonly receipt: SignedReceipt;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
};

/**
 * Asks an OpenAI-compatible API and hands on the answer as it streams in. What it costs is in the receipt, which comes as a
 * comment line of the stream (R17).
 *
 * @throws BaseError `key_invalid`, `gateway_down`, `stream_broken`, `stream_failed`, `receipt_missing`, or the gateway's own
 * refusal.
 */
export async function streamChat(options: {
  gatewayUrl: string;
  apiKey: string;
  model: string;
  messages: readonly ChatMessage[];
  onText: (text: string) => void;
  signal: AbortSignal;
}): Promise<FinishedCall> {
  const { gatewayUrl, apiKey, model, messages, onText, signal } = options;
  requireKey(apiKey);
  const body = JSON.stringify({ model, messages, stream: true });
  const response = await fetch(`${gatewayUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body,
    signal,
  }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw gatewayDown(cause);
  });
  if (!response.ok || response.body === null) throw await refusal(response);
  try {
    return { ...(await readCall(response.body, onText)), request: utf8(body) };
  } catch (error) {
    if (signal.aborted || error instanceof BaseError) throw error;
    throw new BaseError('The answer broke off.', {
      code: 'stream_broken',
      kind: 'transient',
      hints: ['What had arrived may be charged. Ask again, which is a new call.'],
      cause: error,
    });
  }
}

async function readCall(
  stream: ReadableStream<Uint8Array>,
  onText: (text: string) => void,
): Promise<Omit<FinishedCall, 'request'>> {
  const kept: Uint8Array[] = [];
  let answer = '';
  let receipt: SignedReceipt | undefined;
  for await (const event of eventsOf(stream)) {
    const text = new TextDecoder().decode(event);
    if (text.startsWith(receiptCommentPrefix)) {
      receipt = decodeSignedReceipt(text.slice(receiptCommentPrefix.length).trim());
      continue;
    }
    kept.push(event);
    const delta = deltaOf(text);
    if (delta === '') continue;
    answer += delta;
    onText(answer);
  }
  if (receipt !== undefined) return { answer, receipt, response: concatBytes(kept) };
  throw new BaseError('The answer ended without a receipt.', {
    code: 'receipt_missing',
    hints: ['A call without a receipt is not charged. Ask again.'],
  });
}

/** What no header may have is in no key: a browser would refuse to send it, as if nobody answered. */
function requireKey(apiKey: string): void {
  if (/^[\x21-\x7e]+$/.test(apiKey.trim())) return;
  throw new BaseError('This is no API key: it has characters that none has.', {
    code: 'key_invalid',
    hints: ['Copy the key alone, whole and in one line.'],
  });
}

/** The text that one event adds. @throws BaseError for an error that came in the middle of the stream. */
function deltaOf(event: string): string {
  const data = eventDataOf(event);
  if (data === undefined || data.trim() === '[DONE]') return '';
  const chunk = parseChunk(data);
  if (chunk.error !== undefined) throw streamFailed(chunk.error.message);
  return chunk.choices?.[0]?.delta?.content ?? '';
}

type Chunk = {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly error?: { readonly message: string };
};

function parseChunk(data: string): Chunk {
  try {
    const chunk: unknown = JSON.parse(data);
    if (isJsonObject(chunk)) return chunk;
  } catch (cause) {
    throw streamFailed('An event of the answer is not JSON.', cause);
  }
  throw streamFailed('An event of the answer is no object.');
}

function streamFailed(message: string, cause?: unknown): BaseError {
  return new BaseError(message, { code: 'stream_failed', kind: 'transient', cause });
}

async function refusal(response: Response): Promise<BaseError> {
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as { detail?: string; hints?: string[]; type?: string };
    if (problem.detail !== undefined) {
      const code = problem.type?.split('/').at(-1);
      return new BaseError(problem.detail, { hints: problem.hints ?? [], ...(code === undefined ? {} : { code }) });
    }
  } catch (cause) {
    return gatewayDown(cause);
  }
  return gatewayDown(new Error(`status ${response.status}`));
}

function gatewayDown(cause: unknown): BaseError {
  return new BaseError('The gateway does not answer.', {
    code: 'gateway_down',
    kind: 'transient',
    hints: ['Nothing was charged. kedge up starts it again by itself; try again in a moment.'],
    cause,
  });
}
