import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { BaseError, toProblemDetails } from '@kedge/core';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { askGateway } from '../src/gateway/askGateway.js';
import { channelsFileOf } from '../src/gateway/channelsFile.js';
import { createOutput } from '../src/output.js';
import { runInProcess, temporaryFolder } from './kedge.js';

const page = '<html>502 Bad Gateway</html>';
const refused = new BaseError('No.', {
  code: 'not_local',
  status: 403,
  values: { from: 'afar' },
  hints: ['Come near.'],
});
const answers: Readonly<Record<string, RequestListener>> = {
  page: (_, response) => void response.end(page),
  failingProxy: (_, response) => void response.writeHead(502).end(page),
  otherShape: (_, response) => void response.end('{"quotes":[{"state":"lost"}],"keys":[{"keyId":1}]}'),
  problem: (_, response) => void response.writeHead(403).end(JSON.stringify(toProblemDetails(refused).body)),
  cut: (_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    setTimeout(() => response.destroy(), 20);
  },
  silent: () => undefined,
  halfSilent: (_, response) => void response.writeHead(200).write('{'),
};
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const sink = { write: () => undefined };
const output = createOutput({ json: false, stdout: sink, stderr: sink });
const answer = z.object({ keys: z.array(z.string()) });
const ask = (url: string, timeoutMilliseconds = 10_000) =>
  askGateway({ output }, url, { path: '/admin/keys', timeoutMilliseconds, answer });

test('a gateway is asked at its root, wherever the URL points, and only what the schema knows is answered', async () => {
  const asked: unknown[] = [];
  const url = await serve((request, response) => {
    asked.push([request.method, request.url]);
    response.end('{"keys":["one"],"more":1}');
  });
  expect(await ask(`${url}/v1`)).toEqual({ keys: ['one'] });
  expect(asked).toEqual([['GET', '/admin/keys']]);
});

test.each([
  ['page', 10_000, 'gateway_unknown', 'user'],
  ['otherShape', 10_000, 'gateway_unknown', 'user'],
  ['failingProxy', 10_000, 'gateway_unknown', 'transient'],
  ['problem', 10_000, 'not_local', 'user'],
  ['cut', 10_000, 'gateway_unreachable', 'transient'],
  ['silent', 100, 'gateway_unreachable', 'transient'],
  ['halfSilent', 100, 'gateway_unreachable', 'transient'],
])('a gateway that is %s within %i ms is %s', async (name, timeout, code, kind) => {
  const url = await serve(answers[name]!);
  const error: unknown = await ask(url, timeout).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, kind });
  if (name === 'problem') {
    const { shortMessage, hints, values } = refused;
    expect(error).toMatchObject({ shortMessage, hints, values });
  } else expect((error as BaseError).shortMessage).toContain(url);
});

const quote = {
  quote: {
    policyHash: `0x${'01'.repeat(32)}`,
    sequence: '1',
    observedAt: '0',
    validUntil: '1',
    rates: { input_tokens: '1' },
  },
  signatures: [`0x${'02'.repeat(65)}`],
};

/** Runs a verb in a data folder where there is what it needs besides the gateway. */
async function run(verb: string, gateway: string) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'quote.json'), JSON.stringify(quote));
  const file = channelsFileOf(join(cwd, '.kedge'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '[]');
  const { code, stderr } = await runInProcess([...verb.split(' '), '--gateway', gateway], { cwd });
  return { code, stderr };
}

test.each(['quote send quote.json', 'key list', 'shadow report'])(
  'kedge %s says the same of what answers',
  async (verb) => {
    // Keys are listed without what they spent.
    const list = verb === 'key list';
    const cases = [
      ['page', 1, 'is no gateway of this version'],
      ['otherShape', 1, 'is no gateway of this version'],
      ['failingProxy', 3, 'is no gateway of this version'],
      ['problem', 1, 'No.'],
      ['cut', 3, 'The gateway does not answer at'],
    ] as const;
    for (const [name, code, said] of cases) {
      const url = await serve(answers[name]!);
      expect(await run(verb, `${url}/v1`), name).toEqual({
        code: list ? 0 : code,
        stderr: expect.stringContaining(said),
      });
      server!.closeAllConnections();
      server!.close();
    }
  },
);
