/**
 * Takes every step in turn, whatever becomes of those before it: what closes last must not stay open because of the first.
 * @throws The first step's error that there was, after the last step.
 *
 * @example
 * await closeAll([() => outgoing.end(), () => server.close()]);
 */
export async function closeAll(steps: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
