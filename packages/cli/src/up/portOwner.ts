import { readdirSync, readlinkSync } from 'node:fs';
import { readIfExists } from '../files/durableFile.js';
import { commandLineOf, orGone } from '../files/processIdentity.js';

/** Who listens on a port. */
type PortOwner = { readonly pid: number; readonly command: string };

const listening = '0A';

/** The process that listens on a local TCP port; undefined when none is found or it belongs to another user. */
export function portOwner(port: number): PortOwner | undefined {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (sockets.size === 0) return undefined;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    if (!openFilesOf(name).some((target) => sockets.has(target))) continue;
    return { pid: Number(name), command: commandLineOf(Number(name)) };
  }
  return undefined;
}

/** `socket:[inode]` of every listening socket of the port, from the columns `sl local remote state … inode` of proc(5). */
function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return (readIfExists(table) ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(wanted) && columns[3] === listening)
    .map((columns) => `socket:[${columns[9]}]`);
}

function openFilesOf(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  return (orGone(() => readdirSync(folder)) ?? []).flatMap(
    (name) => orGone(() => readlinkSync(`${folder}/${name}`)) ?? [],
  );
}
