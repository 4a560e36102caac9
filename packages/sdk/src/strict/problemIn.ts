import { isJsonObject } from '@kedge/core';
import { jsonIn } from './readAnswer.js';
import { readBytes } from './readBytes.js';

/** The code and the values of the problem in an answer, whose body can still be read after; nothing of what carries none. */
export async function problemIn(response: Response): Promise<{ readonly code?: unknown; readonly values?: unknown }> {
  const body = await readBytes(response.clone()).catch(() => new Uint8Array());
  const { error, values } = jsonIn(body) ?? {};
  return { code: isJsonObject(error) ? error['code'] : undefined, values };
}
