import { join } from 'node:path';
import { BaseError } from '@kedge/core';
import * as z from 'zod';
import type { Command } from '../command.js';
import { dataDirOf } from '../context.js';
import { readIfExists } from '../files/durableFile.js';
import { askGateway } from '../gateway/askGateway.js';
import { humanAmount } from '../human.js';
import { table } from '../output.js';
import { urlOption } from '../parse.js';
import { shadowUrlFileOf } from './shadow.js';

// Loose: --json shows all that the gateway tells.
const reportSchema = z.looseObject({
  calls: z.number(),
  units: z.string(),
  unit: z.string(),
  asset: z.string().nullable(),
  revenue: z.string(),
  operator: z.string(),
  classes: z.array(z.object({ name: z.string(), received: z.string(), kept: z.string() })),
  royalties: z.array(z.object({ from: z.string(), to: z.string(), amount: z.string() })),
});
type Report = z.output<typeof reportSchema>;

export const shadowReport: Command = {
  name: 'shadow report',
  summary: 'show who would have earned what in shadow mode',
  description:
    'Asks the running shadow gateway for its sums: calls and units, what they would have cost, the part of the operator, ' +
    'and for each class and each edge of the lineage what would have been paid. With --json amounts are in the smallest ' +
    'unit of the asset.',
  arguments: [],
  options: [
    { flags: '--gateway <url>', summary: 'the shadow gateway; without it the one that kedge shadow runs here' },
  ],
  examples: [{ command: 'kedge shadow report', summary: 'the sums so far' }],
  run: async (context) => {
    const url =
      urlOption(context, 'gateway') ?? readIfExists(shadowUrlFileOf(join(await dataDirOf(context), 'shadow')))?.trim();
    if (url === undefined) {
      throw new BaseError('No shadow gateway runs here.', {
        code: 'no_gateway',
        hints: ['Start one: kedge shadow terms.json --upstream URL', 'Or name it with --gateway.'],
      });
    }
    const asking = askGateway(context, url, { path: '/admin/shadow', answer: reportSchema });
    const report = await asking.catch((error: unknown) => {
      if (!(error instanceof BaseError) || error.code !== 'not_found') throw error;
      const hints = ['Name one that kedge shadow runs.'];
      throw error.with({ message: 'This gateway does not run in shadow mode.', code: 'not_shadow', hints });
    });
    context.output.result(report, () => linesOf(report));
  },
};

function linesOf(report: Report): string[] {
  const { calls, units, unit, asset, revenue, operator, classes, royalties } = report;
  const used = `${calls} ${calls === 1 ? 'call' : 'calls'}, ${units} ${unit}s`;
  if (asset === null) return [used, 'The policy names no price, so there are no amounts.'];
  // Of an ERC-20 token nothing is known without a chain: its amounts stay in its smallest unit.
  const money = (amount: string): string => (asset === 'ETH' ? humanAmount(BigInt(amount), 18) : amount);
  return [
    `${used}: ${money(revenue)} ${asset}, of which ${money(operator)} for the operator`,
    ...table([
      ['class', 'received', 'kept'],
      ...classes.map(({ name, received, kept }) => [name, money(received), money(kept)]),
    ]),
    ...royalties.map(({ from, to, amount }) => `royalty ${money(amount)} ${asset} from ${from} to ${to}`),
  ];
}
