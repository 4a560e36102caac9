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
  /** What came of what was asked for, where that is more than text; absent where it is the input. */
  readonly came?: () => KnownInput;
};

/** For surfaces whose answers say nothing that is counted. */
export const silentReader: AnswerReader = { addAnswer: () => undefined, addEvent: () => undefined, said: () => [] };

/** What bounds a call's price. */
export type CallTerms = {
  readonly input: KnownInput;
  /** Output tokens of all choices together; absent for a surface that has none. */
  readonly outputCap?: number;
  /** What the call comes to at most, but for the output, where that is more than the input. */
  readonly worst?: KnownInput;
};

/** Begins the count of a call: its input now, its answer as it comes. */
export function createCallMeter(
  policy: Policy,
  { input, outputCap, worst = input }: CallTerms,
  reader: AnswerReader,
): CallMeter {
  const unitsAt = (outputTokens: number, known: KnownInput, under = policy): bigint => {
    const output = outputCap === undefined ? {} : { output_tokens: Math.min(outputTokens, outputCap) };
    return unitsOf(under, metricsOf(under, { ...known, ...output }));
  };
  const came = (): KnownInput => reader.came?.() ?? input;
  const most = (tokensOf: (texts: TextCounter) => number): number => Math.max(0, ...reader.said().map(tokensOf));

  return {
    inputUnits: unitsAt(0, input),
    worstUnits: unitsAt(outputCap ?? 0, worst),
    addAnswer: reader.addAnswer,
    addEvent: reader.addEvent,
    units: (under) =>
      unitsAt(
        most((texts) => texts.tokens()),
        came(),
        under,
      ),
    signableUnits: () =>
      unitsAt(
        most((texts) => texts.settledTokens()),
        came(),
      ),
  };
}

function metricsOf(policy: Policy, counts: KnownInput & { readonly output_tokens?: number }): Metric[] {
  return (Object.entries(counts) as [MetricLabel, number][]).flatMap(([metric, amount]) => {
    // Images that are sent in have a rate or are refused, by unitsOf.
    const isPriced = policy.rates[metric] !== undefined || (metric === 'images' && amount > 0);
    return isPriced ? [{ metric, amount: BigInt(amount) }] : [];
  });
}
