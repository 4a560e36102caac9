import { BaseError, noCounts, type Metric, type Policy, type SurfacePath, type TokenCount } from '@kedge/core';
import { spokenOf, type AnswerReader, type CallMeter } from '../strict/createCallMeter.js';
import { loadTokenCounter } from '../strict/loadTokenCounter.js';
import { readChat, readCompletion, readMessage, readResponse } from '../strict/meterTexts.js';
import { paidSurfaces } from '../strict/paidSurfaces.js';
import { readAnswer, type ReadAnswer } from '../strict/readAnswer.js';
import { readAsked } from '../strict/readAsked.js';
import { recountMetrics, type MetricRecount, type Recounted } from './recountMetrics.js';
import { surfaceOf } from './surfaceOf.js';

export type RecountCallParameters = {
  /** With the rates that the receipt is under: its own, or those of the quote that the receipt names (`quotedPolicy`). */
  readonly policy: Policy;
  /** Of the receipt. */
  readonly metrics: readonly Metric[];
  /** The exact bytes of the request's body, as far as they were kept. */
  readonly request?: Uint8Array | undefined;
  /** The exact bytes of the answer: a stream's without the receipt's line. */
  readonly response?: Uint8Array | undefined;
  /** Where the call went, by its path below `/v1`; without it told from the bodies. */
  readonly surface?: string | undefined;
};

export type CallRecount = { readonly surface: SurfacePath; readonly metrics: readonly MetricRecount[] };

/**
 * Counts a call again from its bodies, with the tokenizer that the policy pins, and compares what a receipt says of it metric by
 * metric: by the same rules as the gateway charges by and a strict client signs by. Whether the bodies are those of the receipt
 * is not asked here: their hashes say it (R16).
 *
 * @throws BaseError `surface_unclear` where the surface is neither named nor told by the bodies, `tokenizer_differs` where the
 * policy pins another tokenizer than this package has, `request_unreadable` for a request that is none of its surface.
 *
 * @example
 * const { metrics } = await recountCall({ policy, metrics: signed.receipt.metrics, response: utf8(text) });
 * const wrong = metrics.filter(({ ok }) => ok === false);
 */
export async function recountCall(parameters: RecountCallParameters): Promise<CallRecount> {
  const { policy, metrics, request, response } = parameters;
  const asked = request === undefined ? undefined : await askedIn(request);
  const answer = response === undefined ? undefined : readAnswer(response);
  const surface = surfaceOf(parameters.surface, policy, asked, answer);
  const count = await loadTokenCounter(policy.tokenizer);
  const recounted =
    asked === undefined
      ? countAnswer(surface, answer, count)
      : countCall(surface, meterOf(surface, policy, asked, count), answer);
  return { surface, metrics: recountMetrics(policy, metrics, recounted) };
}

function countCall(path: SurfacePath, meter: CallMeter, answer: ReadAnswer | undefined): Recounted {
  const { outputCap } = meter;
  const has = { request: true, answer: answer !== undefined };
  if (answer === undefined) return { path, outputCap, counts: meter.input, usage: undefined, has };
  feed(meter, answer);
  return { path, outputCap, counts: meter.counts(), usage: usageOf(meter, answer), has };
}

const readers: Readonly<Partial<Record<SurfacePath, (count: TokenCount) => AnswerReader>>> = {
  '/chat/completions': readChat,
  '/completions': readCompletion,
  '/responses': readResponse,
  '/messages': readMessage,
};

/** Of an answer alone: what was said. Whatever else it is priced by is in the request, or takes it. */
function countAnswer(path: SurfacePath, answer: ReadAnswer | undefined, count: TokenCount): Recounted {
  const has = { request: false, answer: answer !== undefined };
  const reader = readers[path]?.(count);
  if (reader === undefined || answer === undefined) {
    return { path, outputCap: Infinity, counts: noCounts, usage: undefined, has };
  }
  feed(reader, answer);
  const counts = { ...noCounts, ...spokenOf(reader) };
  return { path, outputCap: Infinity, counts, usage: usageOf(reader, answer), has };
}

function feed(reader: Pick<AnswerReader, 'addAnswer' | 'addEvent'>, answer: ReadAnswer): void {
  if (answer.kind === 'whole') reader.addAnswer(answer.answer);
  if (answer.kind === 'events') for (const event of answer.events) reader.addEvent(event);
}

/** A whole answer holds all that the upstream said; of a stream the gateway keeps the event back that the client did not ask for. */
function usageOf({ usage }: Pick<AnswerReader, 'usage'>, { kind }: ReadAnswer): Recounted['usage'] {
  return usage() ?? (kind === 'whole' ? {} : undefined);
}

function meterOf(path: SurfacePath, policy: Policy, asked: unknown, count: TokenCount): CallMeter {
  try {
    return paidSurfaces.get(path)!(asked, count)(policy);
  } catch (cause) {
    if (!(cause instanceof BaseError)) throw cause;
    throw unreadable(`is none that POST ${path} takes under this policy: ${cause.shortMessage}`, cause);
  }
}

/** A form tells its boundary in its first line; anything else is JSON. */
async function askedIn(request: Uint8Array): Promise<unknown> {
  const boundary = /^--([^\r\n]{1,70})\r?\n/.exec(new TextDecoder().decode(request.subarray(0, 80)))?.[1];
  const contentType = boundary === undefined ? null : `multipart/form-data; boundary="${boundary}"`;
  try {
    return await readAsked(Uint8Array.from(request), contentType);
  } catch (cause) {
    throw unreadable(boundary === undefined ? 'is neither JSON nor a form' : 'is no whole form', cause);
  }
}

function unreadable(what: string, cause: unknown): BaseError {
  return new BaseError(`The request ${what}.`, {
    code: 'request_unreadable',
    cause,
    hints: ['Pass the exact bytes that were sent as the body, and the surface that they were sent to.'],
  });
}
