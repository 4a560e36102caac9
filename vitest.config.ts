import { defineConfig } from 'vitest/config';
import { findChromium } from './packages/web/scripts/chromium.mjs';

export default defineConfig({
  // Workspace packages are tested from their sources, so that a test run needs no build of them.
  resolve: { conditions: ['source', 'node'] },
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      // scripts/test.mjs installs the browser where it may, and says what to install where it may not.
      ...(findChromium() === undefined ? [] : ['packages/web/test/e2e/*.e2e.ts']),
    ],
    // Long enough for a machine that does other things as well: what waits, waits for something that comes.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
});
