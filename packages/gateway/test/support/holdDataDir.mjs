// Asks for a data folder in a process of its own: `node holdDataDir.mjs <folder>`. Says what came of it, and keeps it.
import { lockDataDir } from '../../dist/ledger/lockDataDir.js';

const said = await lockDataDir(process.argv[2]).then(
  () => 'held',
  ({ code }) => code,
);
process.stdout.write(`${said}\n`);
if (said === 'held') setInterval(() => undefined, 60_000);
