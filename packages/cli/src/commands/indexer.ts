import { join } from 'node:path';
import { connect, originOf, type Connection } from '../chain/connect.js';
import { chainOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { dataPathsOf, makeFolder } from '../files/dataPaths.js';
import { writeDurably } from '../files/durableFile.js';
import { parseInteger, parsePort, parsedOption, textOption } from '../parse.js';
import { indexerCommand } from '../up/programs.js';
import { listeningLines, reachedUrl } from '../up/reachedUrl.js';
import { usageError } from '../usageError.js';

const databaseVariable = 'KEDGE_INDEXER_DATABASE_URL';
/** Ponder ends with this where it cannot go on, as after a chain was cut off below what it took for final; a new start can. */
const startAgain = 75;
const nearby = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/;

export const indexer: Command = {
  name: 'indexer',
  summary: 'run the indexer: chain to database to REST, GraphQL and SQL',
  description:
    'Reads the events of the contracts into a database and serves what they amount to: classes, lineage, tokens, channels, ' +
    'earnings and why, as REST (GET /openapi.json), GraphQL (/graphql) and SQL over HTTP (/sql). The database is embedded ' +
    `in the data folder, or a PostgreSQL when --database or ${databaseVariable} names one. It follows the chain through reorganisations and ` +
    'can be deleted at any time: everything in it comes from the chain. kedge up runs one by itself. Ctrl-C stops it.',
  arguments: [],
  options: [
    ...chainOptions,
    { flags: '--port <number>', summary: 'where it listens; without it any free port' },
    { flags: '--host <address>', summary: 'on which address', default: '127.0.0.1' },
    {
      flags: '--database <url>',
      summary: `PostgreSQL instead of the embedded database; ${databaseVariable} does the same and hides a password from other users`,
    },
    { flags: '--schema <name>', summary: 'schema in PostgreSQL, which is its own', default: 'kedge_indexer' },
    {
      flags: '--from-block <number>',
      summary: 'block of the deployment; without it what --contracts says, else the first',
    },
    {
      flags: '--requests <number>',
      summary: 'requests a second that the RPC takes; without it 20, or 500 on this machine',
    },
  ],
  examples: [{ command: 'kedge indexer --port 4000', summary: 'for the local stack or any other chain' }],
  run: async (context) => {
    const connection = await connect(context);
    const told = listeningText(connection);
    // Where it answered first: a new start that chose another free port would leave its readers behind.
    let first: string | undefined;
    for (;;) {
      const configFile = writeConfig(context, connection, first === undefined ? 0 : Number(new URL(first).port));
      const command = indexerCommand(configFile, context.environment);
      const onReady = (listening: string): void => {
        const url = reachedUrl(listening);
        if (first !== undefined) return context.output.note(`the indexer answers again at ${url}`);
        first = url;
        context.output.result({ url, ...told.json }, () => told.human(url, listening));
      };
      const code = await context.runForeground(command, 'The indexer', onReady);
      if (code !== startAgain) return code;
      context.output.note('the indexer starts again');
    }
  },
};

function writeConfig(context: Context, connection: Connection, portBefore: number): string {
  const { chainId, rpcUrl, contracts, client, dataDir } = connection;
  const number = (name: string): number | undefined =>
    parsedOption(context, name, (text, flag) => Number(parseInteger(text, flag)));
  const port = parsedOption(context, 'port', parsePort) || portBefore;
  const folder = join(dataDir, 'indexers', `${chainId}-${contracts.DataAnchoringToken.toLowerCase()}`);
  makeFolder(folder);
  const url = textOption(context, 'database') ?? context.environment[databaseVariable];
  if (url !== undefined && !/^postgres(ql)?:\/\/[^/]/.test(url)) {
    throw usageError(
      'The database is not a PostgreSQL URL.',
      'Pass it as postgres://user@host/database, or leave it out.',
    );
  }
  const isNear = nearby.test(rpcUrl);
  const file = join(folder, 'config.json');
  const config = {
    rpcUrl,
    chainId,
    contracts,
    port,
    host: textOption(context, 'host'),
    startBlock: number('fromBlock') ?? client.deployment.firstBlock ?? 0,
    requestsPerSecond: number('requests') ?? (isNear ? 500 : 20),
    disableCache: isNear,
    contentStoreDir: dataPathsOf(dataDir).store,
    database:
      url === undefined
        ? { kind: 'pglite', directory: join(folder, 'database') }
        : { kind: 'postgres', url, schema: textOption(context, 'schema') },
  };
  writeDurably(file, `${JSON.stringify(config, null, 2)}\n`);
  return file;
}

function listeningText({ rpcUrl, chainId, contracts }: Connection) {
  const origin = originOf(rpcUrl);
  return {
    json: { chainId, rpcUrl: origin, contracts },
    human: (url: string, listening: string): string[] => [
      `indexer  ${url}   (chain ${chainId} at ${origin})`,
      ...listeningLines(listening).map((line) => `         ${line}`),
      `         ${url}/progress says how far it is, ${url}/openapi.json what it answers`,
    ],
  };
}
