import type { UpstreamHeaders } from './upstream.js';

// What an upstream's answer says to the client. Its account, its limits and its cookies are between it and the operator.
const passedOn = [
  'content-type',
  'cache-control',
  'x-request-id',
  'openai-version',
  'openai-processing-ms',
  'retry-after',
];

/** The upstream's headers that the client gets. Lengths and framing are the gateway's own. */
export function answerHeaders(headers: UpstreamHeaders): Record<string, string> {
  const answer: Record<string, string> = {};
  for (const name of passedOn) {
    const value = headers[name];
    if (typeof value === 'string') answer[name] = value;
  }
  return answer;
}

export function isEventStream(headers: UpstreamHeaders): boolean {
  const type = headers['content-type'];
  return typeof type === 'string' && /^text\/event-stream\b/i.test(type.trim());
}

/** Whether the body comes in an encoding that was not asked for, and so cannot be measured. */
export function isEncoded(headers: UpstreamHeaders): boolean {
  const encoding = headers['content-encoding'];
  return typeof encoding === 'string' && encoding !== '' && encoding.toLowerCase() !== 'identity';
}
