// Whether the gateway's memory stays where it is: over 100,000 calls, and with 1,000 streams open at a time, again and again.
//   node bench/memory.mjs [--json]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withPrograms } from './gateway/processes.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
const rounds = 5;
const calls = 20_000;
const streams = 1_000;

const summary = await withPrograms(async ({ begin, dir }) => {
  const origin = await begin('upstream', 1);
  const [load, streamLoad] = [await begin('load', 1), await begin('streamLoad', 1)];
  const upstream = origin.url;
  const { url, pid } = await begin('kedgeGateway', 0, { upstream, dir, channels: 1, connections: streams });
  const afterCalls = [];
  for (let round = 0; round <= rounds; round++) {
    await load.ask({ url, upstream, count: calls, connections: 32, channels: 1 });
    afterCalls.push(residentMb(pid));
  }
  // A stream lasts over five seconds then, and all of them begin within the first.
  await origin.ask({ paceMs: 100 });
  const withStreams = [];
  for (let round = 0; round < rounds; round++) {
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, residentMb(pid))), 200);
    await streamLoad.ask({ url, upstream, count: streams, connections: streams });
    clearInterval(timer);
    withStreams.push(most);
  }
  return { afterCalls, withStreams };
});

if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else {
  process.stdout.write(
    `resident MB after ${calls} calls, and after each ${calls} more: ${summary.afterCalls.join(', ')}\n` +
      `most while ${streams} streams are open, ${rounds} times: ${summary.withStreams.join(', ')}\n`,
  );
}

function residentMb(pid) {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
