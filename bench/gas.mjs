// Gas of whole transactions against the floor that our own storage layout allows, and against a naive ERC-8028 and
// published tokens and splitters in the same run. Exact: two runs print the same numbers.
//   node bench/gas.mjs [--json] [--write]     --write puts the table into docs/reference/gas.md
import { readFileSync, writeFileSync } from 'node:fs';
import { deployKedge } from './gas/kedge.mjs';
import { measureChannels } from './gas/measureChannels.mjs';
import { measureRevenue } from './gas/measureRevenue.mjs';
import { measureTokens } from './gas/measureTokens.mjs';
import { openBench } from './gas/openBench.mjs';
import { deployPeers } from './gas/peers.mjs';
import { installPeers } from './gateway/processes.mjs';
import { startAnvil } from './startAnvil.mjs';

installPeers();
const anvil = await startAnvil(['--hardfork', 'osaka', '--gas-limit', '60000000']);
const { rows } = await measure(anvil.rpcUrl).finally(anvil.stop);
console.log(process.argv.includes('--json') ? JSON.stringify(rows) : gasTable(rows));
if (process.argv.includes('--write')) {
  const page = new URL('../docs/reference/gas.md', import.meta.url);
  const text = readFileSync(page, 'utf8').replace(/^\| Operation [^]*?\n(?=\n)/m, () => `${gasTable(rows)}\n`);
  writeFileSync(page, text);
}

async function measure(rpcUrl) {
  const bench = openBench(rpcUrl);
  const kedge = await deployKedge(bench);
  const peers = await deployPeers(bench);
  await measureTokens(bench, kedge, peers);
  await measureRevenue(bench, kedge, peers);
  await measureChannels(bench, kedge);
  return bench;
}

/** The rows as a Markdown table: what docs/reference/gas.md holds. */
function gasTable(rows) {
  const peers = ['naive', 'erc3525', 'erc1155', 'erc721', 'paymentSplitter', 'splits'];
  const number = (value) => (value === undefined ? '' : value.toLocaleString('en-US'));
  const lines = rows.map(
    ({ operation, gas, floor, ...row }) =>
      `| ${operation} | ${number(gas)} | ${number(floor)} | +${((gas / floor - 1) * 100).toFixed(1)} % | ${peers.map((peer) => number(row[peer])).join(' | ')} |`,
  );
  return [
    '| Operation | Gas | Floor | Over floor | Naive ERC-8028 | ERC-3525 | ERC-1155 | ERC-721 | PaymentSplitter | 0xSplits |',
    `| --- |${' ---: |'.repeat(3 + peers.length)}`,
    ...lines,
  ].join('\n');
}
