import { BaseError } from '../baseError.js';

/** 403, citing the clause of the policy. */
export function policyRefused(
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

/** Refuses a part of a request that costs the upstream something which the gateway cannot see, and so not count. */
export function unmeasurable(what: string, hint: string): BaseError {
  return policyRefused('rates', `The policy has no rate for ${what}.`, { hints: [hint] });
}
