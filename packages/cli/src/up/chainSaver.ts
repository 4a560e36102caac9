import { setTimeout as delay } from 'node:timers/promises';
import { createTurns } from '@kedge/core';
import { createPublicClient, webSocket } from 'viem';

/** Saves the chain after every block. */
export type ChainSaver = {
  /** Resolves when a save that began after the call is on disk. */
  save(): Promise<void>;
  /** Ends watching; a save under way is finished. */
  stop(): Promise<void>;
};

const shortestPause = 50;
/** After a save that took t ms, the next one waits 3 t: however large the chain grows, saving takes a quarter of the time. */
const pausePerCost = 3;

/**
 * Watches a node over its WebSocket and calls `dump` when a block appears: at once after a quiet time, and within the
 * pause above when blocks follow each other.
 *
 * @param onError hears of a save that failed; the next block tries again
 */
export async function createChainSaver(options: {
  url: string;
  dump: () => Promise<unknown>;
  onError: (error: unknown) => Promise<void>;
}): Promise<ChainSaver> {
  const { dump, onError } = options;
  const stopped = new AbortController();
  let wanted = false;
  let loop: Promise<void> | undefined;
  const inTurn = createTurns();

  /** Saves never overlap: two writers would share the temporary file. */
  const save = async (): Promise<void> => {
    await inTurn(dump);
  };
  const run = async (): Promise<void> => {
    while (wanted && !stopped.signal.aborted) {
      wanted = false;
      const began = performance.now();
      await save().catch(onError);
      const pause = Math.max(shortestPause, pausePerCost * (performance.now() - began));
      await delay(pause, undefined, { signal: stopped.signal }).catch(ignoreAbort);
    }
    loop = undefined;
  };
  const onBlock = (): void => {
    wanted = true;
    loop ??= run();
  };

  const { transport } = createPublicClient({
    transport: webSocket(options.url.replace(/^http/, 'ws'), { reconnect: false, keepAlive: false }),
  });
  const socket = await transport.getRpcClient();
  // A lost socket needs no answer here: it means that the node ended, which whoever runs the node sees.
  await transport.subscribe({ params: ['newHeads'], onData: onBlock, onError: () => undefined });
  return {
    save,
    stop: async () => {
      stopped.abort();
      socket.close();
      await loop;
      // A save that began ends.
      await inTurn(async () => undefined);
    },
  };
}

function ignoreAbort(error: unknown): void {
  if ((error as Error).name !== 'AbortError') throw error;
}
