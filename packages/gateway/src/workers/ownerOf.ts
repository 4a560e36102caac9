import type { Hex } from '@kedge/core';

/** Which of so many workers serves a channel and all that continue it: every process finds the same. */
export function ownerOf(rootId: Hex, workers: number): number {
  return Number.parseInt(rootId.slice(-8), 16) % workers;
}
