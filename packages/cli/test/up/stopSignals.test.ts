import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { identityOf, parentOf } from '../../src/files/processIdentity.js';
import { listenForStop } from '../../src/up/stopSignals.js';
import { startersOf } from '../../src/up/watchStarters.js';
import { sleeper, until } from './support.js';

const listening = (...arguments_: Parameters<typeof listenForStop>) => {
  const stop = listenForStop(...arguments_);
  onTestFinished(stop.dispose);
  return stop;
};

test('the first signal asks for a stop; the same key press passed on by npm does not force it', async () => {
  let forced = 0;
  let now = 0;
  const stop = listening(
    [],
    () => (forced += 1),
    () => now,
  );
  let heard = 0;
  const hear = (): void => void (heard += 1);
  process.on('SIGHUP', hear);
  onTestFinished(() => void process.off('SIGHUP', hear));
  process.kill(process.pid, 'SIGHUP');
  await until(() => stop.signal.aborted);
  expect(stop.signal.reason).toBe('SIGHUP');
  now = 999;
  process.kill(process.pid, 'SIGHUP');
  await until(() => heard === 2);
  expect(forced).toBe(0);
});

test('a later signal forces it', async () => {
  let forced = 0;
  let now = 0;
  const stop = listening(
    [],
    () => (forced += 1),
    () => now,
  );
  process.kill(process.pid, 'SIGHUP');
  await until(() => stop.signal.aborted);
  now = 1_001;
  process.kill(process.pid, 'SIGHUP');
  await until(() => forced === 1);
});

test('the end of a process on whose behalf it runs asks for a stop', async () => {
  const child = sleeper();
  const stop = listening([identityOf(child.pid!)!], () => undefined);
  expect(stop.signal.aborted).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await until(() => stop.signal.aborted);
  expect(stop.signal.reason).toBe('its starter ended');
});

test('only what npm started depends on it: a shell may end and leave its job running', () => {
  expect(startersOf({})).toEqual([]);
  expect(startersOf({ npm_lifecycle_event: 'test' })).toEqual([]);
  expect(startersOf({ npm_lifecycle_event: 'start' })[0]?.pid).toBe(parentOf(process.pid));
});
