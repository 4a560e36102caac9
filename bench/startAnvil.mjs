import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A fresh local chain on a free port. */
export async function startAnvil(args = []) {
  const local = fileURLToPath(new URL('../node_modules/.bin/anvil', import.meta.url));
  // Older states would stay on disk, in the user's home.
  const child = spawn(existsSync(local) ? local : 'anvil', ['--port', '0', '--prune-history', '256', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const rpcUrl = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const match = output.match(/Listening on (\S+)/);
      if (match) resolve(`http://${match[1]}`);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`anvil ended with code ${code}: ${output.slice(-500)}`)));
  });
  return {
    rpcUrl,
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.on('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
}
