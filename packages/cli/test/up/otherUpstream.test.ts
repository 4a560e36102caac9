import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { upstreamModels } from '../../src/up/otherUpstream.js';
import { temporaryDataFolder } from './support.js';

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const models = JSON.stringify({ object: 'list', data: [{ id: 'small' }, { id: 'large' }] });

test('an upstream is asked for its models with its key, from the environment or a file', async () => {
  const asked: string[] = [];
  const url = await serving((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    response.end(models);
  });
  const file = join(temporaryDataFolder().root, 'key');
  writeFileSync(file, 'from-file\n');
  expect(await upstreamModels({ url, apiKey: { env: 'KEY' } }, { KEY: 'from-env' })).toEqual(['small', 'large']);
  await upstreamModels({ url: `${url}/api/v1/`, apiKey: { file } }, {});
  await upstreamModels({ url: `${url}/v1`, apiKey: undefined }, {});
  expect(asked).toEqual(['/v1/models Bearer from-env', '/api/v1/models Bearer from-file', '/v1/models undefined']);
});

test.each([
  ['a refusal', 401, '{}'],
  ['an empty list', 200, '{"data":[]}'],
  ['something else', 200, '<html>'],
])('%s tells what to do', async (_, status, body) => {
  const url = await serving((_request, response) => {
    response.statusCode = status;
    response.end(body);
  });
  const refusal = upstreamModels({ url, apiKey: undefined }, {});
  await expect(refusal).rejects.toMatchObject({ code: 'upstream_models_unknown' });
  await expect(refusal).rejects.toThrow('--model <name>');
});
