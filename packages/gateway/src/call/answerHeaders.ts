import type { HeaderFields } from '../http1/parseHead.js';

// What an upstream's answer says to the client. Its account, its limits and its cookies are between it and the operator.
const passedOn = [
  'content-type',
  'cache-control',
  'x-request-id',
  'request-id',
  'openai-version',
  'openai-processing-ms',
  'retry-after',
];

/** The upstream's headers that the client gets. Lengths and framing are the gateway's own. */
export function answerHeaders(headers: HeaderFields): Record<string, string> {
  const answer: Record<string, string> = {};
  for (const name of passedOn) {
    const value = headers.get(name);
    if (value !== undefined) answer[name] = value;
  }
  return answer;
}

export function isEventStream(headers: HeaderFields): boolean {
  const type = headers.get('content-type');
  return type !== undefined && /^text\/event-stream\b/i.test(type.trim());
}

/** Whether the body comes in an encoding that was not asked for, and so cannot be measured. */
export function isEncoded(headers: HeaderFields): boolean {
  const encoding = headers.get('content-encoding');
  return encoding !== undefined && encoding !== '' && encoding.toLowerCase() !== 'identity';
}

/** How a body that is passed on without being measured is read. */
export function encodingOf(headers: HeaderFields): Record<string, string> {
  const encoding = headers.get('content-encoding');
  return encoding === undefined ? {} : { 'content-encoding': encoding };
}
