import { Worker } from 'node:worker_threads';

const beatMs = 1_000;

// A thread of its own sees what happens while this one runs a single thing.
const watcher = `
const { workerData: { beats, patience, words } } = require('node:worker_threads');
let seen = -1;
let still = 0;
setInterval(() => {
  const beat = Atomics.load(beats, 0);
  still = beat === seen ? still + 1 : 0;
  seen = beat;
  if (still < patience) return;
  require('node:fs').writeSync(2, words);
  process.kill(process.pid, 'SIGKILL');
}, ${beatMs});
`;

/**
 * Kills this process when its thread stands still for so many seconds, which no signal but SIGKILL would end: so whoever started it
 * starts it again. While the machine sleeps the watcher does, too.
 * @param words What stderr is told then.
 */
export function watchThread(patience: number, words: string): void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  setInterval(() => Atomics.add(beats, 0, 1), beatMs).unref();
  new Worker(watcher, { eval: true, execArgv: [], workerData: { beats, patience, words } }).unref();
}
