import {
  billedMetrics,
  pricedBy,
  rateLabels,
  toleranceAt,
  usageTermsOf,
  type Counts,
  type Metric,
  type MetricLabel,
  type Policy,
  type RateLabel,
  type SurfacePath,
  type UpstreamUsage,
} from '@kedge/core';

/** What a recount says of one metric of a receipt. */
export type MetricRecount = {
  readonly metric: RateLabel;
  /** Absent where nobody but the upstream can count it, or a body that it takes is missing. */
  readonly ok?: boolean;
  /** What the receipt says. */
  readonly amount: bigint;
  /** The own count; absent where there is none. */
  readonly counted?: bigint;
  readonly detail: string;
};

/** What was counted of a call's bodies. */
export type Recounted = {
  readonly path: SurfacePath;
  /** Undefined where the bodies are no call of the surface that succeeded, which costs nothing. */
  readonly counts: Counts | undefined;
  /** Infinite where it is not known, because there is no request. */
  readonly outputCap: number;
  /** What the upstream says of its own use; undefined where the bodies do not hold it. */
  readonly usage: UpstreamUsage | undefined;
  readonly has: { readonly request: boolean; readonly answer: boolean };
};

/**
 * Compares the metrics of a receipt with an own count, by the rules that the gateway charges by. Where the bodies do not hold
 * what the upstream said of its own use, the receipt is taken at its word for it, and must be within what the policy allows.
 *
 * @param policy with the rates that the receipt is under
 */
export function recountMetrics(policy: Policy, metrics: readonly Metric[], recounted: Recounted): MetricRecount[] {
  const { path, counts, outputCap, usage, has } = recounted;
  const said = sumsOf(metrics);
  const measured = counts && { counts, usage: usage ?? claimedBy(said) };
  const own = sumsOf(measured === undefined ? [] : billedMetrics(policy, pricedBy[path], measured, outputCap));
  const context = { policy, recounted, said, own };
  return rateLabels.flatMap((metric): MetricRecount[] => {
    const amount = said(metric);
    if (!said.has(metric) && !own.has(metric) && !mayHide(metric, context)) return [];
    const missing = missingFor(metric, path, has);
    if (missing === undefined) return [{ metric, amount, ...judge(metric, context) }];
    return [{ metric, amount, detail: `the receipt says ${amount}; to count it takes the ${missing}` }];
  });
}

type Sums = { (metric: MetricLabel): bigint; readonly has: (metric: MetricLabel) => boolean };

/** A receipt may name a metric twice: its units are the sum. */
function sumsOf(metrics: readonly Metric[]): Sums {
  const sums = new Map<MetricLabel, bigint>();
  for (const { metric, amount } of metrics) sums.set(metric, (sums.get(metric) ?? 0n) + amount);
  return Object.assign((metric: MetricLabel) => sums.get(metric) ?? 0n, {
    has: (metric: MetricLabel) => sums.has(metric),
  });
}

/** The `usage` that an honest gateway would have had for such metrics. */
function claimedBy(said: Sums): UpstreamUsage {
  const [cached, reasoning] = [Number(said('cached_tokens')), Number(said('reasoning_tokens'))];
  return {
    input: Number(said('input_tokens')) + cached,
    cached,
    output: Number(said('output_tokens')) + reasoning,
    reasoning,
  };
}

function missingFor(metric: RateLabel, path: SurfacePath, has: Recounted['has']): string | undefined {
  const isOfAnswer =
    metric === 'output_tokens' ||
    metric === 'reasoning_tokens' ||
    (metric === 'images' && path === '/images/generations');
  if (isOfAnswer && !has.answer) return 'answer';
  const isOfRequest = metric !== 'requests' && (!isOfAnswer || metric === 'images');
  return isOfRequest && !has.request ? 'request' : undefined;
}

type Context = {
  readonly policy: Policy;
  readonly recounted: Recounted;
  readonly said: Sums;
  readonly own: Sums;
};

/** Whether the metric has a rate, though it was neither charged nor seen. */
function mayHide(metric: RateLabel, { policy: { rates }, recounted: { path, counts, has } }: Context): boolean {
  const isPricedBy = (of: MetricLabel): boolean => (pricedBy[path] as readonly MetricLabel[]).includes(of);
  if (metric === 'cached_tokens') return rates[metric] !== undefined && isPricedBy('input_tokens') && has.request;
  if (metric !== 'reasoning_tokens') return false;
  return rates[metric] !== undefined && isPricedBy('output_tokens') && counts?.reasoningTokens === 0;
}

type Judged = Pick<MetricRecount, 'ok' | 'counted' | 'detail'>;

function judge(metric: RateLabel, context: Context): Judged {
  const { recounted, said, own } = context;
  const { counts, path } = recounted;
  if (counts === undefined) {
    const ok = said(metric) === 0n;
    return {
      ok,
      counted: 0n,
      detail: `the receipt says ${said(metric)}; what came is no answer of ${path}, and costs nothing`,
    };
  }
  if (metric === 'input_tokens') return judgeInput(counts, context);
  if (metric === 'output_tokens') return judgeOutput(counts, context);
  const isHidden = metric === 'cached_tokens' || (metric === 'reasoning_tokens' && counts.reasoningTokens === 0);
  if (isHidden) return judgeHidden(metric, context);
  return compared(said(metric), own(metric), '');
}

function judgeInput(counts: Counts, context: Context): Judged {
  const { recounted, said, own } = context;
  const cached = said('cached_tokens');
  const ok = said('input_tokens') + cached === own('input_tokens') + own('cached_tokens');
  const fromCache = cached > 0n ? ` and ${cached} from a cache` : '';
  const rules = rulesOf(counts.inputTokens, recounted.usage?.input, context);
  return { ...compared(said('input_tokens'), BigInt(counts.inputTokens), rules, fromCache), ok };
}

function judgeOutput(counts: Counts, context: Context): Judged {
  const { policy, recounted, said, own } = context;
  const { outputCap, usage, path } = recounted;
  const amount = said('output_tokens');
  const shown =
    policy.rates.reasoning_tokens === undefined ? counts.outputTokens : counts.outputTokens - counts.reasoningTokens;
  const counted = BigInt(Math.min(shown, outputCap));
  const isUpstreams = policy.usage?.rules === 'upstream';
  const found = {
    ...compared(amount, counted, rulesOf(shown, usage?.output, context)),
    ok: amount === own('output_tokens'),
  };
  const unsure = (why: string): Judged => ({ counted, detail: `${found.detail}; ${why}` });
  if (!found.ok && amount < counted && outputCap === Infinity) return unsure('the request may cap it');
  if (!isUpstreams || policy.rates.reasoning_tokens !== undefined || counts.reasoningTokens > 0) return found;
  if (found.ok && (usage?.reasoning ?? 0) > 0)
    return unsure(`${usage?.reasoning} is reasoning, which only the upstream knows`);
  const mayBeReasoning = usage === undefined && path !== '/messages' && amount > counted && amount <= outputCap;
  return found.ok || !mayBeReasoning ? found : unsure('what is beyond may be reasoning, which only the upstream knows');
}

/** What only the upstream knows: never confirmed, but refuted by what it said itself, and by what is possible. */
function judgeHidden(metric: RateLabel, { recounted, said, own }: Context): Judged {
  const detail = `the receipt says ${said(metric)}; only the upstream knows, and `;
  if (said(metric) !== own(metric)) {
    const bound =
      recounted.usage === undefined ? `no more than ${own(metric)} is possible` : `its own count gives ${own(metric)}`;
    return { ok: false, counted: own(metric), detail: `${detail}${bound}` };
  }
  return {
    detail: `${detail}${recounted.usage === undefined ? 'what it said is not in the answer' : 'it says the same'}`,
  };
}

/** Where the upstream's count has a say: which of the two rules, and how far they may differ. */
function rulesOf(counted: number, theirs: number | undefined, { policy }: Context): string {
  const terms = usageTermsOf(policy);
  const tolerance = toleranceAt(counted, terms);
  const theirsText = theirs === undefined ? '' : ` (${theirs})`;
  if (terms.rules === 'upstream') return `; the upstream's count${theirsText} rules, within ${tolerance} of the own`;
  if (theirs === undefined || Math.abs(theirs - counted) <= tolerance) return '';
  return `; the upstream says ${theirs}, beyond the tolerance of ${tolerance}, but the gateway's count rules`;
}

function compared(amount: bigint, counted: bigint, rules: string, beside = ''): Judged {
  return { ok: amount === counted, counted, detail: `the receipt says ${amount}${beside}, counted ${counted}${rules}` };
}
