import { join } from 'node:path';
import { makeFolder as makeFolderWith } from '@kedge/store/makeFolder';

/** The children of `kedge up`, in the order in which they start. */
export const serviceNames = ['chain', 'agent', 'gateway', 'indexer'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Where things are in a data folder. */
export type DataPaths = {
  readonly root: string;
  readonly lock: string;
  /** What the CLI reads: addresses, URLs, the API key. */
  readonly upFile: string;
  /** What `up` remembers: ports, finished steps. */
  readonly state: string;
  readonly apiKey: string;
  readonly chain: string;
  readonly chainDump: string;
  readonly store: string;
  readonly gateway: string;
  readonly agent: string;
  readonly indexer: string;
  readonly log: (service: ServiceName) => string;
  readonly pid: (service: ServiceName) => string;
};

/** Names the paths of a data folder; makes nothing. */
export function dataPathsOf(root: string): DataPaths {
  return {
    root,
    lock: join(root, 'up.lock'),
    upFile: join(root, 'up.json'),
    state: join(root, 'state.json'),
    apiKey: join(root, 'api-key'),
    chain: join(root, 'chain'),
    chainDump: join(root, 'chain', 'state.json.gz'),
    store: join(root, 'store'),
    gateway: join(root, 'gateway'),
    agent: join(root, 'agent'),
    indexer: join(root, 'indexer'),
    log: (service) => join(root, 'logs', `${service}.log`),
    pid: (service) => join(root, 'pids', `${service}.json`),
  };
}

/** Makes the folders, readable by this user only: they hold keys. */
export function makeFolders(paths: DataPaths): void {
  for (const folder of [paths.root, paths.chain, paths.store, paths.gateway, paths.agent, paths.indexer])
    makeFolder(folder);
  makeFolder(join(paths.root, 'logs'));
  makeFolder(join(paths.root, 'pids'));
}

/** Readable by this user only. */
export function makeFolder(folder: string): void {
  makeFolderWith(folder, 0o700);
}
