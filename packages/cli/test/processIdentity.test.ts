import { spawn } from 'node:child_process';
import { onTestFinished, test } from 'vitest';
import { identityOf, isRunning } from '../src/files/processIdentity.js';
import { findAnvil } from '../src/up/findAnvil.js';
import { requireFreePorts } from '../src/up/ports.js';
import { answersRpc } from '../src/up/rpc.js';
import { freePort, until } from './up/support.js';

// The first thread of a killed process is gone before the others, which hold its ports till they have ended too.
test('a killed process of several threads runs until its ports are free', async () => {
  for (let round = 0; round < 8; round += 1) {
    const port = await freePort();
    const chain = spawn(findAnvil(process.env), ['--port', `${port}`, '--silent'], { stdio: 'ignore' });
    onTestFinished(() => void chain.kill('SIGKILL'));
    await until(() => answersRpc(`http://127.0.0.1:${port}`));
    const identity = identityOf(chain.pid!)!;
    chain.kill('SIGKILL');
    while (isRunning(identity));
    await requireFreePorts({ chain: port, gateway: 0, agent: 0, indexer: 0, dashboard: 0 });
  }
});
