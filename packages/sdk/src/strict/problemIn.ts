import { jsonIn } from './readAnswer.js';
import { readBytes } from './readBytes.js';

/** The Problem Details of an answer, whose body can still be read after; nothing of what carries none. */
export async function problemIn(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const body = await readBytes(response.clone()).catch(() => new Uint8Array());
  return jsonIn(body) ?? {};
}
