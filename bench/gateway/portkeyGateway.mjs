// Portkey's gateway as its package starts it; where calls go is in their headers.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ready } from './program.mjs';

const program = fileURLToPath(
  new URL('../peers/node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url),
);
const probe = createServer();
await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
const { port } = probe.address();
await new Promise((resolve) => probe.close(resolve));
const child = spawn(process.execPath, [program, '--headless', `--port=${port}`], { stdio: 'ignore' });
process.on('SIGTERM', () => {
  child.once('exit', () => process.exit(0));
  child.kill();
});
const url = `http://127.0.0.1:${port}`;
for (;;) {
  if (child.exitCode !== null) throw new Error(`Portkey's gateway ended with ${child.exitCode}`);
  if (
    await fetch(url).then(
      () => true,
      () => false,
    )
  )
    break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
ready(url);
