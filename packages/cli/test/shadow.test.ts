import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { buildCli, kedgeProgram, runInProcess, runJson, temporaryFolder } from './kedge.js';

test('shadow: the command runs a gateway without chain and keys, and the report lists what would have been earned', async () => {
  buildCli();
  const cwd = temporaryFolder();
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }];
  const answer = { id: 'a', object: 'chat.completion', created: 1, model: 'test-model', choices };
  const upstream = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const parents = [{ royaltyBasisPoints: 3_000, of: { name: 'Docs' } }];
  const policy = demoPolicy(developmentAccount('operator').address, ['test-model']);
  writeFileSync(join(cwd, 'terms.json'), JSON.stringify({ policy, class: { name: 'Agent', parents } }));

  const none = await runInProcess(['shadow', 'report'], { cwd });
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('kedge shadow terms.json')]);
  const args = [kedgeProgram, 'shadow', 'terms.json', '--upstream', `http://127.0.0.1:${port}/v1`, '--json'];
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await new Promise<string>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = /"url": "([^"]+)"/.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    const messages = [{ role: 'user', content: 'Hi' }];
    const body = JSON.stringify({ model: 'test-model', messages });
    expect((await fetch(`${url}/chat/completions`, { method: 'POST', body })).status).toBe(200);
    // 8 input tokens and 2 of output at three times the rate; 20 % are the operator's, 30 % of the rest the parent's.
    const price = 14n * 10n ** 12n;
    expect(await runJson(['shadow', 'report'], { cwd })).toMatchObject({
      calls: 1,
      revenue: `${price}`,
      operator: `${price / 5n}`,
      classes: [{ name: 'Agent' }, { name: 'Docs', received: `${(((price * 4n) / 5n) * 3n) / 10n}` }],
    });
    const { stdout } = await runInProcess(['shadow', 'report'], { cwd });
    expect(stdout).toContain('from Agent to Docs');
    expect(stdout).toMatch(/^1 call, /);
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    upstream.close();
    upstream.closeAllConnections();
  }
});
