import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { DataPaths, ServiceName } from '../../src/files/dataPaths.js';
import { readyUrl, startChild, whenReady } from '../../src/up/child.js';
import { endLeftovers } from '../../src/up/endLeftovers.js';
import { createService } from '../../src/up/service.js';
import { identityOf } from '../../src/files/processIdentity.js';
import { sleeper, temporaryDataFolder, until } from './support.js';

const ready = `console.log('{"ready":true,"url":"http://127.0.0.1:1"}');`;
const program = (code: string) => ({ file: process.execPath, args: ['-e', code], environment: process.env });

function serviceOf(paths: DataPaths, code: string, delays?: readonly number[], beforeStart = (): void => undefined) {
  const notes: string[] = [];
  const failures: unknown[] = [];
  let restarts = 0;
  const service = createService({
    name: 'agent',
    patience: 2_000,
    note: (line) => notes.push(line),
    onFailed: (error) => failures.push(error),
    onRestarted: async () => void (restarts += 1),
    ...(delays === undefined ? {} : { delays }),
    start: async () => {
      beforeStart();
      const child = await startChild('agent', program(code), paths);
      await whenReady(child, 5_000, () => readyUrl(child));
      return child;
    },
  });
  onTestFinished(() => service.stop());
  return { service, notes, failures, restarts: () => restarts };
}

/** Processes of this machine with a word in how they were started. */
function childrenWith(word: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,stat=,command='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(word));
}

test('a service that is killed is started again, and who depends on it hears of it', async () => {
  const paths = temporaryDataFolder();
  const { service, notes, failures, restarts } = serviceOf(paths, `${ready} setInterval(() => {}, 1000)`);
  await service.start();
  const first = service.pid()!;
  process.kill(first, 'SIGKILL');
  await until(() => restarts() === 1);
  expect(service.pid()).not.toBe(first);
  expect(notes).toEqual(['the agent ended (signal SIGKILL); starting it again', 'the agent runs again']);
  expect(failures).toEqual([]);
});

test('a service whose log was deleted or cut meanwhile is started again, and its next log is whole', async () => {
  const paths = temporaryDataFolder();
  const { service, failures, restarts } = serviceOf(paths, `${ready} setInterval(() => {}, 1000)`);
  const killed = async (count: number) => {
    process.kill(service.pid()!, 'SIGKILL');
    await until(() => restarts() === count || failures.length > 0);
  };
  await service.start();
  rmSync(dirname(paths.log('agent')), { recursive: true });
  await killed(1);
  truncateSync(paths.log('agent'));
  await killed(2);
  expect(failures).toEqual([]);
  expect(readFileSync(paths.log('agent'), 'utf8')).toContain('"ready":true');
});

test('a service that is stopped stays stopped and leaves no pid file', async () => {
  const paths = temporaryDataFolder();
  const { service, notes } = serviceOf(paths, `${ready} setInterval(() => {}, 1000)`);
  await service.start();
  expect(existsSync(paths.pid('agent'))).toBe(true);
  await service.stop();
  expect(service.pid()).toBeUndefined();
  expect(existsSync(paths.pid('agent'))).toBe(false);
  expect(notes).toEqual([]);
});

test('a service that ends again and again fails with the end of its log', async () => {
  const paths = temporaryDataFolder();
  const { service, failures } = serviceOf(
    paths,
    `${ready} console.error('the disk is full'); setTimeout(() => process.exit(3), 50)`,
    [0, 0],
  );
  await service.start();
  await until(() => failures.length === 1);
  expect(String(failures[0])).toContain('exit code 3');
  expect(String(failures[0])).toContain('the disk is full');
});

test('a restart that is asked for while the service has just ended starts one, not two', async () => {
  const paths = temporaryDataFolder();
  const { service, failures } = serviceOf(paths, `${ready} setInterval(() => {}, 1000)`, [0, 0]);
  await service.start();
  const pids = new Set<number>();
  for (let round = 0; round < 3; round += 1) {
    process.kill(service.pid()!, 'SIGKILL');
    await service.restart();
    pids.add(service.pid()!);
  }
  await service.stop();
  expect(pids.size).toBe(3);
  expect(failures).toEqual([]);
  expect(existsSync(paths.pid('agent'))).toBe(false);
});

test('a restart that fails is tried again as often as a start after an end', async () => {
  let refusals = 0;
  const refuse = (): void => {
    if (refusals-- > 0) throw new Error('the chain is away');
  };
  const code = `${ready} setInterval(() => {}, 1000)`;
  const { service, notes, failures } = serviceOf(temporaryDataFolder(), code, [0, 0, 0], refuse);
  await service.start();
  refusals = 2;
  await service.restart();
  expect(service.pid()).toBeDefined();
  expect(notes).toEqual(['the agent runs again']);
  expect(failures).toEqual([]);
  refusals = Infinity;
  await service.restart();
  expect(service.pid()).toBeUndefined();
  expect(failures.map(String)).toEqual(['Error: the chain is away']);
});

test('a service whose identity cannot be kept, as on a full disk, is not left running', async () => {
  const paths = temporaryDataFolder();
  mkdirSync(paths.pid('agent'));
  const mark = `kedge-unkept-${process.pid}`;
  const code = `/* ${mark} */ setInterval(() => {}, 1000)`;
  await expect(startChild('agent', program(code), paths)).rejects.toThrow();
  expect(childrenWith(mark)).toEqual([]);
});

test('a service whose pid file cannot be removed ends like any other', async () => {
  const paths = temporaryDataFolder();
  const child = await startChild('agent', program('setInterval(() => {}, 1000)'), paths);
  rmSync(paths.pid('agent'));
  mkdirSync(paths.pid('agent'));
  await child.stop(0);
  expect(await child.ended).toEqual({ text: 'signal SIGKILL' });
});

test('a clock that is set forward makes nobody impatient', async () => {
  const paths = temporaryDataFolder();
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const child = await startChild('agent', program('setInterval(() => {}, 1000)'), paths);
  onTestFinished(() => child.stop(0));
  let probes = 0;
  const answered = whenReady(child, 60_000, async () => {
    vi.setSystemTime(Date.now() + 3_600_000);
    probes += 1;
    return probes > 2 ? 'ready' : undefined;
  });
  expect(await answered).toBe('ready');
});

test('a service that never gets ready fails to start with the end of its log', async () => {
  const { service } = serviceOf(temporaryDataFolder(), `console.error('no such model'); process.exit(1)`);
  await expect(service.start()).rejects.toThrow(/exit code 1[^]*no such model/);
});

test('services that outlived their parent end in order: the gateway, the agent, then the saved chain', async () => {
  const paths = temporaryDataFolder();
  const order = join(paths.root, 'order');
  const note = (name: string) =>
    `process.on('SIGTERM', () => { require('fs').appendFileSync(${JSON.stringify(order)}, '${name} '); process.exit(0) }); ${ready} setInterval(() => {}, 1000)`;
  writeFileSync(order, '');
  for (const name of ['chain', 'agent', 'gateway'] satisfies ServiceName[]) {
    const child = await startChild(name, program(note(name)), paths);
    await whenReady(child, 5_000, () => readyUrl(child));
  }
  const found = await endLeftovers(paths, async () => writeFileSync(order, `${readFileSync(order, 'utf8')}saved `));
  expect(found).toEqual(['gateway', 'agent', 'chain']);
  expect(readFileSync(order, 'utf8')).toBe('gateway agent saved chain ');
  expect(existsSync(paths.pid('gateway'))).toBe(false);
});

test('a pid that now belongs to another process is left alone', async () => {
  const paths = temporaryDataFolder();
  writeFileSync(paths.pid('gateway'), JSON.stringify({ pid: process.pid, startedAt: 'an earlier boot/1' }));
  expect(await endLeftovers(paths, async () => undefined)).toEqual([]);
  expect(existsSync(paths.pid('gateway'))).toBe(false);
});

test('a chain that ends while it is saved is no reason to stop', async () => {
  const paths = temporaryDataFolder();
  const chain = sleeper();
  writeFileSync(paths.pid('chain'), JSON.stringify(identityOf(chain.pid!)));
  const dies = async (): Promise<void> => {
    chain.kill('SIGKILL');
    await once(chain, 'exit');
  };
  expect(await endLeftovers(paths, dies)).toEqual(['chain']);
  expect(existsSync(paths.pid('chain'))).toBe(false);
});

test.each(['', '{"pid":', '{"pid":0,"startedAt":""}'])('a damaged pid file, %j, is no reason to stop', async (text) => {
  const paths = temporaryDataFolder();
  writeFileSync(paths.pid('gateway'), text);
  expect(await endLeftovers(paths, async () => undefined)).toEqual([]);
  expect(existsSync(paths.pid('gateway'))).toBe(false);
});
