/** How far the index was known to be, by numbers of blocks; undefined for what is not known. */
export type Reading = {
  /** Ponder says so as soon as it was ever true of the index: it stays so over a restart, which begins at the last final block. */
  readonly wasComplete: boolean;
  readonly indexed: number | undefined;
  /** The chain's newest block when this process began, and now: a chain that was rolled back has fewer. */
  readonly headAtStart: number | undefined;
  readonly head: number | undefined;
};

/** Whether all blocks that were there when this process began, and still are, are in the index. */
export function isCaughtUp({ wasComplete, indexed, headAtStart, head }: Reading): boolean {
  if (!wasComplete || headAtStart === undefined) return wasComplete;
  return (indexed ?? -1) >= Math.min(headAtStart, head ?? headAtStart);
}
