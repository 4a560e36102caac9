// The program that makes the checkpoint of one segment, in a process of its own, which has nothing else to do.
//   node runMakeCheckpoint.js <path of the log> <base of the segment>
import { reasonOf } from '../../structuredLog.js';
import { makeCheckpoint } from './makeCheckpoint.js';

const [path = '', base] = process.argv.slice(2);
makeCheckpoint({ path, base: Number(base) }, Date.now()).catch((error: unknown) => {
  process.stderr.write(reasonOf(error));
  process.exitCode = 1;
});
