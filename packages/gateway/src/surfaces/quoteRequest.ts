import {
  type Counts,
  defaultOutputCap,
  type MetricLabel,
  type Policy,
  policyRefused,
  smallest,
  worstUnitsAt,
} from '@kedge/core';
import type { Quote } from './surface.js';

/** What a request asks for, as far as it bounds the price. */
type Asked = {
  readonly known: Counts;
  /** All limits that it names of one choice's output tokens, of which the smallest holds; null when the surface has no such output. */
  readonly outputLimits: readonly (number | null | undefined)[] | null;
  readonly choices: number;
};

/**
 * Refuses a model or a surface that the policy does not have. Called before anything is counted.
 * @throws BaseError 403 `policy_refused`.
 */
export function checkTerms(
  policy: Policy,
  surface: { readonly name: string; readonly path: string; readonly pricedBy: readonly MetricLabel[] },
  model: string,
): void {
  if (!policy.models.includes(model)) {
    throw policyRefused('models', `The policy does not serve the model ${model.slice(0, 100)}.`, {
      hints: [`Use one of: ${policy.models.join(', ')}.`],
    });
  }
  if (policy.surfaces !== undefined && !policy.surfaces.includes(surface.path)) {
    throw policyRefused('surfaces', `The policy does not serve ${surface.name}.`, {
      hints: [`It serves: ${policy.surfaces.join(', ')}.`],
    });
  }
  if (surface.pricedBy.some((metric) => policy.rates[metric] !== undefined)) return;
  throw policyRefused('rates', `The policy has no rate for ${surface.name}.`, {
    hints: [`It needs one of ${surface.pricedBy.join(', ')}.`],
  });
}

/**
 * Finds the cap of the output and the worst case in units.
 * @throws BaseError 403 `policy_refused`, whose `values.clause` names the clause of the policy.
 */
export function quoteRequest(policy: Policy, pricedBy: readonly MetricLabel[], asked: Asked): Quote {
  const { known, choices } = asked;
  const { inputTokens } = known;
  const inputCap = policy.caps.inputTokensPerCall;
  if (inputCap !== undefined && inputTokens > inputCap) {
    throw policyRefused(
      'caps.inputTokensPerCall',
      `The input has ${inputTokens} tokens; the policy allows ${inputCap}.`,
      {
        values: { inputTokens, cap: inputCap },
        hints: ['Shorten the input.'],
      },
    );
  }
  const outputLimit = policy.caps.outputTokensPerCall;
  // Each of them, though only the smallest is quoted and forwarded: a client that names a larger one counts on it.
  for (const limit of asked.outputLimits ?? []) {
    if (typeof limit !== 'number' || limit <= outputLimit) continue;
    throw policyRefused(
      'caps.outputTokensPerCall',
      `The request asks for ${limit} output tokens; the policy allows ${outputLimit}.`,
      {
        values: { asked: limit, cap: outputLimit },
        hints: [`Ask for at most ${outputLimit}.`],
      },
    );
  }
  const call = { pricedBy, known, choices };
  const { outputLimits } = asked;
  const outputCap = outputLimits === null ? 0 : (smallest(...outputLimits) ?? defaultOutputCap(policy, call));
  const worstUnits = worstUnitsAt(policy, call, outputCap);
  const unitsCap = policy.caps.unitsPerCall;
  if (unitsCap !== undefined && worstUnits > BigInt(unitsCap)) {
    throw policyRefused(
      'caps.unitsPerCall',
      `The call may cost ${worstUnits} base units; the policy allows ${unitsCap} a call.`,
      {
        values: { worstUnits, cap: unitsCap },
        hints: ['Ask for less output, or send less input.'],
      },
    );
  }
  return { known, outputCap, choices, worstUnits };
}
