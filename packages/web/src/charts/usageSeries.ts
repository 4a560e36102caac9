import type { UsageDay } from '@kedge/core';
import { metricText } from '../data/metricText.js';

const mostSeries = 6;
const rest = 'other metrics';

/** The metrics of a chart of use, six at most: the last stands for all that find no place. */
export function usageSeries(uses: readonly UsageDay[]): {
  readonly names: readonly string[];
  readonly nameOf: (use: UsageDay) => string;
} {
  const own = ({ metric, metricType }: UsageDay): string =>
    metric === null ? `${metricType.slice(0, 10)}…` : metricText(metric);
  const all = [...new Set(uses.map(own))];
  if (all.length <= mostSeries) return { names: all, nameOf: own };
  const named = all.slice(0, mostSeries - 1);
  return { names: [...named, rest], nameOf: (use) => (named.includes(own(use)) ? own(use) : rest) };
}
