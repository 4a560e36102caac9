import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { findChromium } from './packages/web/scripts/chromium.mjs';

/**
 * These look at the memory and the warnings of their process, to which no other file may add, or replace a module, which no other
 * file may have loaded.
 */
const alone = [
  'packages/gateway/test/http1/*.test.ts',
  'packages/store/test/anchorPath.test.ts',
  'packages/store/test/durable.test.ts',
];

/** What takes longest, longest first: begun last, one of them would keep one processor idle. */
const slowest = [
  'web/test/e2e/dashboard.e2e.ts',
  'indexer/test/indexer.test.ts',
  'cli/test/up/indexer.test.ts',
  'indexer/test/differential.test.ts',
  'indexer/test/modules.test.ts',
  'conform/test/faulty.test.ts',
  'gateway/test/x402.test.ts',
  'gateway/test/x402Workers.test.ts',
  'gateway/test/x402Shared.test.ts',
  'gateway/test/workers/kills.test.ts',
  'gateway/test/workers/serving.test.ts',
  'gateway/test/sharedLedger.test.ts',
  'cli/test/up/nothingLeft.test.ts',
  'conform/test/audit.test.ts',
  'gateway/test/chaos/chaos.test.ts',
  'cli/test/strict.test.ts',
  'cli/test/channelLife.test.ts',
  'cli/test/up/upEndToEnd.test.ts',
  'gateway/test/chain.test.ts',
  'cli/test/up/readme.test.ts',
  'cli/test/up/setUp.test.ts',
];

class LongestFirst extends BaseSequencer {
  /** By project first: a process is handed from file to file as long as the next is of the same project. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project, moduleId }: TestSpecification): number => {
      const place = slowest.findIndex((file) => moduleId.endsWith(file));
      return (project.name === 'alone' ? -slowest.length - 1 : 0) + (place < 0 ? slowest.length : place);
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's, not an array's
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  // Workspace packages are tested from their sources, so that a test run needs no build of them.
  resolve: { conditions: ['source', 'node'] },
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    // Long enough for a machine that does other things as well: what waits, waits for something that comes.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // Chromium ends with a fault of its own now and then, which says nothing of the page: the next page gets another one.
    retry: { count: 1, condition: /browser has been closed/ },
    pool: 'forks',
    // One more than there are processors: many a test waits for the programs that it started.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: {
          name: 'together',
          include: [
            'packages/*/test/**/*.test.ts',
            // scripts/test.mjs installs the browser where it may, and says what to install where it may not.
            ...(findChromium() === undefined ? [] : ['packages/web/test/e2e/*.e2e.ts']),
          ],
          exclude: ['**/node_modules/**', ...alone],
          // Files share what they import, which is loaded once a process instead of once a file.
          isolate: false,
        },
      },
    ],
  },
});
