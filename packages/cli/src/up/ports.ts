import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { BaseError } from '@kedge/core';
import { serviceNames } from '../files/dataPaths.js';
import { portOwner } from './portOwner.js';

/** What listens: the services, and the dashboard, which `up` serves itself. */
export const portNames = [...serviceNames, 'dashboard'] as const;

/** The TCP port of each of them, on 127.0.0.1. */
export type Ports = Readonly<Record<(typeof portNames)[number], number>>;

/** Below the range from which systems hand out ports to outgoing connections (32768 on Linux). */
const firstPort = 20_000;
const lastPort = 32_000;
const groups = Math.floor((lastPort - firstPort) / portNames.length);

/** Whether this process could listen on the port now. */
function isPortFree(port: number): Promise<boolean> {
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
 * Free neighbouring ports, one for each name. Where the search begins follows from the folder's name, so that clones differ, and one
 * whose data folder was deleted gets its old ports again.
 */
export async function choosePorts(folder: string, avoid?: Partial<Ports>): Promise<Ports> {
  const seed = createHash('sha256').update(folder).digest().readUInt32BE(0);
  for (let step = 0; step < groups; step += 1) {
    const first = firstPort + ((seed + step) % groups) * portNames.length;
    if (first === avoid?.chain) continue;
    const ports = Object.fromEntries(portNames.map((name, index) => [name, first + index])) as Ports;
    const free = await Promise.all(Object.values(ports).map(isPortFree));
    if (free.every(Boolean)) return ports;
  }
  throw noFreePorts(`no ${portNames.length} free neighbouring ports`);
}

/** Ports for the names that a folder, set up before they existed, has none for. */
export async function completePorts(folder: string, known: Partial<Ports>): Promise<Ports> {
  const missing = portNames.filter((name) => known[name] === undefined);
  if (missing.length === 0) return known as Ports;
  const ports: Partial<Record<keyof Ports, number>> = { ...known };
  const { chain: from } = await choosePorts(folder);
  for (const name of missing) {
    const taken = new Set(Object.values(ports));
    let port = from;
    while (taken.has(port) || !(await isPortFree(port))) {
      port += 1;
      if (port > lastPort) throw noFreePorts(`no free port for the ${name}`);
    }
    ports[name] = port;
  }
  return ports as Ports;
}

function noFreePorts(what: string): BaseError {
  return new BaseError(`${what} from ${firstPort} to ${lastPort} on 127.0.0.1`, {
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
