// Runs every benchmark, one after the other: `npm run bench`, or `npm run bench -- gas gateway profile streams anchoring indexer start`.
import { spawnSync } from 'node:child_process';
import { forgePath } from '../scripts/forgePath.mjs';

const benches = {
  gas: ['bench/gas.mjs'],
  gateway: ['bench/gateway.mjs', '--peers'],
  profile: ['bench/profile.mjs'],
  streams: ['bench/streams.mjs', '--peers'],
  log: ['bench/log.mjs'],
  ledgerStart: ['bench/ledgerStart.mjs'],
  memory: ['bench/memory.mjs'],
  sharedLedger: ['bench/sharedLedger.mjs'],
  anchoring: ['bench/anchoring.mjs', '--memory'],
  indexer: ['bench/indexer.mjs'],
  start: ['bench/start.mjs'],
};
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length) {
  console.error(`unknown benchmark ${unknown.join(', ')}; known: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
for (const name of wanted.length ? wanted : Object.keys(benches)) {
  console.log(`\n## ${name}\n`);
  // The naive ERC-8028 that gas is compared with is compiled with the tests.
  if (name === 'gas') spawnSync(forgePath(), ['build', '--quiet'], { stdio: 'inherit' });
  const { status } = spawnSync(process.execPath, benches[name], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
