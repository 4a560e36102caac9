import { Worker } from 'node:worker_threads';

const beatMs = 1_000;

// A thread of its own sees what happens while this one runs a single thing.
const watcher = `
const { workerData: { beats, patience, words } } = require('node:worker_threads');
const secondsUsed = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
};
let seen = -1;
let atBeat = 0;
setInterval(() => {
  const beat = Atomics.load(beats, 0);
  if (beat !== seen) atBeat = secondsUsed();
  seen = beat;
  if (secondsUsed() - atBeat < patience) return;
  require('node:fs').writeSync(2, words);
  process.kill(process.pid, 'SIGKILL');
}, ${beatMs});
`;

/**
 * Kills this process when its thread does one thing for so many seconds, which no signal but SIGKILL would end: so whoever started it
 * starts it again. Seconds of the processor, which a busy machine may be long in giving: above all to a process of low priority.
 * @param words What stderr is told then.
 */
export function watchThread(patience: number, words: string): void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  setInterval(() => Atomics.add(beats, 0, 1), beatMs).unref();
  new Worker(watcher, { eval: true, execArgv: [], workerData: { beats, patience, words } }).unref();
}
