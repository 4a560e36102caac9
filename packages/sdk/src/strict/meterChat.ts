import {
  BaseError,
  unitsOf,
  type ChatCompletionRequest,
  type Metric,
  type MetricLabel,
  type Policy,
  scalarText,
} from '@kedge/core';
import type { TokenCounter } from './loadTokenCounter.js';

/** A client's own count of one chat completion. Written apart from the gateway's, and held equal to it by a test. */
export type ChatMeter = {
  readonly inputUnits: bigint;
  /** What the call may cost at most. */
  readonly worstUnits: bigint;
  /** Takes an element of `choices`, whole or streamed. */
  readonly add: (choice: unknown) => void;
  /**
   * What the call comes to with all that was added: exact, and linear in the answer's length.
   * @param under Other rates than those that the call began with: of the answer that an earlier call got.
   */
  readonly units: (under?: Policy) => bigint;
  /** The same, but never more than it will be when the last word has grown: cheap, for vouchers on the way. */
  readonly signableUnits: () => bigint;
};

const tokensPerMessage = 3;
const tokensPerAnswer = 3;
const tokensPerName = 1;

type Text = { whole: string; settled: number; counted: number };

/** Begins the count of a call: its input now, its answer as it comes. */
export function meterChat(policy: Policy, request: ChatCompletionRequest, count: TokenCounter): ChatMeter {
  const input = countInput(request, count);
  const limits = [request.max_tokens, request.max_completion_tokens].filter((limit) => typeof limit === 'number');
  const cap = Math.min(policy.caps.outputTokensPerCall, ...limits) * (request.n ?? 1);
  const unitsAt = (outputTokens: number, under = policy): bigint =>
    unitsOf(under, metricsOf(under, { ...input, outputTokens: Math.min(outputTokens, cap) }));
  const texts = new Map<string, Text>();

  const append = (key: string, piece: unknown): void => {
    if (typeof piece !== 'string' || piece === '') return;
    const text = texts.get(key);
    if (text === undefined) texts.set(key, { whole: piece, settled: 0, counted: 0 });
    else text.whole += piece;
  };
  const appendCall = (key: string, called: unknown): void => {
    if (!isObject(called)) return;
    append(`${key}/name`, called['name']);
    append(`${key}/arguments`, called['arguments'] ?? called['input']);
  };

  return {
    inputUnits: unitsAt(0),
    worstUnits: unitsAt(cap),
    add: (choice) => {
      if (!isObject(choice)) return;
      const index = scalarText(choice['index'] ?? 0);
      const said = choice['delta'] ?? choice['message'];
      if (!isObject(said)) return append(`${index}/text`, choice['text']);
      append(`${index}/content`, said['content']);
      append(`${index}/refusal`, said['refusal']);
      append(`${index}/reasoning`, said['reasoning_content'] ?? said['reasoning']);
      appendCall(`${index}/function`, said['function_call']);
      if (!Array.isArray(said['tool_calls'])) return;
      said['tool_calls'].forEach((call: unknown, position) => {
        if (isObject(call)) {
          appendCall(`${index}/tool/${scalarText(call['index'] ?? position)}`, call['function'] ?? call['custom']);
        }
      });
    },
    units: (under) =>
      unitsAt(
        [...texts.values()].reduce((sum, { whole }) => sum + count(whole), 0),
        under,
      ),
    signableUnits: () => {
      for (const text of texts.values()) settleWords(text, count);
      return unitsAt([...texts.values()].reduce((sum, { settled }) => sum + settled, 0));
    },
  };
}

/** Counts up to the last space between words: a word begins there for the tokenizer, whatever still comes. */
function settleWords(text: Text, count: TokenCounter): void {
  const { whole, counted } = text;
  for (let at = whole.length - 2; at > counted; at--) {
    if (whole[at] !== ' ' || !/\S/.test(whole[at - 1]!) || !/[A-Za-z]/.test(whole[at + 1]!)) continue;
    text.settled += count(whole.slice(counted, at));
    text.counted = at;
    return;
  }
}

function metricsOf(
  policy: Policy,
  counts: { readonly inputTokens: number; readonly outputTokens: number; readonly images: number },
): Metric[] {
  const metrics: Metric[] = [];
  const add = (metric: MetricLabel, amount: number): void => {
    if (policy.rates[metric] !== undefined) metrics.push({ metric, amount: BigInt(amount) });
  };
  add('input_tokens', counts.inputTokens);
  add('output_tokens', counts.outputTokens);
  add('requests', 1);
  if (counts.images > 0) metrics.push({ metric: 'images', amount: BigInt(counts.images) });
  return metrics;
}

function countInput(request: ChatCompletionRequest, count: TokenCounter): { inputTokens: number; images: number } {
  const countJson = (value: unknown): number => {
    if (value === undefined || value === null) return 0;
    return count(typeof value === 'string' ? value : JSON.stringify(value));
  };
  let images = 0;
  const countPart = (part: { readonly type: string; readonly [field: string]: unknown }): number => {
    if (part.type === 'image_url' || part.type === 'input_image') {
      images++;
      return 0;
    }
    const text = part['text'] ?? part['refusal'];
    if (typeof text === 'string') return count(text);
    throw new BaseError(`A message has a part of type ${part.type}, which this client cannot count.`, {
      code: 'surface_unmetered',
      hints: ['Send text or image_url parts.'],
    });
  };
  let tokens = tokensPerAnswer;
  for (const message of request.messages) {
    tokens += tokensPerMessage + count(message.role);
    if (typeof message.content === 'string') tokens += count(message.content);
    else for (const part of message.content ?? []) tokens += countPart(part);
    if (typeof message['name'] === 'string') tokens += tokensPerName + count(message['name']);
    for (const field of ['tool_calls', 'function_call', 'refusal', 'reasoning_content', 'tool_call_id']) {
      tokens += countJson(message[field]);
    }
  }
  for (const field of ['tools', 'functions', 'response_format', 'tool_choice']) tokens += countJson(request[field]);
  return { inputTokens: tokens, images };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
