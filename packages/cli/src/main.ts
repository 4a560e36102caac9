#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { userProblem } from './output.js';
import { outputFor, runProgram, type ProgramInput } from './program.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const input: ProgramInput = {
  argv: process.argv.slice(2),
  cwd: process.cwd(),
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  version,
};

// A reader that goes away (`kedge status | head -1`) ends the program quietly; a full disk is not its fault either, but is said.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  const problem = userProblem(`stdout cannot be written: ${error.message}.`, {
    code: 'stdout_failed',
    hints: ['Write it to another place.'],
  });
  process.exit(outputFor(input).error(problem));
});
// Nowhere is left to say it: the exit code still tells how the command ended.
process.stderr.on('error', () => undefined);

process.exitCode = await runProgram(input);
