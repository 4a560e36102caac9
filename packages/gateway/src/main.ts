#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BaseError } from '@kedge/core';
import type { GatewayConfigInput } from './gatewayConfig.js';
import type { ShadowConfigInput } from './shadow/shadowConfig.js';
import { reasonOf } from './structuredLog.js';

const help = `Runs a Kedge metering gateway until SIGTERM or SIGINT.

  node main.js --config gateway.json [--workers 4] [--ledger postgres://user@host/database]
  node main.js --shadow --config shadow.json   no chain, no keys: only counts who would have earned what

--workers how many processes serve calls, or "auto": one for each core; without it what the configuration says, or 1
--ledger  instead of a log in the data folder: one that several gateways with one operator key share

Prints {"ready":true,"url":"http://…"} when it listens. Logs JSON lines to stderr.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      ledger: { type: 'string' },
      workers: { type: 'string' },
      help: { type: 'boolean' },
      shadow: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  if (values.config === undefined) {
    throw new BaseError('The gateway needs a configuration.', {
      code: 'config_missing',
      hints: ['Add: --config gateway.json'],
    });
  }
  const config = readConfig(values.config);
  const more = {
    ...(values.ledger === undefined ? {} : { ledger: values.ledger }),
    ...(values.workers === undefined ? {} : { workers: workersIn(values.workers) }),
  };
  // What only one of them needs, or none, is not loaded.
  const gateway =
    values.shadow === true
      ? await (await import('./shadow/createShadowGateway.js')).createShadowGateway(config as ShadowConfigInput)
      : await (await import('./createGateway.js')).createGateway({ ...(config as GatewayConfigInput), ...more });
  const stop = (): void => {
    gateway.close().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Whoever runs it in the foreground holds a channel to it. One that was killed passes no signal on.
  process.once('disconnect', stop);
  process.channel?.unref();
  process.stdout.write(`${JSON.stringify({ ready: true, url: gateway.url })}\n`);
}

/** As the configuration takes it, which says what is wrong with other text. */
function workersIn(text: string): number | 'auto' {
  return text === 'auto' ? text : Number(text);
}

function readConfig(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new BaseError('The configuration cannot be read.', { code: 'config_missing', cause, values: { path } });
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof BaseError ? error.message : reasonOf(error)}\n`);
  process.exit(1);
}

main().catch(fail);
