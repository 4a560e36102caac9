import { unitsOf, type Metric, type MetricLabel, type Policy, scalarText } from '@kedge/core';
import type { TokenCounter } from './loadTokenCounter.js';

/** A client's own count of one call. Written apart from the gateway's, and held equal to it by a test. */
export type CallMeter = {
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

/** What is known of a call before it is made: the amount of each metric that its surface is priced by, but for the output. */
export type KnownInput = Readonly<Partial<Record<Exclude<MetricLabel, 'output_tokens'>, number>>>;

type Text = { whole: string; settled: number; counted: number };

/**
 * Begins the count of a call: its input now, its answer as it comes.
 *
 * @param outputCap Output tokens of all choices together; undefined for a surface that has none.
 */
export function createCallMeter(
  policy: Policy,
  input: KnownInput,
  outputCap: number | undefined,
  count: TokenCounter,
): CallMeter {
  const unitsAt = (outputTokens: number, under = policy): bigint => {
    const output = outputCap === undefined ? {} : { output_tokens: Math.min(outputTokens, outputCap) };
    return unitsOf(under, metricsOf(under, { ...input, ...output }));
  };
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
    worstUnits: unitsAt(outputCap ?? 0),
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

function metricsOf(policy: Policy, counts: KnownInput & { readonly output_tokens?: number }): Metric[] {
  return (Object.entries(counts) as [MetricLabel, number][]).flatMap(([metric, amount]) => {
    // Images that are sent in have a rate or are refused, by unitsOf.
    const isPriced = policy.rates[metric] !== undefined || (metric === 'images' && amount > 0);
    return isPriced ? [{ metric, amount: BigInt(amount) }] : [];
  });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
