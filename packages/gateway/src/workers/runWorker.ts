import type { Socket } from 'node:net';
import { type AssembledGateway, assembleGateway } from '../assembleGateway.js';
import { createLink } from './createLink.js';
import type { GatewayFigures } from './gatewayFigures.js';
import { portToParent } from './portOf.js';
import type { KeeperProcedures, WorkerProcedures } from './procedures.js';
import { workerFoundation } from './workerFoundation.js';

// One worker of a gateway, started by `keepWorker`. It lives as long as the process that started it, which also tells it to
// stop: a terminal's Ctrl-C reaches both.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

let urls: readonly (string | undefined)[] = [];
let logFailure: string | undefined;
let gateway: AssembledGateway | undefined;
let figures: (() => GatewayFigures) | undefined;

const procedures: WorkerProcedures = {
  start: async (start) => {
    const foundation = workerFoundation(start, link, {
      placeOf: (worker) => urls[worker],
      logFailure: () => logFailure,
      count: (own) => (figures = own),
    });
    gateway = await assembleGateway(start.config, foundation);
    for (const signed of start.rateQuotes) gateway.takeRateQuote(signed);
    return gateway.url;
  },
  places: (told) => {
    urls = told;
  },
  serve: (bytes, socket) => take(bytes, socket),
  figures: () => {
    if (figures === undefined) throw new Error('This worker does not count yet.');
    return figures();
  },
  drop: ({ channelId, how }) => gateway?.drop(channelId, how),
  takeRateQuote: (signed) => gateway?.takeRateQuote(signed),
  readChannels: async () => gateway?.readChannels(),
  topUpKept: async () => gateway?.catchUpTopUps(),
  logFailed: (reason) => {
    logFailure = reason;
  },
  close: async () => gateway?.close(),
};
const port = portToParent();
const link = createLink<KeeperProcedures>(port, procedures);
port.onClosed(() => process.exit());

function take(bytes: Uint8Array, socket: Socket | undefined): void {
  // It may have been closed on its way.
  if (socket === undefined) return;
  if (gateway === undefined) return void socket.destroy();
  socket.setNoDelay(true);
  if (bytes.length > 0) socket.unshift(bytes);
  gateway.serve(socket);
}
