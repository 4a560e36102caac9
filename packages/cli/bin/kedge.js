#!/usr/bin/env node
// Committed, so that npm can link the command before the first build.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { bundleFolder, isBundleFresh } from './bundled.js';

// From Node 22 on: what is compiled now is kept for the next start, which takes a fifth less time.
module.enableCompileCache?.();
// Stacks are shown with KEDGE_DEBUG only; reading the maps that name the sources in them takes time.
if (process.env.KEDGE_DEBUG) process.setSourceMapsEnabled(true);

const main = isBundleFresh() ? new URL('kedge.js', bundleFolder) : new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('error: kedge is not built yet\n  -> run npm run build (or npm start, which builds too)\n');
  process.exitCode = 1;
}
