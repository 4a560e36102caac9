import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { BaseError } from '@kedge/core';
import type { ServiceName } from './dataPaths.js';
import { portOwner } from './portOwner.js';

/** The TCP port of each service, on 127.0.0.1. */
export type Ports = Readonly<Record<ServiceName, number>>;

/** Below the range from which systems hand out ports to outgoing connections (32768 on Linux). */
const firstPort = 20_000;
const triples = 4_000;

/** Whether this process could listen on the port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Three free neighbouring ports. Where the search begins follows from the folder's name, so that clones differ, and one
 * whose data folder was deleted gets its old ports again.
 */
export async function choosePorts(folder: string, avoid?: Ports): Promise<Ports> {
  const seed = createHash('sha256').update(folder).digest().readUInt32BE(0);
  for (let step = 0; step < triples; step += 1) {
    const chain = firstPort + ((seed + step) % triples) * 3;
    const ports = { chain, agent: chain + 1, gateway: chain + 2 };
    if (ports.chain === avoid?.chain) continue;
    const free = await Promise.all(Object.values(ports).map(isPortFree));
    if (free.every(Boolean)) return ports;
  }
  throw new BaseError(`no three free ports from ${firstPort} to ${firstPort + triples * 3 - 1} on 127.0.0.1`, {
    code: 'no_free_ports',
    hints: ['stop some of the programs that listen there'],
  });
}

/** @throws BaseError code `port_taken` which names the owner of a port that is not free */
export async function requireFreePorts(ports: Ports): Promise<void> {
  for (const [service, port] of Object.entries(ports)) {
    if (await isPortFree(port)) continue;
    const owner = portOwner(port);
    const named =
      owner === undefined ? "another user's process" : `process ${owner.pid} (${owner.command.slice(0, 120)})`;
    throw new BaseError(`port ${port}, which this folder's ${service} uses, is taken by ${named}`, {
      code: 'port_taken',
      hints: [
        owner === undefined ? 'find it with: ss -ltnp' : `stop it: kill ${owner.pid}`,
        'or choose other ports, once, with: kedge up --new-ports',
      ],
    });
  }
}
