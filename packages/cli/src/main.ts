#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { exitCodes } from './output.js';
import { runProgram } from './program.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// A reader that goes away (`kedge status | head -1`) ends the program quietly; a full disk is not its fault either, but is said.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: stdout cannot be written: ${error.message}.\n  -> Write it to another place.\n`);
  process.exit(exitCodes.user);
});
// Nowhere is left to say it: the exit code still tells how the command ended.
process.stderr.on('error', () => undefined);

process.exitCode = await runProgram({
  argv: process.argv.slice(2),
  cwd: process.cwd(),
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  version,
});
