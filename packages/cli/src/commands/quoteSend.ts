import { resolve } from 'node:path';
import { BaseError, parseSignedRateQuote, signedRateQuoteToJson } from '@kedge/core';
import { z } from 'zod';
import { originOf } from '../chain/connect.js';
import type { Command } from '../command.js';
import { argument, listOption, parseUrl } from '../parse.js';
import { problemOf } from '../problemOf.js';
import { findTarget, readJson } from '../target.js';
import { gatewayUrlHere } from '../up/gatewayFiles.js';

const answerSchema = z.object({
  quotes: z.array(z.object({ policyHash: z.string(), sequence: z.string(), state: z.enum(['taken', 'held']) })),
});

const timeoutMilliseconds = 30_000;

export const quoteSend: Command = {
  name: 'quote send',
  summary: 'hand a signed rate quote to gateways of this machine',
  description:
    'Hands a quote that kedge quote sign made to a gateway, which checks it and meters the next calls by it. A gateway takes ' +
    'quotes from its own machine only; it can also ask a URL for them by itself (rateQuotes in its configuration). A quote ' +
    'that does not count is refused with the clause of the policy that it breaks.',
  arguments: [{ name: 'file', summary: 'the quote, as kedge quote sign --json prints it' }],
  options: [
    {
      flags: '--gateway <url>',
      summary: 'a gateway, may be given several times; without it the one of the data folder, where it has a port',
      repeatable: true,
    },
  ],
  examples: [{ command: 'kedge quote send quote.json', summary: 'to the gateway of the local stack' }],
  run: async (context) => {
    const signed = parseSignedRateQuote(await readJson(resolve(context.cwd, argument(context, 0))));
    const named = listOption(context, 'gateway').map((url) => parseUrl(url, '--gateway'));
    const urls = named.length > 0 ? named : [gatewayUrlHere(await findTarget(context)) ?? []].flat();
    if (urls.length === 0) {
      throw new BaseError('No gateway is named.', { code: 'no_gateway', hints: ['Pass --gateway URL.'] });
    }
    const sent: { gateway: string; state: 'taken' | 'held' }[] = [];
    for (const url of urls) {
      const gateway = originOf(url);
      const asking = fetch(`${gateway}/admin/rates`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(signedRateQuoteToJson(signed)),
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
      const response = await context.output.waitFor('the gateway to answer', asking).catch((cause: unknown) => {
        throw new BaseError(`The gateway does not answer at ${gateway}.`, {
          kind: 'transient',
          code: 'gateway_unreachable',
          hints: ['Start it with kedge up, or name it with --gateway URL.'],
          cause,
        });
      });
      const text = await response.text();
      if (!response.ok) throw notTaken(response.status, text);
      sent.push({ gateway, state: answerSchema.parse(JSON.parse(text)).quotes[0]?.state ?? 'taken' });
    }
    const { policyHash, sequence } = signed.quote;
    context.output.result({ policyHash, sequence, sent }, () =>
      sent.map(({ gateway, state }) =>
        state === 'taken'
          ? `${gateway} meters by rate quote ${sequence} now`
          : `${gateway} has rate quote ${sequence} already`,
      ),
    );
  },
};

function notTaken(status: number, body: string): BaseError {
  const { detail, title, hints, values } = problemOf(body);
  return new BaseError(`The gateway did not take the quote: ${detail ?? title ?? `it answered ${status}`}`, {
    kind: status >= 500 ? 'transient' : 'user',
    code: 'rate_quote_refused',
    ...(values === undefined ? {} : { values }),
    ...(hints === undefined ? {} : { hints }),
  });
}
