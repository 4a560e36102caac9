import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaseError } from '@kedge/core';

/**
 * Holds a data folder for this process: two gateways on one log would number receipts alike (R15). The lock is a listening
 * socket whose name is a hash of the folder's path, so the system gives it back however the process ends. On Linux the
 * name is abstract; elsewhere it is a socket file, which a crash leaves behind and the next start replaces.
 * @throws BaseError `data_dir_in_use`.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const name = `kedge-gateway-${createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 32)}`;
  const isLinux = process.platform === 'linux';
  const path = isLinux ? `\0${name}` : join(tmpdir(), `${name}.sock`);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  const tryListen = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
      );
      server.listen(path, () => resolve(true));
    });
  let held = await tryListen();
  if (!held && !isLinux && !(await answers(path))) {
    rmSync(path, { force: true });
    held = await tryListen();
  }
  if (!held) {
    throw new BaseError('Another gateway runs on this data folder.', {
      code: 'data_dir_in_use',
      values: { dataDir },
      hints: ['Stop it first, or give this gateway a dataDir of its own.'],
    });
  }
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
