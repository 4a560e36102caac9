import type { ClassSummary } from '@kedge/core';
import { showUnits } from '../ui/format.js';

/** How much of what was used somebody paid for: an issuer can make up the rest. */
export function paidText({ usage, unitDecimals }: Pick<ClassSummary, 'usage' | 'unitDecimals'>): string {
  return `${showUnits(usage.paidUnits, unitDecimals)} paid for through channels`;
}
