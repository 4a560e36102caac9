#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BaseError } from '@kedge/core';
import { runIndexer } from './runIndexer.js';
import { parseIndexerSettings } from './settings.js';

const help = `Runs the Kedge indexer until SIGTERM or SIGINT.

  node main.js --config indexer.json

Prints {"ready":true,"url":"http://…"} when it answers. Logs JSON lines.
`;

// Ponder queues its queries on a connection of pg, of which pg warns: nothing that the reader could change.
Object.assign(process, { noDeprecation: true });
// Nobody may read any more what it prints, as when a pager or what keeps the log is gone: it goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  if (values.config === undefined) {
    throw new BaseError('The indexer needs a configuration.', {
      code: 'config_missing',
      hints: ['Add: --config indexer.json'],
    });
  }
  // Whoever runs it in the foreground holds a channel to it. One that was killed passes no signal on.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
  const settings = parseIndexerSettings(JSON.parse(readFileSync(values.config, 'utf8')));
  const { url } = await runIndexer(settings, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
