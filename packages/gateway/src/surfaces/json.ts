import { isAscii } from 'node:buffer';
import { BaseError, isJsonObject } from '@kedge/core';

/**
 * An upstream's answer as a JSON object.
 * @param latin1 The same bytes as latin1 text: for ASCII the same characters, and quicker to have than UTF-8.
 * @throws BaseError 502 `upstream_invalid`.
 */
export function parseAnswer(body: Buffer, latin1: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(isAscii(body) ? latin1 : body.toString('utf8'));
  } catch (cause) {
    throw invalidAnswer('is not JSON', cause);
  }
  if (!isJsonObject(json)) throw invalidAnswer('is no JSON object');
  return json;
}

/** A stream event's data as a JSON object; undefined for anything else, which is not ours to judge. */
export function parseEvent(data: string | undefined): Record<string, unknown> | undefined {
  if (data === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(data);
    return isJsonObject(json) ? json : undefined;
  } catch {
    // It passes on unaltered and counts for nothing.
    return undefined;
  }
}

export function invalidAnswer(what: string, cause?: unknown): BaseError {
  return new BaseError(`The upstream's answer ${what}.`, {
    code: 'upstream_invalid',
    status: 502,
    kind: 'transient',
    cause,
    hints: ['Nothing was charged. The operator should check which API the upstream speaks.'],
  });
}
