import { join, resolve } from 'node:path';
import type { Command } from '../command.js';
import { dataDirName } from '../context.js';
import { listOption, parseWorkers, parsedOption, textOption } from '../parse.js';
import { otherUpstreamOf, upstreamOptions } from '../up/otherUpstream.js';
import { runUp } from '../up/runUp.js';
import { usageError } from '../usageError.js';

export const up: Command = {
  name: 'up',
  summary: 'run the whole local stack: chain, contracts, anchored docs, gateway, built-in upstream, indexer',
  description:
    'Runs a local chain, deploys the contracts, anchors the docs of Kedge as a dataset class, creates an agent class with it ' +
    'as parent, sells value of it, opens a channel, and serves an OpenAI-compatible API that is paid from that channel. ' +
    'Everything is kept in the data folder: .kedge here, unless --data-dir names another. Ctrl-C stops it; the next start ' +
    'goes on with the same chain, keys and channel.',
  arguments: [],
  options: [
    {
      flags: '--upstream <url>',
      summary: 'another OpenAI-compatible API behind the gateway, in place of the built-in one; pass it at every start',
    },
    ...upstreamOptions,
    {
      flags: '--model <name>',
      summary: 'a model that may be asked of that API; without it, all that it lists',
      repeatable: true,
    },
    {
      flags: '--workers <count>',
      summary: 'processes of the gateway that serve calls, or auto: one for each core; without it, one does everything',
    },
    { flags: '--new-ports', summary: 'choose other ports than before' },
    { flags: '--no-indexer', summary: 'without the indexer, which needs about half a gigabyte of memory' },
  ],
  examples: [
    { command: 'kedge up', summary: 'everything, with the built-in upstream' },
    {
      command: 'kedge up --data-dir other --upstream http://127.0.0.1:11434/v1',
      summary: 'a second stack, in front of a local model',
    },
  ],
  run: async (context) => {
    const dataDir = textOption(context, 'dataDir') ?? join(context.cwd, dataDirName);
    const [upstream, models] = [otherUpstreamOf(context), listOption(context, 'model')];
    if (upstream === undefined && models.length > 0)
      throw usageError('--model is about an upstream, and none is named.', 'Pass --upstream as well.');
    await runUp(context, {
      dataDir: resolve(context.cwd, dataDir),
      upstream,
      models,
      workers: parsedOption(context, 'workers', parseWorkers) ?? 1,
      newPorts: context.options['newPorts'] === true,
      withIndexer: context.options['indexer'] !== false,
    });
  },
};
