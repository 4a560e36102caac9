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
  isJsonObject,
  listOf,
  messageEventUsage,
  messagesUsage,
  noCounts,
  openAiUsage,
  responsesUsage,
  smallest,
  withInput,
  type ChatCompletionRequest,
  type CompletionRequest,
  type Counts,
  type EmbeddingsRequest,
  type MessagesRequest,
  type Policy,
  type ResponsesRequest,
  type TextSink,
  type TokenCount,
  type UpstreamUsage,
} from '@kedge/core';
import { createCallMeter, silentReader, type AnswerReader, type CallMeter } from './createCallMeter.js';
import { createTextCounter } from './createTextCounter.js';

/** Begins the count of a chat completion. */
export function meterChat(policy: Policy, request: ChatCompletionRequest, count: TokenCount): CallMeter {
  const limit = smallest(request.max_tokens, request.max_completion_tokens);
  const output = { choices: request.n ?? 1, limit };
  const input = withInput(countChatInput(request, count));
  return createCallMeter(policy, { path: '/chat/completions', input, output }, readChat(count));
}

/** Begins the count of a text completion: each of several prompts has `n` choices. */
export function meterCompletion(policy: Policy, request: CompletionRequest, count: TokenCount): CallMeter {
  const { tokens, inputs } = countTexts(request.prompt, count);
  const input = { ...noCounts, inputTokens: tokens + countJson(request.suffix, count) };
  const output = { choices: inputs * (request.n ?? 1), limit: smallest(request.max_tokens) };
  return createCallMeter(policy, { path: '/completions', input, output }, readCompletion(count));
}

/** Begins the count of embeddings, which is known before they come: tokens, and a record for each input. */
export function meterEmbeddings(policy: Policy, request: EmbeddingsRequest, count: TokenCount): CallMeter {
  const { tokens, inputs } = countTexts(request.input, count);
  const input = { ...noCounts, inputTokens: tokens, records: inputs };
  // Without an embedding for each input it is no answer, and costs nothing.
  let came: Counts | undefined;
  let usage: UpstreamUsage | undefined;
  return createCallMeter(
    policy,
    { path: '/embeddings', input },
    {
      ...silentReader,
      addAnswer: (answer) => {
        came = listOf(answer['data']).length === inputs ? input : undefined;
        usage = openAiUsage(answer['usage']);
      },
      came: () => came,
      usage: () => usage,
    },
  );
}

/** Begins the count of a response. */
export function meterResponse(policy: Policy, request: ResponsesRequest, count: TokenCount): CallMeter {
  const output = { choices: 1, limit: smallest(request.max_output_tokens) };
  const input = withInput(countResponsesInput(request, count));
  return createCallMeter(policy, { path: '/responses', input, output }, readResponse(count));
}

/** Begins the count of a message in the Anthropic format. */
export function meterMessage(policy: Policy, request: MessagesRequest, count: TokenCount): CallMeter {
  const output = { choices: 1, limit: request.max_tokens };
  const input = withInput(countMessagesInput(request, count));
  return createCallMeter(policy, { path: '/messages', input, output }, readMessage(count));
}

/** Reads what a chat completion says. */
export function readChat(count: TokenCount): AnswerReader {
  return readChoices(addChatChoice, count);
}

/** Reads what a text completion says. */
export function readCompletion(count: TokenCount): AnswerReader {
  return readChoices(addTextChoice, count);
}

/** Reads what a response says. */
export function readResponse(count: TokenCount): AnswerReader {
  const { read, pieces, whole, response } = createResponseEvents(() => createTextCounter(count));
  let usage: UpstreamUsage | undefined;
  return {
    addAnswer: (answer) => {
      addResponse(pieces, answer);
      usage = responsesUsage(answer['usage']);
    },
    addEvent: (event) => {
      read(event);
      usage = responsesUsage(response()['usage']);
    },
    said: () => [pieces, whole()].filter((texts) => texts !== undefined),
    usage: () => usage,
  };
}

/** Reads what a message in the Anthropic format says. */
export function readMessage(count: TokenCount): AnswerReader {
  const texts = createTextCounter(count);
  let usage: Record<string, unknown> | undefined;
  const take = (said: unknown): void => {
    if (isJsonObject(said)) usage = { ...usage, ...said };
  };
  return {
    addAnswer: (answer) => {
      addMessage(texts, answer);
      take(answer['usage']);
    },
    addEvent: (event) => {
      addMessageEvent(texts, event);
      take(messageEventUsage(event));
    },
    said: () => [texts],
    usage: () => messagesUsage(usage),
  };
}

function readChoices(addChoice: (sink: TextSink, choice: unknown) => void, count: TokenCount): AnswerReader {
  const texts = createTextCounter(count);
  let usage: UpstreamUsage | undefined;
  const add: AnswerReader['addAnswer'] = (answer) => {
    for (const choice of listOf(answer['choices'])) addChoice(texts, choice);
    usage = openAiUsage(answer['usage']) ?? usage;
  };
  return { addAnswer: add, addEvent: add, said: () => [texts], usage: () => usage };
}
