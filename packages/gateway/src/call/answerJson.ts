import { isAscii } from 'node:buffer';
import { BaseError, receiptHeader } from '@kedge/core';
import { hashSalted } from '../crypto/hashSalted.js';
import type { Call, CallServices } from './callContext.js';
import { chargeCall } from './chargeCall.js';
import { receiptText } from './receiptText.js';
import { createOutputMeter, isObject } from './outputMeter.js';

/**
 * A whole answer: measured, charged, and only when its receipt is durable (R13) handed to the client, byte for byte.
 * @throws BaseError 502 at once when the answer is no chat completion; nothing is charged then.
 */
export function answerJson(
  call: Call,
  headers: Record<string, string>,
  body: Buffer,
  services: CallServices,
): Promise<void> {
  // For ASCII the same characters in every encoding, and the quickest this way.
  const latin1 = body.toString('latin1');
  const completion = parseCompletion(isAscii(body) ? latin1 : body.toString('utf8'));
  const meter = createOutputMeter();
  for (const choice of completion.choices) meter.add(choice);
  const outputTokens = meter.tokens();
  const salt = services.randomSalt();
  const answer = call.slot?.keep(headers, body, -1);
  const delivered = { salt, responseHash: hashSalted(salt, body), outputTokens, answer };
  return chargeCall(call, delivered, services).then((signed) => {
    if (call.response.isGone()) return;
    headers[receiptHeader] = receiptText(signed);
    // As a latin1 string, which is the same bytes, so that head and body leave in one write.
    call.response.send(200, headers, latin1);
    services.checkUsage(
      completion.usage,
      { input: call.quote.inputTokens, output: outputTokens },
      { channelId: call.served.channelId, model: call.request.model },
    );
  });
}

function parseCompletion(text: string): { choices: readonly unknown[]; usage: unknown } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalidAnswer('is not JSON', cause);
  }
  if (!isObject(json) || !Array.isArray(json['choices'])) throw invalidAnswer('has no choices');
  return { choices: json['choices'], usage: json['usage'] };
}

export function invalidAnswer(what: string, cause?: unknown): BaseError {
  return new BaseError(`The upstream's answer ${what}.`, {
    code: 'upstream_invalid',
    status: 502,
    kind: 'transient',
    cause,
    hints: ['Nothing was charged. The operator should check that the upstream speaks the OpenAI API.'],
  });
}
