import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { gatewayNodeFlags } from '@kedge/gateway/nodeFlags';
import type { DataPaths } from '../files/dataPaths.js';
import { writeDurably } from '../files/durableFile.js';
import { gatewayFilesOf } from '../gateway/gatewayFiles.js';
import type { ChildCommand } from './child.js';
import type { OtherUpstream } from './otherUpstream.js';
import type { Ports } from './ports.js';
import type { UpState } from './upState.js';

/** The published entry points: the CLI starts them and loads nothing of what they do. */
const programPath = {
  agent: () => fileURLToPath(import.meta.resolve('@kedge/agent/main')),
  gateway: () => fileURLToPath(import.meta.resolve('@kedge/gateway/main')),
  indexer: () => fileURLToPath(import.meta.resolve('@kedge/indexer/main')),
} as const;

// A local chain's index is small; without this the heap grows with what the machine has.
const indexerFlags = ['--max-old-space-size=512', '--max-semi-space-size=8'];

type Environment = Readonly<Record<string, string | undefined>>;

/** The built-in upstream's program with its configuration, which is written here. */
export function agentProgram(options: {
  paths: DataPaths;
  port: number;
  manifests: readonly string[];
  environment: Environment;
}): ChildCommand {
  const { paths, port, manifests, environment } = options;
  const config = { port, contentStoreDir: paths.store, manifests };
  return programOf('agent', [], join(paths.agent, 'config.json'), config, environment);
}

/**
 * The gateway's program with its configuration, which is written here. It gets less time to stop than by default: Ctrl-C
 * should not take longer than ten seconds.
 */
export function gatewayProgram(options: {
  paths: DataPaths;
  ports: Ports;
  chainId: number;
  contracts: NonNullable<UpState['steps']['contracts']>;
  upstream: OtherUpstream | undefined;
  workers: number | 'auto';
  environment: Environment;
}): ChildCommand {
  const { paths, ports, chainId, contracts, upstream, workers, environment } = options;
  const files = gatewayFilesOf(paths);
  const config = {
    dataDir: files.ledger,
    port: ports.gateway,
    upstream: upstream ?? { url: `http://127.0.0.1:${ports.agent}/v1` },
    rpcUrl: `http://127.0.0.1:${ports.chain}`,
    chainId,
    contracts,
    operatorKeyFile: files.key,
    contentStoreDir: paths.store,
    channelsFile: files.channels,
    drainMs: 4_000,
    workers,
  };
  return programOf('gateway', gatewayNodeFlags, files.config, config, environment);
}

/** The indexer's program with its configuration, which is written here. */
export function indexerProgram(options: {
  paths: DataPaths;
  ports: Ports;
  chainId: number;
  contracts: NonNullable<UpState['steps']['contracts']>;
  environment: Environment;
}): ChildCommand {
  const { paths, ports, chainId, contracts, environment } = options;
  const config = {
    rpcUrl: `http://127.0.0.1:${ports.chain}`,
    chainId,
    contracts,
    port: ports.indexer,
    database: { kind: 'pglite', directory: join(paths.indexer, 'database') },
    contentStoreDir: paths.store,
    pollingMs: 250,
  };
  return programOf('indexer', indexerFlags, join(paths.indexer, 'config.json'), config, environment);
}

/** The program of `kedge gateway`, with a configuration that was written before. */
export function gatewayCommand(configFile: string, environment: Environment): ChildCommand {
  const args = [...gatewayNodeFlags, programPath.gateway(), '--config', configFile];
  return { file: process.execPath, args, environment };
}

/** The program of `kedge shadow`, with a configuration that was written before. */
export function shadowCommand(configFile: string, environment: Environment): ChildCommand {
  const { args, ...command } = gatewayCommand(configFile, environment);
  return { ...command, args: [...args, '--shadow'] };
}

/** The program of `kedge indexer`, with a configuration that was written before. */
export function indexerCommand(configFile: string, environment: Environment): ChildCommand {
  return { file: process.execPath, args: [programPath.indexer(), '--config', configFile], environment };
}

function programOf(
  name: 'agent' | 'gateway' | 'indexer',
  flags: readonly string[],
  configFile: string,
  config: object,
  environment: Environment,
): ChildCommand {
  writeDurably(configFile, `${JSON.stringify(config, null, 2)}\n`);
  return { file: process.execPath, args: [...flags, programPath[name](), '--config', configFile], environment };
}
