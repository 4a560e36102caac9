import { BaseError } from '@kedge/core';
import { problemError } from '@kedge/sdk';
import type * as z from 'zod';
import { originOf } from '../chain/connect.js';
import type { Context } from '../context.js';

/** What a gateway is asked by its operator, and the shape of what one of this version answers. */
type Question<answer> = {
  readonly path: `/admin/${string}`;
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly timeoutMilliseconds?: number;
  readonly answer: z.ZodType<answer>;
};

/**
 * Asks a gateway what only its operator may ask; it answers that on its own machine alone.
 *
 * @param gatewayUrl any URL of it; the path does not count
 * @throws BaseError `gateway_unreachable` where none answers in time, what the gateway says where it refuses, `gateway_unknown`
 * where something else answers
 */
export async function askGateway<answer>(
  { output }: Pick<Context, 'output'>,
  gatewayUrl: string,
  { path, method = 'GET', body, timeoutMilliseconds = 30_000, answer }: Question<answer>,
): Promise<answer> {
  const gateway = originOf(gatewayUrl);
  const asking = fetch(`${gateway}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMilliseconds),
  }).then(async (response) => ({ response, text: await response.text() }));
  const { response, text } = await output
    .waitFor(`the gateway at ${gateway} to answer`, asking)
    .catch((cause: unknown) => {
      throw new BaseError(`The gateway does not answer at ${gateway}.`, {
        kind: 'transient',
        code: 'gateway_unreachable',
        hints: [
          'Name it with --gateway URL, or start it: kedge gateway',
          'That of the local stack starts with it: kedge up',
        ],
        cause,
      });
    });
  const { ok, status } = response;
  const json = jsonOf(text);
  const parsed = answer.safeParse(json);
  if (ok && parsed.success) return parsed.data;
  const refusal = problemError(status, json, gateway);
  if (!ok && refusal.code !== 'answer_unknown') throw refusal;
  throw new BaseError(`What answers at ${gateway} is no gateway of this version.`, {
    kind: status < 500 ? 'user' : 'transient',
    code: 'gateway_unknown',
    values: { path, status },
    hints: ['Name the gateway with --gateway URL.'],
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever answered is no gateway, or one whose proxy failed.
    return undefined;
  }
}
