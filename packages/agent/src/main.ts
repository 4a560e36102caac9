import { parseArgs } from 'node:util';
import { BaseError } from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { readAgentConfig } from './agentConfig.js';
import { createAgent } from './createAgent.js';
import { loadDocuments } from './loadDocuments.js';
import { loadManifests } from './loadManifests.js';

/** The program: `main.js --config <file>`. Prints one JSON line when it listens; SIGTERM and SIGINT end it in peace. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) {
    throw new BaseError('The program needs a configuration.', {
      code: 'config_missing',
      hints: ['Run it as: main.js --config <file>'],
    });
  }
  const config = await readAgentConfig(values.config);
  const store = createContentStore({ dir: config.contentStoreDir });
  const documents = await loadDocuments(await loadManifests(config.manifests), (cid) => store.catFile(cid));
  const agent = await createAgent({ documents, host: config.host, port: config.port });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      agent.close().catch(fail);
    });
  }
  process.stdout.write(`${JSON.stringify({ ready: true, url: agent.url })}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof BaseError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

main().catch(fail);
