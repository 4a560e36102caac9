// Loaded into the gateway before its own code (`node --import`): between it and the file system. What it does to the
// ledger's log is what disks and kernels do. KEDGE_CHAOS holds the seed, the chance of each fault and the clock's skew.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { seed, chances, skewMs } = JSON.parse(process.env.KEDGE_CHAOS);
let state = seed >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const { openSync, writeSync, fdatasync } = fs;
const write = writeSync.bind(fs);
const fault = (name) => write(2, `${JSON.stringify({ event: 'chaos_fault', fault: name })}\n`);
const happens = (name) => random() < (chances[name] ?? 0) && (fault(name), true);
const die = () => process.kill(process.pid, 'SIGKILL');
const failure = (code) => Object.assign(new Error(`${code}: injected`), { code });

const logs = new Set();
fs.openSync = (path, ...rest) => {
  const fd = openSync(path, ...rest);
  if (/ledger(-\d+)?\.log$/.test(String(path))) logs.add(fd);
  else logs.delete(fd);
  return fd;
};
fs.writeSync = (fd, bytes, offset, length, position) => {
  if (!logs.has(fd)) return write(fd, bytes, offset, length, position);
  if (happens('noSpace')) throw failure('ENOSPC');
  if (happens('torn')) {
    write(fd, bytes, offset, Math.floor(random() * length), position);
    die();
  }
  // A short write is no error: the rest is the caller's to write.
  if (length > 1 && happens('short')) return write(fd, bytes, offset, Math.ceil(length / 2), position);
  return write(fd, bytes, offset, length, position);
};
fs.fdatasync = (fd, callback) => {
  if (!logs.has(fd)) return fdatasync(fd, callback);
  if (happens('killBeforeSync')) die();
  if (happens('syncFails')) return void setImmediate(callback, failure('EIO'));
  const sync = () => fdatasync(fd, (error) => (happens('killAfterSync') ? die() : callback(error)));
  if (happens('slowSync')) setTimeout(sync, random() * 20);
  else sync();
};
syncBuiltinESMExports();

// The wall clock is wrong, and is put right and wrong again while calls run.
const now = Date.now;
let skew = skewMs;
Date.now = () => now() + skew;
setInterval(() => {
  if (happens('clock')) skew = Math.round((random() * 2 - 1) * 3_600_000);
}, 50).unref();
