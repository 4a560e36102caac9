#!/usr/bin/env node
// Committed, so that npm can link the command before the first build.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('error: kedge is not built yet\n  -> run npm run build (or npm start, which builds too)\n');
  process.exitCode = 1;
}
