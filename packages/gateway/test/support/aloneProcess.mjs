// Captures for ever, in a process that can be stopped: `node aloneProcess.mjs <url> <silenceMs>`.
import { aloneAt } from '../../dist/ledger/postgres/aloneAt.js';
import { openDatabase } from '../../dist/ledger/postgres/database.js';

const [url, silenceMs] = process.argv.slice(2);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const database = await openDatabase({ url, password: undefined, connections: 1, timeoutMs: 10_000, log });
await aloneAt(database, 'capture', Number(silenceMs), () => {
  process.stdout.write('alone\n');
  return new Promise(() => undefined);
});
