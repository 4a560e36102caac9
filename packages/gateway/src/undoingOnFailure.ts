import { closeAll } from '@kedge/core';

/** A start that fails half-way leaves nothing held. */
export async function undoingOnFailure<T>(start: (opened: (() => Promise<void>)[]) => Promise<T>): Promise<T> {
  const opened: (() => Promise<void>)[] = [];
  try {
    return await start(opened);
  } catch (error) {
    // Why it failed is what its caller is told; what became of the rest is beside that.
    await closeAll(opened.toReversed()).catch((failure: unknown) => process.emitWarning(failure as Error));
    throw error;
  }
}
