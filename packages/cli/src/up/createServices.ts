import type { DataPaths } from '../files/dataPaths.js';
import type { Chain } from './chain.js';
import { cutLogTail, killLiving, readyUrl, startChild, whenReady, type ChildCommand } from './child.js';
import { lowerPriority } from './lowerPriority.js';
import { createService, type Service } from './service.js';

/** The services of a data folder. */
export type Services = {
  readonly chain: Service;
  readonly agent: Service;
  readonly gateway: Service;
  /** Runs beside the others: it is not waited for, and when it fails they go on. */
  readonly indexer: Service;
  /** Stops all in order: the gateway writes what it holds to a living chain, which is then saved a last time. */
  stopAll(): Promise<void>;
  /** Kills all at once. */
  killAll(): void;
};

const readyPatience = 30_000;

/**
 * Puts the services together; starts nothing yet. The agent stays unstarted when another upstream answers.
 */
export function createServices(options: {
  paths: DataPaths;
  chain: Chain;
  agentCommand: () => ChildCommand;
  gatewayCommand: () => ChildCommand;
  indexerCommand: () => ChildCommand;
  note: (line: string) => void;
  onFailed: (error: unknown) => void;
}): Services {
  const { paths, chain, note, onFailed } = options;
  const program = (name: 'agent' | 'gateway', command: () => ChildCommand, patience: number): Service =>
    createService({
      name,
      patience,
      note,
      onFailed,
      start: async () => {
        const child = await startChild(name, command(), paths);
        try {
          await whenReady(child, readyPatience, () => readyUrl(child));
        } catch (error) {
          await child.stop(0);
          throw error;
        }
        const cut = name === 'gateway' ? cutLogTail(child) : undefined;
        if (cut !== undefined) note(cut);
        return child;
      },
    });
  const agent = program('agent', options.agentCommand, 2_000);
  const gateway = program('gateway', options.gatewayCommand, 10_000);
  const indexer = createService({
    name: 'indexer',
    patience: 2_000,
    steadyAfter: 60_000,
    note,
    onFailed: (error) => note(`the indexer stays down; everything else goes on: ${(error as Error).message}`),
    start: async () => {
      const child = await startChild('indexer', options.indexerCommand(), paths);
      // Calls come first: what it does can wait, and its start is work of several seconds.
      lowerPriority(child.pid);
      return child;
    },
  });
  const chainService = createService({
    name: 'chain',
    patience: 3_000,
    note,
    onFailed,
    start: chain.run,
    onRestarted: async () => {
      // The chain lost what came after its last save; the gateway sends again, when it starts, what the chain lacks.
      await gateway.restart();
      if (gateway.pid() !== undefined) note('the gateway started anew on the restored chain');
      await indexer.restart();
    },
  });
  return {
    killAll: () => {
      for (const service of [indexer, gateway, agent, chainService]) service.kill();
      // A service knows its process once it serves, and forgets it when it is told to stop.
      killLiving();
    },
    chain: chainService,
    agent,
    gateway,
    indexer,
    stopAll: async () => {
      // What one of them meets keeps none of the others running.
      await Promise.allSettled([gateway.stop(), indexer.stop()]);
      await Promise.allSettled([agent.stop()]);
      if (chainService.pid() !== undefined) {
        await chain.save().catch((error: Error) => note(`the chain was not saved a last time: ${error.message}`));
      }
      await chain.stopSaving();
      await chainService.stop();
    },
  };
}
