import {
  BaseError,
  type ChatCompletionRequest,
  type Metric,
  type MetricLabel,
  type Policy,
  unitsOf,
} from '@kedge/core';
import { countText } from '../tokens/countText.js';

/** What a call may cost at most, before it is made. */
export type Quote = {
  readonly inputTokens: number;
  readonly images: number;
  /** Output tokens a choice may have; enforced upstream and while streaming. */
  readonly outputCap: number;
  readonly choices: number;
  readonly worstUnits: bigint;
};

// OpenAI's published chat overhead: each message costs 3 tokens beside its parts, the answer is primed with 3, a name with 1.
const tokensPerMessage = 3;
const tokensPerAnswer = 3;
const tokensPerName = 1;

/**
 * Counts the input, finds the output's cap and the worst case in units.
 * @throws BaseError 403 `policy_refused`, whose `values.clause` names the clause of the policy.
 */
export function quoteCall(policy: Policy, request: ChatCompletionRequest): Quote {
  if (!policy.models.includes(request.model)) {
    throw refused('models', `The policy does not serve the model ${request.model}.`, {
      hints: [`Use one of: ${policy.models.join(', ')}.`],
    });
  }
  const { tokens: inputTokens, images } = countInput(request);
  const inputCap = policy.caps.inputTokensPerCall;
  if (inputCap !== undefined && inputTokens > inputCap) {
    throw refused('caps.inputTokensPerCall', `The prompt has ${inputTokens} tokens; the policy allows ${inputCap}.`, {
      values: { inputTokens, cap: inputCap },
      hints: ['Shorten the messages.'],
    });
  }
  const choices = request.n ?? 1;
  const asked = smallest(request.max_tokens, request.max_completion_tokens);
  const outputLimit = policy.caps.outputTokensPerCall;
  if (asked !== undefined && asked > outputLimit) {
    throw refused(
      'caps.outputTokensPerCall',
      `The request asks for ${asked} output tokens; the policy allows ${outputLimit}.`,
      {
        values: { asked, cap: outputLimit },
        hints: [`Set max_tokens to at most ${outputLimit}.`],
      },
    );
  }
  const worstAt = (outputCap: number): bigint =>
    unitsOf(policy, metricsOf(policy, { inputTokens, images, outputTokens: outputCap * choices }));
  const outputCap = asked ?? affordable(policy, outputLimit, worstAt);
  const worstUnits = worstAt(outputCap);
  const unitsCap = policy.caps.unitsPerCall;
  if (unitsCap !== undefined && worstUnits > BigInt(unitsCap)) {
    throw refused(
      'caps.unitsPerCall',
      `The call may cost ${worstUnits} base units; the policy allows ${unitsCap} a call.`,
      {
        values: { worstUnits, cap: unitsCap },
        hints: ['Lower max_tokens or n, or shorten the messages.'],
      },
    );
  }
  return { inputTokens, images, outputCap, choices, worstUnits };
}

/**
 * The metrics of a call that the policy prices, in the registry's order. A chat completion is priced by its tokens or by the
 * request; one that has neither rate is refused, never free. Images are refused without a rate of their own.
 */
export function metricsOf(
  policy: Policy,
  counts: { readonly inputTokens: number; readonly outputTokens: number; readonly images: number },
): Metric[] {
  const { rates } = policy;
  if (rates.input_tokens === undefined && rates.output_tokens === undefined && rates.requests === undefined) {
    throw refused('rates', 'The policy has no rate for chat completions.', {
      hints: ['It needs one of input_tokens, output_tokens or requests.'],
    });
  }
  const metrics: Metric[] = [];
  const add = (metric: MetricLabel, amount: number): void => {
    if (rates[metric] !== undefined) metrics.push({ metric, amount: BigInt(amount) });
  };
  add('input_tokens', counts.inputTokens);
  add('output_tokens', counts.outputTokens);
  add('requests', 1);
  // Without a rate, unitsOf refuses this.
  if (counts.images > 0) metrics.push({ metric: 'images', amount: BigInt(counts.images) });
  return metrics;
}

/** The largest default output cap that `caps.unitsPerCall` lets through; at least 1, which is then refused by name. */
function affordable(policy: Policy, limit: number, worstAt: (outputCap: number) => bigint): number {
  const cap = policy.caps.unitsPerCall;
  if (cap === undefined || worstAt(limit) <= BigInt(cap)) return limit;
  let low = 1;
  let high = limit;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (worstAt(middle) <= BigInt(cap)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Input tokens: for each message 3 + its role, content, name (+ 1) and calls; 3 for the answer; then what else the model is
 * shown (tools, functions, response format), as its JSON text. Text parts count as text, image parts as images.
 */
function countInput(request: ChatCompletionRequest): { tokens: number; images: number } {
  let tokens = tokensPerAnswer;
  let images = 0;
  for (const message of request.messages) {
    tokens += tokensPerMessage + countText(message.role);
    if (typeof message.content === 'string') tokens += countText(message.content);
    else {
      for (const part of message.content ?? []) {
        if (part.type === 'image_url' || part.type === 'input_image') images++;
        else if (typeof part['text'] === 'string') tokens += countText(part['text']);
        else if (typeof part['refusal'] === 'string') tokens += countText(part['refusal']);
        else {
          throw refused('rates', `The policy has no rate for message parts of type ${part.type}.`, {
            hints: ['Send text or image_url parts.'],
          });
        }
      }
    }
    if (typeof message['name'] === 'string') tokens += tokensPerName + countText(message['name']);
    for (const field of ['tool_calls', 'function_call', 'refusal', 'reasoning_content', 'tool_call_id']) {
      if (message[field] !== undefined && message[field] !== null) tokens += countJson(message[field]);
    }
  }
  for (const field of ['tools', 'functions', 'response_format', 'tool_choice']) {
    if (request[field] !== undefined && request[field] !== null) tokens += countJson(request[field]);
  }
  return { tokens, images };
}

function countJson(value: unknown): number {
  return countText(typeof value === 'string' ? value : JSON.stringify(value));
}

function smallest(...limits: readonly (number | null | undefined)[]): number | undefined {
  const named = limits.filter((limit): limit is number => typeof limit === 'number');
  return named.length === 0 ? undefined : Math.min(...named);
}

function refused(
  clause: string,
  message: string,
  more: { readonly hints: readonly string[]; readonly values?: Readonly<Record<string, unknown>> },
): BaseError {
  return new BaseError(message, {
    code: 'policy_refused',
    status: 403,
    values: { clause, ...more.values },
    hints: more.hints,
  });
}
