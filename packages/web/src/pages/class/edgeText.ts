import type { Address, LineageEdge } from '@kedge/core';
import { mainOf } from '../../data/mainOf.js';
import { showBps } from '../../ui/format.js';

/** What stands on an edge of the lineage: the royalty, and what flowed, in one asset where it was several. */
export function edgeText(
  royaltyBps: number,
  flows: LineageEdge['flows'],
  say: (asset: Address, amount: bigint) => string,
): string {
  const flowed = flows.filter(({ collected, due }) => collected + due > 0n);
  const main = mainOf(flowed) ?? flows[0];
  if (main === undefined) return showBps(royaltyBps);
  const others = flowed.length > 1 ? ` and ${flowed.length - 1} more` : '';
  return `${showBps(royaltyBps)} · ${say(main.asset, main.collected + main.due)}${others}`;
}
