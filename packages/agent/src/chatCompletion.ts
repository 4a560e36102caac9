import type { FinishReason } from './composeAnswer.js';

export type Usage = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
};

/** What all objects of one completion have in common. */
export type CompletionHead = { readonly id: string; readonly created: number; readonly model: string };

/** The OpenAI object of a whole answer. */
export function completionObject(head: CompletionHead, content: string, finishReason: FinishReason, usage: Usage) {
  return {
    ...head,
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: finishReason },
    ],
    usage,
  };
}

/** The OpenAI object of one piece of a streamed answer. */
export function chunkObject(
  head: CompletionHead,
  delta: { readonly role?: 'assistant'; readonly content?: string },
  finishReason: FinishReason | null = null,
) {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  };
}

/** The last piece of a stream whose reader asked for the usage. */
export function usageChunkObject(head: CompletionHead, usage: Usage) {
  return { ...head, object: 'chat.completion.chunk', choices: [], usage };
}
