import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { dataPathsOf, makeFolders, type DataPaths } from '../../src/files/dataPaths.js';

/** A data folder that is removed after the test. */
export function temporaryDataFolder(): DataPaths {
  const root = mkdtempSync(join(tmpdir(), 'kedge-up-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const paths = dataPathsOf(root);
  makeFolders(paths);
  return paths;
}

/** A process that does nothing, and is gone after the test. */
export function sleeper(): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A port that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Resolves when `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
