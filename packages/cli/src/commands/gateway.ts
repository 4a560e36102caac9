import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BaseError } from '@kedge/core';
import { privateKeyOf } from '../accounts/resolveAccount.js';
import { connectChain, connectTarget } from '../chain/connect.js';
import { accountOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { dataPathsOf, makeFolder, type DataPaths } from '../files/dataPaths.js';
import { writeDurably } from '../files/durableFile.js';
import { gatewayFilesOf } from '../gateway/gatewayFiles.js';
import { parsePort, parseWorkers, parsedOption, textOption } from '../parse.js';
import { findTarget, readJson, type Target } from '../target.js';
import { otherUpstreamOf, upstreamOptions, type OtherUpstream } from '../up/otherUpstream.js';
import { gatewayCommand } from '../up/programs.js';
import { listeningLines, reachedUrl } from '../up/reachedUrl.js';
import { usageError } from '../usageError.js';

type Configuration = Readonly<Record<string, unknown>>;

/** Where the gateway finds its key; the environment of that process only. */
const operatorKeyVariable = 'KEDGE_OPERATOR_PRIVATE_KEY';

export const gateway: Command = {
  name: 'gateway',
  summary: 'run the metering gateway in front of an API, for any chain',
  description:
    'Runs the gateway by itself, as an operator does: kedge up runs one for the local stack. It serves the channels of the ' +
    'data folder (kedge channel open, kedge channel add), keeps its log there, and needs the key of the operator, by ' +
    '--account, and the policies of its classes in the content store of the folder. A configuration file can say everything ' +
    'else; what is passed here counts above it, field by field. Logs JSON lines to stderr. Ctrl-C or SIGTERM ends it when running calls are ' +
    'served and what was used is captured.',
  arguments: [],
  options: [
    { flags: '--upstream <url>', summary: 'the OpenAI-compatible API to put it in front of' },
    ...upstreamOptions,
    { flags: '--host <address>', summary: 'on which address it listens; without it 127.0.0.1' },
    { flags: '--port <number>', summary: 'where it listens; without it any free port' },
    {
      flags: '--workers <count>',
      summary: 'processes that serve calls, or auto: one for each core; without it, one does everything',
    },
    {
      flags: '--ledger <url>',
      summary: 'postgres://user@host/database: the ledger that gateways with one operator key share',
    },
    { flags: '--config <file>', summary: 'JSON with more of the configuration; docs/reference/gateway-config.gen.md' },
    ...accountOptions,
  ],
  examples: [
    {
      command:
        'kedge gateway --rpc https://rpc.example --contracts contracts.json --upstream http://127.0.0.1:11434/v1 --port 8402',
      summary: "in front of a local model, signing with the keystore's account named operator",
    },
    { command: 'kedge gateway --config gateway.json', summary: 'all from a file' },
  ],
  run: async (context) => {
    const target = await findTarget(context);
    const paths = dataPathsOf(target.dataDir);
    refuseStack(paths);
    const given = await givenConfiguration(context);
    const chain = chainFlagsOf(context, target);
    const found = await chainFound(context, target, given, chain);
    const flags = { ...chain, ...flagsOf(context, given) };
    const config: Configuration = { ...defaultsOf(paths), ...found, ...given, ...flags };
    if (config['upstream'] === undefined) {
      throw usageError('No upstream is named.', 'Pass --upstream with the URL of an API, or --config with a file.');
    }
    const hasKey = given['operatorKeyEnv'] !== undefined || given['operatorKeyFile'] !== undefined;
    const isAsConfigured = hasKey && textOption(context, 'account') === undefined;
    const key: NamedKey = isAsConfigured ? {} : await operatorKey(context, Number(config['chainId']));
    const file = gatewayFilesOf(paths).config;
    for (const folder of [paths.root, paths.store, paths.gateway]) makeFolder(folder);
    writeDurably(file, `${JSON.stringify({ ...config, ...key.config }, null, 2)}\n`);
    const command = gatewayCommand(file, { ...context.environment, ...key.environment });
    return context.runForeground(command, 'The gateway', (listening) => {
      const url = reachedUrl(listening);
      context.output.result({ ready: true, url: `${url}/v1`, configFile: file }, () => [
        `gateway  ${url}/v1`,
        ...listeningLines(listening).map((line) => `         ${line}`),
        `         ${url}/readyz says whether it serves, ${url}/metrics how much`,
        `         its configuration is ${file}; Ctrl-C ends it`,
      ]);
    });
  },
};

function refuseStack({ root, upFile }: DataPaths): void {
  if (!existsSync(upFile)) return;
  throw new BaseError(`${root} is the folder of a local stack, whose gateway kedge up runs.`, {
    code: 'stack_folder',
    hints: [
      'Name another folder: --data-dir <folder>',
      'Or start the stack with that upstream: kedge up --upstream URL',
    ],
  });
}

async function givenConfiguration(context: Context): Promise<Configuration> {
  const named = textOption(context, 'config');
  if (named === undefined) return {};
  const path = resolve(context.cwd, named);
  const given = await readJson(path);
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    const { channelsFile } = given as Configuration;
    // The gateway reads it from here, other commands that write it from wherever they run.
    return typeof channelsFile === 'string' && channelsFile !== ''
      ? { ...given, channelsFile: resolve(context.cwd, channelsFile) }
      : (given as Configuration);
  }
  throw usageError(`${path} is not a configuration: one JSON object.`);
}

function defaultsOf(paths: DataPaths) {
  const files = gatewayFilesOf(paths);
  return { dataDir: files.ledger, channelsFile: files.channels, contentStoreDir: paths.store };
}

/** The chain as `--rpc` and `--contracts` say it. */
function chainFlagsOf(context: Context, { rpcUrl, contracts, chainId }: Target): Configuration {
  return {
    ...(textOption(context, 'rpc') === undefined ? {} : { rpcUrl }),
    ...(textOption(context, 'contracts') === undefined
      ? {}
      : { contracts, ...(chainId === undefined ? {} : { chainId }) }),
  };
}

/** What of the chain neither a flag nor the file says, asked of the chain; nothing where they say all. */
async function chainFound(
  context: Context,
  target: Target,
  given: Configuration,
  flags: Configuration,
): Promise<Configuration> {
  const named = { ...given, ...flags };
  const isComplete = ['rpcUrl', 'chainId', 'contracts'].every((field) => named[field] !== undefined);
  if (isComplete && given['rpcUrl'] !== undefined) return {};
  const asked = typeof named['rpcUrl'] === 'string' ? { ...target, rpcUrl: named['rpcUrl'] } : target;
  const isOfFile = flags['contracts'] === undefined && given['contracts'] !== undefined;
  if (isOfFile) {
    const { rpcUrl, chainId } = await connectChain(context, asked);
    return { rpcUrl, chainId };
  }
  const { rpcUrl, chainId, contracts } = await connectTarget(context, asked);
  return { rpcUrl, chainId, contracts };
}

function flagsOf(context: Context, given: Configuration) {
  const ofFile = given['upstream'];
  const upstream = otherUpstreamOf(
    context,
    typeof ofFile === 'object' ? ((ofFile ?? {}) as Partial<OtherUpstream>) : {},
  );
  const [host, ledger] = [textOption(context, 'host'), textOption(context, 'ledger')];
  const port = parsedOption(context, 'port', parsePort);
  const workers = parsedOption(context, 'workers', parseWorkers);
  return {
    ...(upstream === undefined ? {} : { upstream }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(workers === undefined ? {} : { workers }),
    ...(ledger === undefined ? {} : { ledger }),
  };
}

type NamedKey = { readonly config?: Configuration; readonly environment?: Context['environment'] };

async function operatorKey(context: Context, chainId: number): Promise<NamedKey> {
  const key = await privateKeyOf(context, chainId, textOption(context, 'account') ?? 'operator');
  // What is undefined is not written: the configuration names one key.
  const config = { operatorKeyEnv: operatorKeyVariable, operatorKeyFile: undefined };
  return { config, environment: { [operatorKeyVariable]: key } };
}
