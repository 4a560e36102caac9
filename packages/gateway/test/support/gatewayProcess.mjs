// A gateway in a process of its own, to be killed: `node gatewayProcess.mjs <setup.json>`. Its chain stands still.
import { readFileSync } from 'node:fs';
import { importBuilt } from './builtGateway.mjs';

const { createGateway } = await importBuilt('createGateway.js', 'index.js');
const { config, policyHash, openedAt, operatorKey } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const unused = () => Promise.reject(new Error('nothing is captured in this test'));
const chain = {
  readChannel: async (channel) => ({
    open: true,
    capturedUnits: 0n,
    capturableUnits: BigInt(channel.cap),
    openedAt: BigInt(openedAt),
    policyHash,
  }),
  findChannel: async () => undefined,
  readCurrentPolicy: async () => ({ hash: policyHash, uri: '' }),
  readLot: async () => undefined,
  head: unused,
  minedNonce: unused,
  signCapture: unused,
  send: unused,
  reprice: unused,
  isPayableForLess: unused,
  outcomeOf: unused,
};
const gateway = await createGateway(config, { chain, env: { OPERATOR_KEY: operatorKey } });
process.stdout.write(`${JSON.stringify({ url: gateway.url })}\n`);
process.once('SIGTERM', () => void gateway.close().then(() => process.exit(0)));
