import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BaseError, type Hex } from '@kedge/core';
import { createPublicClient, http, type PublicClient } from 'viem';
import { appKeyOf } from './appKey.js';
import { calmIdle } from './calmIdle.js';
import { blockOfCheckpoint, claimSchema, finalizedQuery, noteCheckpoint, prepareDatabase } from './checkpoint.js';
import { openDatabase, schemaOf } from './database.js';
import { withDirectRequests } from './directRpc.js';
import { endOnDeepReorg } from './endOnDeepReorg.js';
import { gatherSyncRows } from './gatherSyncRows.js';
import { hideRpcUrl } from './hideRpcUrl.js';
import { loadPonderStart, type PonderApp } from './ponderStart.js';
import { settingsVariable, unpaced, type IndexerSettings } from './settings.js';
import { sharePolls } from './sharePolls.js';
import { watchThread } from './watchThread.js';

const appFolder = fileURLToPath(new URL('../ponder/', import.meta.url));
const noteEvery = 1_000;
/** The embedded database runs in this process: a query of it that takes longer, whatever its planner expected, is ended with it. */
const longestQuerySeconds = 60;
const stoodStill = `The indexer was killed: one query of its embedded database took ${longestQuerySeconds} seconds of the processor, and nothing else ran.\n`;
const replaced =
  'The chain replaced blocks that were final. The indexer has to start again, and looks what is left then.';
/** Of Anvil and its like, as kedge up runs one. */
const developmentChainId = 31337;

/**
 * Runs the indexer in this process until SIGTERM or SIGINT. One a process: Ponder keeps parts of itself in globals, handles
 * the signals, and ends the process where it cannot go on; whoever started it starts it again.
 *
 * @param note Hears what the user should know.
 * @returns The URL once it answers. History may still be read: `/progress` says.
 *
 * @throws BaseError `chain_unreachable`, `chain_differs`, `schema_foreign`, `port_taken`
 */
export async function runIndexer(given: IndexerSettings, note: (line: string) => void): Promise<{ url: string }> {
  const settings = { ...given, rpcUrl: hideRpcUrl(given.rpcUrl) };
  const client = createPublicClient({ transport: http(settings.rpcUrl), cacheTime: 0 });
  const key = appKeyOf(appFolder, settings, await genesisOf(client, settings));
  const schema = schemaOf(settings);
  const hashOf = (blockNumber: number): Promise<Hex | undefined> => hashOfBlock(client, blockNumber);
  const database = await openDatabase(settings, note);
  if (database !== undefined) {
    try {
      const reason = await prepareDatabase(database, schema, key, hashOf);
      if (reason !== undefined) note(`the index is built anew: ${reason}`);
    } finally {
      await database.close();
    }
  }

  const port = settings.port === 0 ? await freePort(settings.host) : settings.port;
  const { host: hostname, logLevel } = settings;
  process.env[settingsVariable] = JSON.stringify(settings);
  process.env['PONDER_TELEMETRY_DISABLED'] = 'true';
  // Ponder leaves its GraphQL schema in the working folder.
  process.chdir(workFolderOf(settings));
  // It would count for more than the port asked for.
  delete process.env['PORT'];
  const start = await loadPonderStart();
  if (settings.database.kind === 'pglite') watchThread(longestQuerySeconds, stoodStill);
  const options = {
    command: 'start',
    version: '0.16.10',
    config: 'ponder.config.ts',
    root: appFolder,
    logFormat: 'json',
  };
  await start({
    cliOptions: { ...options, schema, port, hostname, logLevel },
    onBuild: async (app) => {
      if (app.apiBuild.port !== port) throw portTaken(port);
      leaveSignalsToPonder();
      for (const rpc of app.indexingBuild.rpcs) sharePolls(rpc);
      quicken(app, given);
      if (given.chainId === developmentChainId) calmIdle(app.common.logger);
      endOnDeepReorg(app.common.logger, () => {
        note(replaced);
        // Ponder takes what nobody catches as its reason to end, and lets go of the schema before.
        void Promise.reject(new Error(replaced));
      });
      const run = (sql: string) => app.database.adminQB.raw.execute(sql);
      await claimSchema(run, schema, key);
      const isTalkative = ['info', 'debug', 'trace'].includes(logLevel);
      const onNoted = (blockNumber: number): void => {
        if (isTalkative) note(`noted final block ${blockNumber}`);
      };
      void noteCheckpoints(app, schema, key, hashOf, onNoted, note);
      return app;
    },
  });
  const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
  await answering(url);
  return { url };
}

function workFolderOf({ database }: IndexerSettings): string {
  if (database.kind === 'pglite') return dirname(database.directory);
  const folder = mkdtempSync(join(tmpdir(), 'kedge-indexer-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a first run several times as fast; what is indexed stays the same. `bench/indexer.mjs` compares. */
function quicken({ common, database, indexingBuild }: PonderApp, { rpcUrl, requestsPerSecond }: IndexerSettings): void {
  database.syncQB = gatherSyncRows(database.syncQB);
  if (requestsPerSecond >= unpaced) {
    indexingBuild.rpcs = indexingBuild.rpcs.map((rpc) => withDirectRequests(rpc, rpcUrl));
  }
  // Several counts an event, which nobody reads.
  common.metrics.ponder_indexing_cache_requests_total.inc = () => undefined;
  common.metrics.ponder_indexing_store_queries_total.inc = () => undefined;
}

/**
 * Vite, with which Ponder reads the app, ends the process at the first SIGTERM, before Ponder has let go of its lock on the
 * schema: the next start would wait for that to expire. Vite's listener is the one that listens once.
 */
function leaveSignalsToPonder(): void {
  for (const listener of process.rawListeners('SIGTERM') as (() => void)[]) {
    if ('listener' in listener) process.off('SIGTERM', listener);
  }
}

/** Keeps the hashes of final blocks, by which the next start knows whether the chain is still the same. */
async function noteCheckpoints(
  app: PonderApp,
  schema: string,
  key: string,
  hashOf: (blockNumber: number) => Promise<Hex | undefined>,
  onNoted: (blockNumber: number) => void,
  note: (line: string) => void,
): Promise<void> {
  const run = (sql: string) => app.database.adminQB.raw.execute(sql);
  let noted = -1;
  for (;;) {
    await delay(noteEvery, undefined, { ref: false });
    try {
      const encoded = (await run(finalizedQuery(schema))).rows[0]?.['encoded'];
      const blockNumber = typeof encoded === 'string' ? blockOfCheckpoint(encoded) : noted;
      if (blockNumber === noted) continue;
      const blockHash = await hashOf(blockNumber);
      if (blockHash !== undefined) await noteCheckpoint(run, schema, key, { blockNumber, blockHash });
      noted = blockNumber;
      onNoted(blockNumber);
    } catch (error) {
      // Without a note the next start builds anew, which costs time and nothing else.
      note(`the newest final block was not noted: ${(error as Error).message}`);
    }
  }
}

async function genesisOf(client: PublicClient, settings: IndexerSettings): Promise<Hex> {
  const { rpcUrl, chainId } = settings;
  const asked = Promise.all([client.getChainId(), hashOfBlock(client, 0)]);
  const [found, genesis] = await asked.catch((cause: unknown) => {
    throw new BaseError('The chain does not answer.', {
      code: 'chain_unreachable',
      kind: 'transient',
      cause,
      values: { rpcUrl: new URL(rpcUrl).origin },
      hints: ['Check that the node runs, and the URL.'],
    });
  });
  if (found !== chainId) {
    throw new BaseError('The node serves another chain than the contracts are on.', {
      code: 'chain_differs',
      values: { rpcUrl: new URL(rpcUrl).origin, chainId: found, expected: chainId },
    });
  }
  return genesis ?? '0x';
}

/** Undefined where the chain has no such block. Pruned nodes keep headers, so they know the hashes. */
async function hashOfBlock(client: PublicClient, blockNumber: number): Promise<Hex | undefined> {
  const head = await client.getBlockNumber();
  if (head < BigInt(blockNumber)) return undefined;
  return (await client.getBlock({ blockNumber: BigInt(blockNumber) })).hash;
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function portTaken(port: number): BaseError {
  return new BaseError(`Port ${port} is taken.`, {
    code: 'port_taken',
    values: { port },
    hints: ['Stop what listens there, or choose another port.'],
  });
}

/** Ponder does not say when it listens. */
async function answering(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok === true) return;
    await delay(20);
  }
}
