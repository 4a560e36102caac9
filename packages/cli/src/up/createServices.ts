import type { Chain } from './chain.js';
import { cutLogTail, readyUrl, startChild, whenReady, type ChildCommand } from './child.js';
import type { DataPaths } from './dataPaths.js';
import { createService, type Service } from './service.js';

/** The services of a data folder. */
export type Services = {
  readonly chain: Service;
  readonly agent: Service;
  readonly gateway: Service;
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
    },
  });
  return {
    killAll: () => [gateway, agent, chainService].forEach((service) => service.kill()),
    chain: chainService,
    agent,
    gateway,
    stopAll: async () => {
      await gateway.stop();
      await agent.stop();
      if (chainService.pid() !== undefined) {
        await chain.save().catch((error: Error) => note(`the chain was not saved a last time: ${error.message}`));
      }
      await chain.stopSaving();
      await chainService.stop();
    },
  };
}
