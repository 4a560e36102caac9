import {
  addChatChoice,
  addMessage,
  addMessageEvent,
  addResponse,
  addTextChoice,
  countChatInput,
  countJson,
  countMessagesInput,
  countResponsesInput,
  countTexts,
  createResponseEvents,
  listOf,
  type ChatCompletionRequest,
  type CompletionRequest,
  type EmbeddingsRequest,
  type InputCount,
  type MessagesRequest,
  type Policy,
  type ResponsesRequest,
  type TextSink,
  type TokenCount,
} from '@kedge/core';
import {
  createCallMeter,
  silentReader,
  type AnswerReader,
  type CallMeter,
  type KnownInput,
} from './createCallMeter.js';
import { createTextCounter } from './createTextCounter.js';

/** Begins the count of a chat completion. */
export function meterChat(policy: Policy, request: ChatCompletionRequest, count: TokenCount): CallMeter {
  const cap = capOf(policy, request.max_tokens, request.max_completion_tokens) * (request.n ?? 1);
  return createCallMeter(
    policy,
    { input: shown(countChatInput(request, count)), outputCap: cap },
    choicesReader(addChatChoice, count),
  );
}

/** Begins the count of a text completion: each of several prompts has `n` choices. */
export function meterCompletion(policy: Policy, request: CompletionRequest, count: TokenCount): CallMeter {
  const { tokens, inputs } = countTexts(request.prompt, count);
  const cap = capOf(policy, request.max_tokens) * inputs * (request.n ?? 1);
  const input = shown({ tokens: tokens + countJson(request.suffix, count), images: 0 });
  return createCallMeter(policy, { input, outputCap: cap }, choicesReader(addTextChoice, count));
}

/** Begins the count of embeddings, which is known before they come: tokens, and a record for each input. */
export function meterEmbeddings(policy: Policy, request: EmbeddingsRequest, count: TokenCount): CallMeter {
  const { tokens, inputs } = countTexts(request.input, count);
  const input = { input_tokens: tokens, requests: 1, records: inputs };
  // Without an embedding for each input it is no answer, and costs nothing.
  let came: KnownInput = {};
  return createCallMeter(
    policy,
    { input },
    {
      ...silentReader,
      addAnswer: ({ data }) => {
        came = listOf(data).length === inputs ? input : {};
      },
      came: () => came,
    },
  );
}

/** Begins the count of a response. */
export function meterResponse(policy: Policy, request: ResponsesRequest, count: TokenCount): CallMeter {
  const { read, pieces, whole } = createResponseEvents(() => createTextCounter(count));
  const input = shown(countResponsesInput(request, count));
  return createCallMeter(
    policy,
    { input, outputCap: capOf(policy, request.max_output_tokens) },
    {
      addAnswer: (answer) => addResponse(pieces, answer),
      addEvent: read,
      said: () => [pieces, whole()].filter((texts) => texts !== undefined),
    },
  );
}

/** Begins the count of a message in the Anthropic format. */
export function meterMessage(policy: Policy, request: MessagesRequest, count: TokenCount): CallMeter {
  const texts = createTextCounter(count);
  const terms = { input: shown(countMessagesInput(request, count)), outputCap: capOf(policy, request.max_tokens) };
  return createCallMeter(policy, terms, {
    addAnswer: (answer) => addMessage(texts, answer),
    addEvent: (event) => addMessageEvent(texts, event),
    said: () => [texts],
  });
}

function shown({ tokens, images }: InputCount): KnownInput {
  return { input_tokens: tokens, requests: 1, images };
}

/** Output tokens of one choice. */
function capOf(policy: Policy, ...limits: readonly (number | null | undefined)[]): number {
  return Math.min(policy.caps.outputTokensPerCall, ...limits.map((limit) => limit ?? Infinity));
}

function choicesReader(addChoice: (sink: TextSink, choice: unknown) => void, count: TokenCount): AnswerReader {
  const texts = createTextCounter(count);
  const add: AnswerReader['addAnswer'] = ({ choices }) => {
    for (const choice of listOf(choices)) addChoice(texts, choice);
  };
  return { addAnswer: add, addEvent: add, said: () => [texts] };
}
