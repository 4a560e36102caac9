import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { IndexerStatus } from '@kedge/core';
import { createIndexerClient, type IndexerClient } from '@kedge/sdk';
import type { IndexerSettingsInput } from '../src/index.js';

/** More than the minute for which Ponder tries again what its database broke off, and less than any test takes at most. */
const longestWait = 170_000;
/** Milliseconds, of a test that starts indexers: some of them more than one. */
export const patience = 300_000;
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export type RunningIndexer = {
  readonly url: string;
  readonly client: IndexerClient;
  /** What it printed so far. */
  readonly output: () => string;
  /** As when the program goes away that it prints to. */
  readonly stopReading: () => void;
  readonly ended: Promise<number | null>;
  /** Resolves when the chain's newest block is indexed. */
  readonly caughtUp: () => Promise<void>;
  /** Resolves when the newest block that Ponder takes for final is noted: it is less than 60 blocks old. */
  readonly noted: () => Promise<void>;
  /** Fails where one that ended in peace left temporary files. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
};

/** Starts the indexer's program, with a database of its own unless told otherwise. */
export async function startIndexer(
  settings: Omit<IndexerSettingsInput, 'database'> & Partial<Pick<IndexerSettingsInput, 'database'>>,
): Promise<RunningIndexer> {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-indexer-'));
  const config = join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      pollingMs: 100,
      logLevel: 'info',
      database: { kind: 'pglite', directory: join(folder, 'database') },
      ...settings,
    }),
  );
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  const child = spawn(process.execPath, [program, '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  let left: string[] = [];
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      process.off('exit', kill);
      left = readdirSync(temporary);
      rmSync(folder, { recursive: true });
      resolve(code);
    }),
  );
  let over = false;
  void ended.then(() => (over = true));
  const printed = (): string => `it printed last:\n${output.slice(-4_000)}`;
  const url = await until(
    'the indexer to be ready',
    async () => {
      if (over) throw new Error(`the indexer ended before it was ready:\n${output}`);
      return /^\{"ready":true,"url":"([^"]+)"/m.exec(output)?.[1];
    },
    printed,
  );
  const client = createIndexerClient({ url, fetch: askAgain });
  return {
    url,
    client,
    output: () => output,
    stopReading: () => [child.stdout, child.stderr].forEach((stream) => stream.destroy()),
    ended,
    caughtUp: async () => {
      let said: IndexerStatus | undefined;
      await until(
        'the newest block to be indexed',
        async () => {
          if (over) throw new Error(`the indexer ended:\n${output}`);
          said = await client.status().catch((cause: unknown) => {
            throw new Error(`the indexer does not say how far it is; ${printed()}`, { cause });
          });
          return said.ready && said.lag === 0 ? true : undefined;
        },
        () => `the indexer said last: ${JSON.stringify(said)}; ${printed()}`,
      );
    },
    noted: async () => {
      // None is told where the node does not answer in time.
      const head = await until('the newest block', async () => (await client.status()).head ?? undefined, printed);
      await until(
        `a block less than 60 before ${head.blockNumber} to be noted`,
        async () => {
          const last = [...output.matchAll(/^noted final block (\d+)$/gm)].at(-1)?.[1];
          return last !== undefined && head.blockNumber - Number(last) < 60 ? true : undefined;
        },
        printed,
      );
    },
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
      if (signal === 'SIGTERM' && left.length > 0) throw new Error(`the indexer left ${left.join(', ')}`);
    },
  };
}

/** As a client does whom a database in trouble that passes tells when to come back: a busy machine may break a query off. */
const askAgain: typeof fetch = async (...given) => {
  for (;;) {
    const response = await fetch(...given);
    const seconds = response.headers.get('retry-after');
    if (response.status !== 503 || seconds === null) return response;
    await delay(Number(seconds) * 1_000);
  }
};

/**
 * Asks again until there is an answer. Where there is none for long, fails before the test's own time is over, and says why.
 * @param what is waited for
 * @param state what is known by then
 */
export async function until<answer>(
  what: string,
  ask: () => Promise<answer | undefined>,
  state: () => string,
): Promise<answer> {
  let giveUp: NodeJS.Timeout | undefined;
  // The question itself may be what is never answered.
  const tooLong = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error(`waited ${longestWait / 1_000} s for ${what}; ${state()}`));
    giveUp = setTimeout(fail, longestWait);
  });
  try {
    for (;;) {
      const answer = await Promise.race([ask(), tooLong]);
      if (answer !== undefined) return answer;
      await delay(25);
    }
  } finally {
    clearTimeout(giveUp);
  }
}
