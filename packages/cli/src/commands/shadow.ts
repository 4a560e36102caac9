import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from '../command.js';
import { dataDirOf } from '../context.js';
import { makeFolder } from '../files/dataPaths.js';
import { writeDurably } from '../files/durableFile.js';
import { argument, parsePort, parsedOption } from '../parse.js';
import { readJson } from '../target.js';
import { otherUpstreamOf, upstreamOptions } from '../up/otherUpstream.js';
import { shadowCommand } from '../up/programs.js';
import { usageError } from '../usageError.js';

export const shadow: Command = {
  name: 'shadow',
  summary: 'put a gateway in front of an API that charges nobody, and count who would have earned what',
  description:
    'Runs the gateway in shadow mode: no chain, no keys, nothing is charged. Calls pass whatever their key and are metered ' +
    'by the policy as always. The terms are a JSON file with the policy, operatorBasisPoints, and class: its name and its ' +
    'parents, each as {royaltyBasisPoints, of: {name, parents}}. kedge shadow report shows the sums. Logs JSON lines to stderr. Ctrl-C stops it.',
  arguments: [{ name: 'terms', summary: 'JSON file with policy, operatorBasisPoints and class' }],
  options: [
    { flags: '--upstream <url>', summary: 'the OpenAI-compatible API to put it in front of' },
    ...upstreamOptions,
    { flags: '--port <port>', summary: 'where it listens; without it any free port' },
  ],
  examples: [
    { command: 'kedge shadow terms.json --upstream http://127.0.0.1:11434/v1', summary: 'in front of a local model' },
  ],
  run: async (context) => {
    const upstream = otherUpstreamOf(context);
    if (upstream === undefined) throw usageError('No upstream is named.', 'Pass --upstream with the URL of an API.');
    const terms = (await readJson(resolve(context.cwd, argument(context, 0)))) as object;
    const folder = join(await dataDirOf(context), 'shadow');
    makeFolder(folder);
    const config = {
      ...terms,
      dataDir: folder,
      port: parsedOption(context, 'port', parsePort) ?? 0,
      upstream,
    };
    const configFile = join(folder, 'config.json');
    writeDurably(configFile, `${JSON.stringify(config, null, 2)}\n`);
    const command = shadowCommand(configFile, context.environment);
    const ended = context.runForeground(command, 'The shadow gateway', (gatewayUrl) => {
      writeDurably(shadowUrlFileOf(folder), `${gatewayUrl}\n`);
      context.output.result({ ready: true, url: `${gatewayUrl}/v1` }, () => [
        `base URL  ${gatewayUrl}/v1`,
        '  any API key will do, nothing is charged; kedge shadow report shows the sums',
      ]);
    });
    return ended.finally(() => rmSync(shadowUrlFileOf(folder), { force: true }));
  },
};

/** Where the running gateway's URL is kept. */
export function shadowUrlFileOf(folder: string): string {
  return join(folder, 'url');
}
