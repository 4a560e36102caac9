// How fast 100,000 events are indexed: by the indexer, by Ponder's own command with its defaults on the same app, and by a raw
// loop that gets logs and inserts rows. In an embedded PostgreSQL (PGlite), and in a real one where the machine has it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import { dataAnchoringTokenAbi, metricTypeOf } from '@kedge/core';
import { createKedgeClient, deployContracts } from '@kedge/sdk';
import pg from 'pg';
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  encodePacked,
  http,
  keccak256,
  toEventSelector,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { startAnvil } from './startAnvil.mjs';
import { startPostgres } from './startPostgres.mjs';

const { values } = parseArgs({ options: { events: { type: 'string', default: '100000' } } });
const inBlock = 100;
const blocks = Number(values.events) / inBlock;
const program = fileURLToPath(import.meta.resolve('@kedge/indexer/main'));
const appFolder = path.join(path.dirname(program), '..', 'ponder');
const ponder = fileURLToPath(new URL('bin/ponder.js', import.meta.resolve('ponder')));
/** One URL: Ponder begins with this many requests a second for it. */
const ponderPace = 20;
// Foundry's well-known development phrase: worthless keys, on local chains only.
const accountOf = (addressIndex) =>
  mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex });

/** Blocks with a hundred uses each, by an operator whom the owner of the tokens approved; then empty ones, so that all are final. */
async function writeHistory(rpcUrl) {
  const transport = http(rpcUrl);
  const publicClient = createPublicClient({ chain: foundry, transport, pollingInterval: 20, cacheTime: 0 });
  const walletOf = (index) => createWalletClient({ account: accountOf(index), chain: foundry, transport });
  const owner = createKedgeClient({
    publicClient,
    walletClient: walletOf(0),
    deployment: await deployContracts({ publicClient, walletClient: walletOf(0) }),
  });
  const { deployment } = owner;
  const token = { address: deployment.contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi };
  const { classId } = await owner.createClass({
    kind: 'model',
    metadataURI: '',
    integrityHash: `0x${'ab'.repeat(32)}`,
  });
  const send = async (wallet, functionName, args) => {
    const hash = await wallet.writeContract({ ...token, functionName, args });
    await publicClient.waitForTransactionReceipt({ hash });
  };
  const item = { to: accountOf(0).address, value: 2n ** 40n, shareRatio: 0n, expireAt: 0n };
  await send(walletOf(0), 'mintBatch', [classId, Array.from({ length: inBlock }, () => item)]);
  await send(walletOf(0), 'approveForClass', [classId, accountOf(1).address, true]);
  const serials = Array.from({ length: inBlock }, (_, place) =>
    encodePacked(['uint32', 'uint64'], [place + 1, 7n]).slice(2),
  );
  const items = `${encodePacked(['uint64', 'uint32', 'uint16'], [classId, 1, inBlock])}${serials.join('')}`;
  const metric = metricTypeOf('units', (bytes) => keccak256(bytes, 'bytes'));
  const data = encodeFunctionData({ abi: token.abi, functionName: 'recordUsageBatch', args: [metric, items] });
  const rpc = (method, params) => publicClient.request({ method, params });
  await rpc('evm_setAutomine', [false]);
  for (let block = 0; block < blocks; block += 1) {
    await rpc('eth_sendTransaction', [{ from: accountOf(1).address, to: token.address, data, gas: '0x1c9c380' }]);
    await rpc('evm_mine', []);
  }
  await rpc('anvil_mine', ['0x40']);
  const found = await publicClient.getLogs({
    address: token.address,
    fromBlock: (await publicClient.getBlockNumber()) - 65n,
  });
  if (found.length === 0) throw new Error('no events were written');
  return { deployment, head: Number(await publicClient.getBlockNumber()) };
}

/** Ponder's own `start` on the app of the indexer: what it does with one RPC URL and no settings but where things are. */
function startPonder(settings, folder) {
  const { database } = settings;
  const config = { ...settings, requestsPerSecond: ponderPace };
  const where = ['--root', appFolder, '--config', 'ponder.config.ts', '--schema', database.schema ?? 'usual'];
  const args = ['start', ...where, '--port', '0', '--hostname', '127.0.0.1', '--log-format', 'json'];
  return spawn(process.execPath, [ponder, ...args], {
    cwd: folder,
    env: { ...process.env, KEDGE_INDEXER_SETTINGS: JSON.stringify(config), PONDER_TELEMETRY_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The indexer's program as `kedge indexer` starts it for a node on this machine. */
function startIndexer(settings, folder) {
  const file = path.join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(settings));
  return spawn(process.execPath, [program, '--config', file], { stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Seconds of the backfill, from Ponder's log. */
async function measure(start, { rpcUrl, deployment, database }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-bench-indexer-'));
  const child = start(
    {
      rpcUrl,
      chainId: 31337,
      contracts: deployment.contracts,
      database: database ?? { kind: 'pglite', directory: path.join(folder, 'database') },
      logLevel: 'info',
    },
    folder,
  );
  let peak = 0;
  let cpu = 0;
  const watch = setInterval(() => (peak = Math.max(peak, residentOf(child.pid))), 500);
  const milliseconds = await new Promise((resolve, reject) => {
    let output = '';
    let before;
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      before ??= output.includes('"Started backfill indexing"') ? processorSecondsOf(child.pid) : undefined;
      const line = /^.*"Completed backfill indexing across all chains".*(?=\n)/m.exec(output)?.[0];
      if (line === undefined) return;
      child.stdout.removeAllListeners('data').resume();
      cpu = processorSecondsOf(child.pid) - before;
      resolve(JSON.parse(line).duration);
    });
    child.once('exit', (code) => reject(new Error(`the indexer ended with ${code}: ${output.slice(-2000)}`)));
  });
  clearInterval(watch);
  await new Promise((resolve) => {
    child.removeAllListeners('exit').once('exit', resolve);
    child.kill('SIGTERM');
  });
  rmSync(folder, { recursive: true, force: true });
  return { seconds: milliseconds / 1000, peak, cpu };
}

/** What the process itself used; a PostgreSQL beside it is not in it. */
function processorSecondsOf(pid) {
  // After the name, which may hold spaces: user time is the twelfth field, system time the next, in hundredths.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function residentOf(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    // It has just ended.
    return 0;
  }
}

/** Logs in ranges of fifty blocks, decoded by hand; one insert and one upsert of totals a range. */
async function runRaw(rpcUrl, deployment, head, query) {
  const selector = toEventSelector('UsageRecorded(uint256,bytes32,uint256,address)');
  await query('CREATE TABLE raw_usage (position BIGINT PRIMARY KEY, token NUMERIC NOT NULL, units NUMERIC NOT NULL)');
  await query('CREATE TABLE raw_total (token NUMERIC PRIMARY KEY, units NUMERIC NOT NULL)');
  const began = performance.now();
  for (let from = 0; from <= head; from += 50) {
    const filter = {
      address: deployment.contracts.DataAnchoringToken,
      topics: [selector],
      fromBlock: `0x${from.toString(16)}`,
      toBlock: `0x${Math.min(from + 49, head).toString(16)}`,
    };
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getLogs', params: [filter] }),
    });
    const logs = (await response.json()).result;
    if (logs.length === 0) continue;
    const totals = new Map();
    const rows = logs.map(({ blockNumber, logIndex, topics, data }) => {
      const [token, units] = [BigInt(topics[1]).toString(), BigInt(`0x${data.slice(66, 130)}`)];
      totals.set(token, (totals.get(token) ?? 0n) + units);
      return [Number(blockNumber) * 2 ** 20 + Number(logIndex), token, units.toString()];
    });
    const column = (place) => rows.map((row) => row[place]);
    await query('INSERT INTO raw_usage SELECT * FROM unnest($1::bigint[], $2::numeric[], $3::numeric[])', [
      column(0),
      column(1),
      column(2),
    ]);
    await query(
      'INSERT INTO raw_total SELECT * FROM unnest($1::numeric[], $2::numeric[]) ON CONFLICT (token) DO UPDATE SET units = raw_total.units + excluded.units',
      [[...totals.keys()], [...totals.values()].map(String)],
    );
  }
  return (performance.now() - began) / 1000;
}

async function main() {
  const anvil = await startAnvil(['--hardfork', 'cancun', '--gas-limit', '30000000000']);
  const { rpcUrl } = anvil;
  const { deployment, head } = await writeHistory(rpcUrl);
  const events = blocks * inBlock;
  console.log(`${events} events in ${blocks} blocks; events a second (higher is better)\n`);
  const postgres = await startPostgres();
  if (postgres === undefined)
    console.log('PostgreSQL is not installed here (Debian: postgresql): only the embedded one is measured.\n');
  const show = (name, seconds, peak, cpu) =>
    console.log(
      `${name.padEnd(44)}${(events / seconds).toFixed(0).padStart(9)}  ${seconds.toFixed(1)} s${peak ? `, peak ${peak.toFixed(0)} MiB, ${(events / cpu).toFixed(0)} a second of its processor` : ''}`,
    );
  try {
    for (const kind of ['PGlite', ...(postgres === undefined ? [] : ['PostgreSQL'])]) {
      const databaseOf = (schema) => (kind === 'PGlite' ? undefined : { kind: 'postgres', url: postgres.url, schema });
      const usual = await measure(startPonder, { rpcUrl, deployment, database: databaseOf('usual') });
      show(`${kind}: Ponder with its defaults`, usual.seconds, usual.peak, usual.cpu);
      const ours = await measure(startIndexer, { rpcUrl, deployment, database: databaseOf('ours') });
      show(`${kind}: the indexer`, ours.seconds, ours.peak, ours.cpu);
      show(`${kind}: raw getLogs and insert`, await measureRaw(kind, postgres, rpcUrl, deployment, head));
      console.log(`${kind}: ${(usual.seconds / ours.seconds).toFixed(2)} times Ponder with its defaults\n`);
    }
  } finally {
    await postgres?.stop();
    await anvil.stop();
  }
}

async function measureRaw(kind, postgres, rpcUrl, deployment, head) {
  if (kind === 'PGlite') {
    const database = new PGlite();
    const seconds = await runRaw(rpcUrl, deployment, head, (sql, values) => database.query(sql, values));
    await database.close();
    return seconds;
  }
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const seconds = await runRaw(rpcUrl, deployment, head, (sql, values) => client.query(sql, values));
  await client.end();
  return seconds;
}

await main();
