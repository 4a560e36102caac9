import { unitsOf, type Metric, type MetricLabel, type Policy } from '@kedge/core';
import type { TextCounter } from './createTextCounter.js';

/** A client's own count of one call, by the rules that the gateway counts by. */
export type CallMeter = {
  readonly inputUnits: bigint;
  /** What the call may cost at most. */
  readonly worstUnits: bigint;
  /** Takes a whole answer. */
  readonly addAnswer: (answer: Readonly<Record<string, unknown>>) => void;
  /** Takes one event of a streamed answer. */
  readonly addEvent: (event: Readonly<Record<string, unknown>>) => void;
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

/** Reads the answer of one call. */
export type AnswerReader = Pick<CallMeter, 'addAnswer' | 'addEvent'> & {
  /** What was said. Of several, each holds all of it, and the one with the most tokens counts. */
  readonly said: () => readonly TextCounter[];
};

/** For surfaces whose answers say nothing that is counted. */
export const silentReader: AnswerReader = { addAnswer: () => undefined, addEvent: () => undefined, said: () => [] };

/**
 * Begins the count of a call: its input now, its answer as it comes.
 *
 * @param outputCap Output tokens of all choices together; undefined for a surface that has none.
 */
export function createCallMeter(
  policy: Policy,
  input: KnownInput,
  outputCap: number | undefined,
  reader: AnswerReader,
): CallMeter {
  const unitsAt = (outputTokens: number, under = policy): bigint => {
    const output = outputCap === undefined ? {} : { output_tokens: Math.min(outputTokens, outputCap) };
    return unitsOf(under, metricsOf(under, { ...input, ...output }));
  };
  const most = (tokensOf: (texts: TextCounter) => number): number => Math.max(0, ...reader.said().map(tokensOf));

  return {
    inputUnits: unitsAt(0),
    worstUnits: unitsAt(outputCap ?? 0),
    addAnswer: reader.addAnswer,
    addEvent: reader.addEvent,
    units: (under) =>
      unitsAt(
        most((texts) => texts.tokens()),
        under,
      ),
    signableUnits: () => unitsAt(most((texts) => texts.settledTokens())),
  };
}

function metricsOf(policy: Policy, counts: KnownInput & { readonly output_tokens?: number }): Metric[] {
  return (Object.entries(counts) as [MetricLabel, number][]).flatMap(([metric, amount]) => {
    // Images that are sent in have a rate or are refused, by unitsOf.
    const isPriced = policy.rates[metric] !== undefined || (metric === 'images' && amount > 0);
    return isPriced ? [{ metric, amount: BigInt(amount) }] : [];
  });
}
