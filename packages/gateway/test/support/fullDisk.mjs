// Loaded into a gateway before its own code (`node --import`): while the file that KEDGE_FULL_DISK names is there, the disk of
// the ledger's log is full. A worker writes no log, so it sees nothing of it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { openSync, writeSync } = fs;
const logs = new Set();
fs.openSync = (path, ...rest) => {
  const fd = openSync(path, ...rest);
  if (/ledger(-\d+)?\.log$/.test(String(path))) logs.add(fd);
  else logs.delete(fd);
  return fd;
};
fs.writeSync = (fd, ...rest) => {
  if (logs.has(fd) && fs.existsSync(process.env.KEDGE_FULL_DISK)) {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  }
  return writeSync(fd, ...rest);
};
syncBuiltinESMExports();
