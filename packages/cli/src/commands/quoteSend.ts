import { resolve } from 'node:path';
import { BaseError, parseSignedRateQuote, signedRateQuoteToJson } from '@kedge/core';
import * as z from 'zod';
import { originOf } from '../chain/connect.js';
import type { Command } from '../command.js';
import { askGateway } from '../gateway/askGateway.js';
import { gatewayUrlHere } from '../gateway/gatewayFiles.js';
import { argument, listOption, parseUrl } from '../parse.js';
import { findTarget, readJson } from '../target.js';

const answer = z.object({ quotes: z.tuple([z.object({ state: z.enum(['taken', 'held']) })]) });

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
      summary: 'a gateway; without it the one of the data folder, where it has a port',
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
      const question = { path: '/admin/rates', method: 'PUT', body: signedRateQuoteToJson(signed), answer } as const;
      const { quotes } = await askGateway(context, url, question);
      sent.push({ gateway: originOf(url), state: quotes[0].state });
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
