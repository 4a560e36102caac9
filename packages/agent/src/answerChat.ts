import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FinishReason } from './composeAnswer.js';
import { countTokens } from './countTokens.js';
import { sendJson } from './httpBody.js';
import type { ChatRequest } from './parseChatRequest.js';
import { beginEvents, joinPieces, streamPieces } from './streamPieces.js';

/** Answers a chat completion request: https://platform.openai.com/docs/api-reference/chat. */
export async function answerChat(
  response: ServerResponse,
  { model, created, request }: { readonly model: string; readonly created: number; readonly request: ChatRequest },
  pieces: Generator<string, FinishReason>,
): Promise<void> {
  const head = { id: `chatcmpl-${randomUUID()}`, created, model };
  const usageOf = (content: string) => {
    const completion = countTokens(content);
    return {
      prompt_tokens: request.promptTokens,
      completion_tokens: completion,
      total_tokens: request.promptTokens + completion,
    };
  };
  if (!request.stream) {
    const { content, finishReason } = joinPieces(pieces);
    const message = { role: 'assistant', content, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
    return sendJson(response, 200, { ...head, object: 'chat.completion', choices, usage: usageOf(content) });
  }

  const sendChunk = (fields: object): boolean =>
    response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...fields })}\n\n`);
  const sendDelta = (delta: object, finishReason: FinishReason | null = null): boolean =>
    sendChunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] });
  beginEvents(response);
  sendDelta({ role: 'assistant', content: '' });
  const composed = await streamPieces(response, pieces, (content) => sendDelta({ content }));
  if (composed === undefined) return;
  sendDelta({}, composed.finishReason);
  if (request.includeUsage) sendChunk({ choices: [], usage: usageOf(composed.content) });
  response.end('data: [DONE]\n\n');
}
