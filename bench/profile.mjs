// Where a metered call's processor time goes: a sampling profile of the gateway under the load of `gateway.mjs`, summed by part.
// A sample belongs to the innermost function of the project on its stack; what Node and the kernel do for it belongs to it, too.
//   node bench/profile.mjs [--json] [--requests 60000] [--connections 32]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rounded } from './gateway/figures.mjs';
import { withPrograms } from './gateway/processes.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    requests: { type: 'string', default: '60000' },
    connections: { type: 'string', default: '32' },
  },
});
const [requests, connections] = [Number(values.requests), Number(values.connections)];

/** Parts by the files that they are in; the first that fits counts. */
const parts = [
  ['sockets: what HTTP/1.1 reads and writes', /gateway\/dist\/(http1|upstream)\//],
  [
    'requests and answers: parsed, checked and counted',
    /gateway\/dist\/(surfaces|tokens)\/|core\/dist\/(counting|requests)\//,
  ],
  ['hashes and signatures', /gateway\/dist\/crypto\/|hash-wasm|secp256k1/],
  [
    'receipts: built, chained, put into trees, written as text',
    /ledger\/(receipt|sealReceipt)|call\/receiptText|core\/dist\//,
  ],
  ['log', /gateway\/dist\/ledger\//],
  ['captures and anchors', /gateway\/dist\/capture\/|store\/dist\//],
  ['the rest of a call: keys, routes, reservations, charges', /gateway\/dist\//],
];
const collector = 'garbage collection';
const nobodys = 'the event loop, and what nobody called';

const profile = await withPrograms(async ({ begin, dir }) => {
  const { url: upstream } = await begin('upstream', 1);
  const load = await begin('load', 1);
  const file = join(dir, 'gateway.cpuprofile');
  const gateway = await begin('kedgeGateway', 0, { upstream, dir, profile: file });
  const send = (count) => load.ask({ url: gateway.url, upstream, count, connections, channels: 1 });
  await send(20_000);
  process.kill(gateway.pid, 'SIGUSR2');
  await send(requests);
  await gateway.stop();
  return JSON.parse(readFileSync(file, 'utf8'));
});

const byId = new Map(profile.nodes.map((node) => [node.id, node]));
const parentOf = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));

function partOf(id) {
  const { functionName } = byId.get(id).callFrame;
  if (functionName === '(idle)') return undefined;
  if (functionName === '(garbage collector)') return collector;
  for (let at = id; at !== undefined; at = parentOf.get(at)) {
    const { url } = byId.get(at).callFrame;
    const part = parts.find(([, files]) => files.test(url));
    if (part !== undefined) return part[0];
  }
  return nobodys;
}

const sums = new Map();
const partsById = new Map(profile.nodes.map(({ id }) => [id, partOf(id)]));
let total = 0;
profile.samples.forEach((id, index) => {
  const part = partsById.get(id);
  if (part === undefined) return;
  const time = profile.timeDeltas[index];
  sums.set(part, (sums.get(part) ?? 0) + time);
  total += time;
});
const shares = Object.fromEntries(
  [...sums].toSorted(([, a], [, b]) => b - a).map(([part, time]) => [part, rounded(time / total)]),
);
if (values.json) process.stdout.write(`${JSON.stringify({ requests, connections, shares })}\n`);
else {
  const lines = Object.entries(shares).map(([part, share]) => `${`${Math.round(share * 100)} %`.padStart(6)}  ${part}`);
  process.stdout.write(
    `${[`${connections} connections, ${requests} calls; of the gateway's main thread`, ...lines].join('\n')}\n`,
  );
}
