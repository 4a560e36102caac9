// The gateway as `kedge up` starts it, but for its chain, which stands still: it is not what is measured.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { createGateway } from '@kedge/gateway';
import { cap, chainConfig, operatorKey, writeChannels } from './channels.mjs';
import { options, ready } from './program.mjs';

const now = Math.floor(Date.now() / 1000);
const channelsFile = join(options.dir, 'channels.json');
const rates = { input_tokens: '1', output_tokens: '3' };
const policyHash = writeChannels(channelsFile, { count: Number(options.channels ?? 1), rates, openedAt: now });
// The chain is not what is measured: it stands still. Everything else, anchoring blobs included, is the real program.
const captured = new Map();
let nonce = 0;
const chain = {
  readChannel: async (_, channelId) => ({
    open: true,
    capturedUnits: captured.get(channelId) ?? 0n,
    remainingUnits: cap - (captured.get(channelId) ?? 0n),
    capturableUnits: cap - (captured.get(channelId) ?? 0n),
    openedAt: BigInt(now),
    policyHash,
  }),
  readCurrentPolicy: async () => ({ hash: policyHash, uri: '' }),
  readLot: async () => undefined,
  head: async () => ({
    number: BigInt(nonce),
    hash: `0x${nonce.toString(16).padStart(64, '0')}`,
    timestamp: BigInt(Math.floor(Date.now() / 1_000)),
  }),
  minedNonce: async () => nonce,
  signCapture: async (capture, at) => {
    for (const { voucher } of capture.items) captured.set(voucher.channelId, voucher.cumulativeUnits);
    return { raw: '0x00', hash: `0x${at.toString(16)}`, nonce: at };
  },
  send: async () => void nonce++,
  reprice: async () => undefined,
  outcomeOf: async () => ({ succeeded: true, blockNumber: 1n, gasUsed: 0n, failures: [] }),
};
const running = await createGateway(
  {
    dataDir: join(options.dir, 'gateway'),
    upstream: { url: options.upstream, ...(options.connections && { connections: Number(options.connections) }) },
    ...chainConfig,
    contentStoreDir: join(options.dir, 'store'),
    channelsFile,
    batchMaxReceipts: 10_000,
    workers: Number(options.workers ?? 1),
  },
  { chain, env: { KEY: operatorKey } },
);
const writeProfile = options.profile === undefined ? () => {} : profileOnSignal(options.profile);
process.on('SIGTERM', () => {
  writeProfile();
  void running.close().then(() => process.exit(0));
});
ready(running.url);

/** Samples from SIGUSR2 on, until what it returns is called. */
function profileOnSignal(file) {
  const session = new Session();
  session.connect();
  process.on('SIGUSR2', () => {
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 200 });
    session.post('Profiler.start');
  });
  return () => session.post('Profiler.stop', (error, { profile }) => writeFileSync(file, JSON.stringify(profile)));
}
