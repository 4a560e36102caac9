import { BaseError } from '@kedge/core';
import { refuseLookalikes } from './refuseLookalikes.js';

/** Deeper than any request of the API, and far from what a stack holds: JSON is written again for the upstream. */
const deepest = 200;

/**
 * A request's body as JSON.
 * @throws BaseError 400 `json_invalid`, `json_too_deep`, `field_lookalike`.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (nesting(body) > deepest) {
    throw new BaseError('The request body is nested too deeply.', {
      code: 'json_too_deep',
      status: 400,
      values: { deepest },
      hints: ['Send flatter JSON.'],
    });
  }
  const json = parse(body);
  refuseLookalikes(json);
  return json;
}

function parse(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    // Some programs write a byte order mark before it (RFC 8259, 8.1).
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (cause) {
    throw new BaseError('The request body is not JSON.', {
      code: 'json_invalid',
      status: 400,
      cause,
      hints: ['Send the request as JSON in UTF-8, with content-type: application/json.'],
    });
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** How deep brackets nest outside of strings. UTF-8 has no byte of these below 128 within another character. */
function nesting(body: Buffer): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (inString) {
      if (byte === backslash) at++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === 0x5b || byte === 0x7b) most = Math.max(most, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return most;
}
