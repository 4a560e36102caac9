#!/usr/bin/env node
// Committed, so that npm can link the command before the first build.
import { existsSync } from 'node:fs';
import module from 'node:module';

// From Node 22 on: what is compiled now is kept for the next start, which takes a fifth less time.
module.enableCompileCache?.();

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('error: kedge is not built yet\n  -> run npm run build (or npm start, which builds too)\n');
  process.exitCode = 1;
}
