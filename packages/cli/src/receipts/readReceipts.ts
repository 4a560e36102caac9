import { text } from 'node:stream/consumers';
import { BaseError, decodeSignedReceipt, parseSignedReceipt, receiptHeader, type SignedReceipt } from '@kedge/core';
import type { Context } from '../context.js';
import { readGivenFile } from '../files/readGivenFile.js';

/** A receipt as a header line (`kedge-receipt: …`) or as the comment line of a stream (`: kedge-receipt …`). */
const receiptLine = new RegExp(`^(?:: *)?${receiptHeader}:? +([A-Za-z0-9_=-]+)\\s*$`, 'i');

/** Base64url of JSON begins so, because JSON of a receipt begins with a brace and a quote. */
const encodedReceipt = /^ey[A-Za-z0-9_-]{40,}={0,2}$/;

/**
 * Reads receipts from arguments: files (one receipt, an array, one a line, a saved answer with its headers, a saved
 * stream), `-` for stdin, or the value of the header itself.
 */
export async function readReceipts(context: Pick<Context, 'cwd' | 'stdin' | 'arguments'>): Promise<SignedReceipt[]> {
  const receipts: SignedReceipt[] = [];
  for (const source of context.arguments) {
    if (encodedReceipt.test(source)) receipts.push(decodeSignedReceipt(source));
    else if (source === '-') receipts.push(...parseReceipts(await text(context.stdin), 'stdin'));
    else receipts.push(...parseReceipts((await readGivenFile(context.cwd, source)).toString(), source));
  }
  return receipts;
}

/**
 * Parses receipts in any of the forms that they are kept in.
 *
 * @param source names the text in errors
 */
export function parseReceipts(content: string, source: string): SignedReceipt[] {
  const whole = content.trim();
  const found = whole.split(/\r?\n/).flatMap((line) => receiptLine.exec(line)?.[1] ?? []);
  if (found.length > 0)
    return found.map((encoded, index) => named(() => decodeSignedReceipt(encoded), `${source}, receipt ${index + 1}`));
  const status = /^HTTP\/[0-9.]+ (\d{3})\b/.exec(whole)?.[1];
  if (status !== undefined)
    throw noReceipt(source, `it is an answer with status ${status}`, status < '300' ? placesHint : failedHint);
  const json = tryJson(whole);
  if (isAnswerAlone(json)) throw noReceipt(source, 'it is the body of an answer', headerHint);
  if (json !== undefined) {
    const list: readonly unknown[] = Array.isArray(json) ? json : [json];
    if (list.length === 0) throw noReceipt(source, 'its list is empty');
    return list.map((item, index) =>
      named(() => parseSignedReceipt(item), list.length > 1 ? `${source}, receipt ${index + 1}` : source),
    );
  }
  const lines = whole.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) throw noReceipt(source, 'it is empty');
  return lines.map((line, index) => {
    const at = `${source}, line ${index + 1}`;
    if (encodedReceipt.test(line.trim())) return named(() => decodeSignedReceipt(line), at);
    const item = tryJson(line);
    if (item === undefined) throw noReceipt(at, 'it is neither JSON nor base64url of JSON');
    return named(() => parseSignedReceipt(item), at);
  });
}

function tryJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    // Not JSON as a whole: the caller looks at single lines, and says so when those are not either.
    return undefined;
  }
}

function named<value>(parse: () => value, at: string): value {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof BaseError)) throw cause;
    throw cause.with({ message: `${at}: ${cause.shortMessage}` });
  }
}

const usualHint = `Pass the JSON of GET /v1/receipts/<channelId>/<seq>, or the value of the ${receiptHeader} header, in a file or as it is.`;
const headerHint = `Its receipt came in the header ${receiptHeader}: save the headers as well, with curl -i, or with curl -D <file>.`;
const placesHint = `The receipt of a stream is a line of the stream, that of another answer is its header ${receiptHeader}: save both.`;
const failedHint = 'A call that is refused or fails is not charged, and has no receipt.';

/** JSON that a gateway answers with, saved without the headers. */
function isAnswerAlone(json: unknown): boolean {
  return (
    typeof json === 'object' &&
    json !== null &&
    !('receipt' in json) &&
    ('choices' in json || 'object' in json || 'type' in json)
  );
}

function noReceipt(at: string, reason: string, hint = usualHint): BaseError {
  return new BaseError(`${at} holds no receipt: ${reason}.`, { code: 'receipt_invalid', hints: [hint] });
}
