import { isJsonObject } from '@kedge/core';

/** The Problem Details of an answer, whose body can still be read after; nothing of what carries none. */
export async function problemIn(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return isJsonObject(problem) ? problem : {};
}
