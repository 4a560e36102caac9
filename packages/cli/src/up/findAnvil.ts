import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { BaseError } from '@kedge/core';

const packages = ['@foundry-rs/anvil-linux-amd64'];

/**
 * The local chain's program: from its npm package (an optional dependency, for one platform), else `anvil` on PATH.
 *
 * @throws BaseError code `no_anvil` which says how to install it
 */
export function findAnvil(environment: Readonly<Record<string, string | undefined>>): string {
  const require = createRequire(import.meta.url);
  const packaged = packages.flatMap((name) => {
    try {
      return [join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'anvil')];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return [];
      throw error;
    }
  });
  const onPath = (environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'anvil'));
  const found = [...packaged, ...onPath].find(isExecutable);
  if (found !== undefined) return found;
  throw new BaseError('anvil, the local chain, is not installed', {
    code: 'no_anvil',
    hints: [
      `on Linux x64 npm installs it: run npm install in the Kedge folder (package ${packages[0]})`,
      'elsewhere install Foundry (https://getfoundry.sh) and put anvil on PATH',
    ],
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR' || code === 'EPERM') return false;
    throw error;
  }
}
