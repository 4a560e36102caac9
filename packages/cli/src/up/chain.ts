import { setTimeout as delay } from 'node:timers/promises';
import { developmentChainId, developmentMnemonic } from '../accounts/roles.js';
import type { DataPaths } from '../files/dataPaths.js';
import { dumpChain, unpackDump } from './chainDump.js';
import { createChainSaver, type ChainSaver } from './chainSaver.js';
import { startChild, whenReady, type Child } from './child.js';
import { answersRpc } from './rpc.js';

const endPatience = 1_000;
const patience = 20_000;

/** The local chain of a data folder, whose state is on disk after every block. */
export type Chain = {
  readonly url: string;
  /** Starts the node from the saved state, if there is one. */
  run(): Promise<Child>;
  /** Resolves when a save that began after the call is on disk. */
  save(): Promise<void>;
  /** Ends saving after blocks. */
  stopSaving(): Promise<void>;
};

/**
 * Makes the chain of a data folder; starts nothing yet.
 *
 * @param options.anvil path of the node's program
 */
export function createChain(options: {
  paths: DataPaths;
  port: number;
  anvil: string;
  environment: Readonly<Record<string, string | undefined>>;
  note: (line: string) => void;
}): Chain {
  const { paths, port, anvil, environment, note } = options;
  const url = `http://127.0.0.1:${port}`;
  const dump = (): Promise<bigint> => dumpChain(url, paths.chainDump);
  let saver: ChainSaver | undefined;

  const stopSaving = async (): Promise<void> => {
    const stopping = saver;
    saver = undefined;
    await stopping?.stop();
  };
  return {
    url,
    stopSaving,
    save: () => (saver === undefined ? dump().then(() => undefined) : saver.save()),
    run: async () => {
      await stopSaving();
      const saved = await unpackDump(paths.chainDump, paths.chain);
      const args = [
        '--host=127.0.0.1',
        `--port=${port}`,
        `--chain-id=${developmentChainId}`,
        `--mnemonic=${developmentMnemonic}`,
        // Older states would fill the disk, gigabytes of them, and a dump does not have them anyway.
        '--prune-history=256',
        '--quiet',
        ...(saved === undefined ? [] : [`--load-state=${saved.file}`]),
      ];
      const child = await startChild('chain', { file: anvil, args, environment }, paths);
      try {
        await whenReady(child, patience, async () => (await answersRpc(url)) || undefined);
        saver = await createChainSaver({
          url,
          dump,
          onError: async (error) => {
            // A node that ended in the middle of a save is reported, and started again, as such. Its end may be heard of
            // after the save has failed.
            await Promise.race([child.ended, delay(endPatience, undefined, { ref: false })]);
            if (!child.hasEnded()) note(`the chain could not be saved: ${(error as Error).message}`);
          },
        });
      } catch (error) {
        await child.stop(0);
        throw error;
      } finally {
        saved?.remove();
      }
      return child;
    },
  };
}
