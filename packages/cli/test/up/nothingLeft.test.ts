import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serviceNames, type DataPaths } from '../../src/files/dataPaths.js';
import { endLeftovers } from '../../src/up/endLeftovers.js';
import { readJsonFile } from '../../src/files/durableFile.js';
import { identityOf, isRunning, type ProcessIdentity } from '../../src/files/processIdentity.js';
import { temporaryDataFolder, until } from './support.js';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

type Up = {
  readonly paths: DataPaths;
  readonly child: ChildProcess;
  /** Resolves when its standard error holds the text. */
  readonly says: (text: string) => Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Every service that was ever started, of those that still run. */
  readonly left: () => readonly string[];
};

/** `kedge up` as a process of its own, at once. */
function startUp(): Up {
  const paths = temporaryDataFolder();
  const child = spawn(process.execPath, [`${dist}main.js`, 'up', '--json', '--data-dir', paths.root, '--no-indexer'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const started = new Map<string, ProcessIdentity>();
  const look = (): void => {
    for (const name of serviceNames) {
      const identity = readJsonFile(paths.pid(name), 'look again') as ProcessIdentity | undefined;
      if (identity !== undefined) started.set(`${name} ${identity.pid}`, identity);
    }
  };
  let said = '';
  child.stdout?.resume();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    look();
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    await endLeftovers(paths, async () => undefined);
  });
  return {
    paths,
    child,
    ended,
    says: (text) =>
      until(() => {
        look();
        if (child.exitCode !== null) throw new Error(`kedge up ended with ${child.exitCode}:\n${said}`);
        return said.includes(text);
      }),
    left: () => {
      look();
      return [...started].filter(([, identity]) => isRunning(identity)).map(([name]) => name);
    },
  };
}

describe('kedge up leaves nothing running', () => {
  test('when those that read its output are gone before it is told to stop', async () => {
    const { child, says, ended, left } = startUp();
    await says('gateway ');
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(left()).toEqual([]);
  });

  test.each(['SIGINT', 'SIGQUIT'] as const)('when %s comes while it starts', async (signal) => {
    const { child, says, ended, left } = startUp();
    await says('docs anchored');
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(left()).toEqual([]);
  });

  test('when it is told again and again, until it stops at once, while a service starts', async () => {
    const { child, says, ended, left } = startUp();
    await says('channel  ');
    let over = false;
    const end = ended.then((code) => {
      over = true;
      return code;
    });
    await until(() => {
      child.kill('SIGINT');
      return over;
    });
    // When all is done nobody listens for signals any more: one more ends what is left of it, as of any program.
    expect([0, 130, 'SIGINT']).toContain(await end);
    // What is killed at once is gone a moment later.
    await expect.poll(left).toEqual([]);
  });

  test('when its data folder is gone', async () => {
    const { child, paths, says, ended, left } = startUp();
    await says('gateway ');
    const aside = `${paths.root}-moved`;
    renameSync(paths.root, aside);
    onTestFinished(() => rmSync(aside, { recursive: true, force: true }));
    child.kill('SIGINT');
    await ended;
    await expect.poll(left).toEqual([]);
  });

  test('when an error ends the process that nobody caught', async () => {
    const paths = temporaryDataFolder();
    const program = `
      import { startChild } from ${JSON.stringify(pathToFileURL(`${dist}up/child.js`).href)};
      import { dataPathsOf } from ${JSON.stringify(pathToFileURL(`${dist}files/dataPaths.js`).href)};
      const sleep = { file: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], environment: process.env };
      const { pid } = await startChild('agent', sleep, dataPathsOf(${JSON.stringify(paths.root)}));
      console.log(pid);
      setImmediate(() => { throw new Error('nobody caught this'); });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let pid = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (pid += text));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    expect(Number(pid)).toBeGreaterThan(1);
    await until(() => identityOf(Number(pid)) === undefined);
  });
});
