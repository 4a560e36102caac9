import {
  billedMetrics,
  defaultOutputCap,
  noCounts,
  pricedBy,
  unitsOf,
  type Counts,
  type Policy,
  type SurfacePath,
  type UpstreamUsage,
} from '@kedge/core';
import type { TextCounter } from './createTextCounter.js';

/** A client's own count of one call, by the rules that the gateway counts by. */
export type CallMeter = {
  readonly inputUnits: bigint;
  /** What the call may cost at most. */
  readonly worstUnits: bigint;
  /** Output tokens of all choices together. */
  readonly outputCap: number;
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
  /** What was asked for, before anything came. */
  readonly input: Counts;
  /** What was counted of all that was added; undefined while it is no answer, which costs nothing. */
  readonly counts: () => Counts | undefined;
  /** What the upstream says of its own use, as far as it was added. */
  readonly usage: () => UpstreamUsage | undefined;
};

/** Reads the answer of one call. */
export type AnswerReader = Pick<CallMeter, 'addAnswer' | 'addEvent' | 'usage'> & {
  /** What was said. Of several, each holds all of it, and the one with the most tokens counts. */
  readonly said: () => readonly TextCounter[];
  /** What came of what was asked for, where that is more than text; undefined for what is no answer. Absent where it is the input. */
  readonly came?: () => Counts | undefined;
};

/** For surfaces whose answers say nothing that is counted. */
export const silentReader: AnswerReader = {
  addAnswer: () => undefined,
  addEvent: () => undefined,
  said: () => [],
  usage: () => undefined,
};

/** What bounds a call's price. */
type CallTerms = {
  readonly path: SurfacePath;
  readonly input: Counts;
  /** How many choices the answer has, and what each may come to by what the request names; absent where none has output. */
  readonly output?: { readonly choices: number; readonly limit: number | undefined };
  /** What the call comes to at most, but for the output, where that is more than the input. */
  readonly worst?: Counts;
};

/** Begins the count of a call: its input now, its answer as it comes. */
export function createCallMeter(
  policy: Policy,
  { path, input, output, worst = input }: CallTerms,
  reader: AnswerReader,
): CallMeter {
  const outputCap = output === undefined ? 0 : capOf(policy, path, input, output) * output.choices;
  const unitsAt = (outputTokens: number, known: Counts | undefined, under = policy): bigint => {
    if (known === undefined) return 0n;
    const measured = { counts: { ...known, outputTokens }, usage: undefined };
    return unitsOf(under, billedMetrics(under, pricedBy[path], measured, outputCap));
  };
  const came = (): Counts | undefined => (reader.came === undefined ? input : reader.came());
  const most = (tokensOf: (texts: TextCounter) => number): number => Math.max(0, ...reader.said().map(tokensOf));

  return {
    inputUnits: unitsAt(0, input),
    worstUnits: unitsAt(outputCap, worst),
    outputCap,
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
    input,
    counts: () => {
      const known = came();
      return known === undefined ? undefined : { ...known, ...spokenOf(reader) };
    },
    usage: reader.usage,
  };
}

/** Tokens of what was said: of several readings the one that has the most. */
export function spokenOf({ said }: Pick<AnswerReader, 'said'>): Pick<Counts, 'outputTokens' | 'reasoningTokens'> {
  let spoken: Pick<Counts, 'outputTokens' | 'reasoningTokens'> = noCounts;
  for (const texts of said()) {
    const outputTokens = texts.tokens();
    if (outputTokens > spoken.outputTokens) spoken = { outputTokens, reasoningTokens: texts.reasoningTokens() };
  }
  return { outputTokens: spoken.outputTokens, reasoningTokens: spoken.reasoningTokens };
}

/** Output tokens of one choice: as the gateway caps it, and never beyond the policy, which it keeps to. */
function capOf(
  policy: Policy,
  path: SurfacePath,
  known: Counts,
  { choices, limit }: NonNullable<CallTerms['output']>,
): number {
  if (limit !== undefined) return Math.min(limit, policy.caps.outputTokensPerCall);
  return defaultOutputCap(policy, { pricedBy: pricedBy[path], known, choices });
}
