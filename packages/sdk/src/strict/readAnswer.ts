import { createEventSplitter, eventDataOf, isJsonObject } from '@kedge/core';

type Json = Readonly<Record<string, unknown>>;

/** An answer's bytes as what they are: one JSON object, a stream's events, or neither (sound, plain text). */
export type ReadAnswer =
  | { readonly kind: 'whole'; readonly answer: Json }
  | { readonly kind: 'events'; readonly events: readonly Json[] }
  | { readonly kind: 'other' };

/** Reads a saved answer. Events that are no JSON objects are left out: they say nothing that is counted. */
export function readAnswer(body: Uint8Array): ReadAnswer {
  const answer = jsonIn(body);
  if (answer !== undefined) return { kind: 'whole', answer };
  if (!/^\s*(data|event|id|retry)?:/.test(new TextDecoder().decode(body.subarray(0, 64)))) return { kind: 'other' };
  const splitter = createEventSplitter();
  const events = [...splitter.push(body), splitter.rest()].map(jsonOfEvent);
  return { kind: 'events', events: events.filter((event) => event !== undefined) };
}

/** The JSON object that an answer is; undefined for sound, and for anything else. */
export function jsonIn(body: Uint8Array): Record<string, unknown> | undefined {
  return parseObject(new TextDecoder().decode(body));
}

/** The JSON object in the data of one event; undefined for comments, for `[DONE]`, and for what is no event of the API. */
export function jsonOfEvent(event: Uint8Array): Record<string, unknown> | undefined {
  const data = eventDataOf(new TextDecoder().decode(event));
  return data === undefined ? undefined : parseObject(data);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isJsonObject(json) ? json : undefined;
  } catch {
    // What says nothing that is counted is paid for by what was asked, or not at all.
    return undefined;
  }
}
