import type { Logger } from './calmIdle.js';
import type { PacedRpc } from './directRpc.js';
import type { SyncQueries } from './gatherSyncRows.js';

/** What is used of a running Ponder app. */
export type PonderApp = {
  readonly apiBuild: { readonly port: number };
  readonly common: {
    readonly logger: Logger;
    readonly metrics: Readonly<Record<PerStep, { inc(...given: readonly unknown[]): void }>>;
  };
  readonly indexingBuild: { rpcs: PacedRpc[] };
  readonly database: {
    syncQB: SyncQueries;
    readonly adminQB: { readonly raw: { execute(sql: string): Promise<{ readonly rows: Record<string, unknown>[] }> } };
  };
};

/** Ponder's counts of every single step of a handler. */
export type PerStep = 'ponder_indexing_cache_requests_total' | 'ponder_indexing_store_queries_total';

type Start = (options: {
  readonly cliOptions: Readonly<Record<string, unknown>>;
  readonly onBuild: (app: PonderApp) => Promise<PonderApp>;
}) => Promise<(() => Promise<void>) | undefined>;

/**
 * Ponder's `start` command, which its package does not export by name. It is taken from its file, so that the indexer is one
 * process, which a supervisor can stop and kill. The version is pinned; `indexer.test.ts` runs it.
 */
export async function loadPonderStart(): Promise<Start> {
  const file = new URL('./bin/commands/start.js', import.meta.resolve('ponder'));
  return ((await import(file.href)) as { start: Start }).start;
}
