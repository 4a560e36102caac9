import { BaseError, concatBytes } from '@kedge/core';

/** More than an honest gateway answers at once, and less than a program runs out of memory with. */
const longestAnswerBytes = 256 * 1024 * 1024;

/**
 * The whole body of an answer.
 *
 * @throws BaseError `answer_too_long`; what comes after that is not read.
 */
export async function readBytes({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
      bytes += read.value.length;
      requireShort(bytes);
      chunks.push(read.value);
    }
  } catch (error) {
    // Not waited for: of a body that is read twice, it ends when the other reader leaves, too.
    void reader?.cancel(error).catch(() => undefined);
    throw error;
  }
  return concatBytes(chunks) as Uint8Array<ArrayBuffer>;
}

/** @throws BaseError `answer_too_long` for more bytes of one answer than are kept until its receipt is checked. */
export function requireShort(bytes: number): void {
  if (bytes <= longestAnswerBytes) return;
  throw new BaseError('The answer does not end: it is longer than this client keeps of one.', {
    code: 'answer_too_long',
    values: { longestAnswerBytes },
    hints: ['Ask for less at a time. If you did, ask the operator.'],
  });
}
