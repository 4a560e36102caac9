import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { otherUpstreamOf, upstreamModels } from '../../src/up/otherUpstream.js';
import type { Context } from '../../src/context.js';
import { gatewayConfigSchema } from '../../../gateway/src/gatewayConfig.js';
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
  expect(await upstreamModels({ url, apiKeyEnv: 'KEY' }, { KEY: 'from-env' })).toEqual(['small', 'large']);
  await upstreamModels({ url: `${url}/api/v1/`, apiKeyFile: file }, {});
  await upstreamModels({ url: `${url}/v1` }, {});
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
  const refusal = upstreamModels({ url }, {});
  await expect(refusal).rejects.toMatchObject({ code: 'upstream_models_unknown' });
  await expect(refusal).rejects.toThrow('--model <name>');
});

test('an upstream that does not answer is told so, and what is no key is not sent', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  await expect(upstreamModels({ url }, {})).rejects.toThrow('does not answer (ECONNREFUSED)');
  const noKey = upstreamModels({ url, apiKeyEnv: 'KEY' }, { KEY: 'two\nlines' });
  await expect(noKey).rejects.toMatchObject({ code: 'upstream_key_invalid' });
  await expect(noKey).rejects.not.toThrow('two');
  const endless = upstreamModels({ url, apiKeyFile: '/dev/zero' }, {});
  await expect(endless).rejects.toMatchObject({ code: 'file_too_long' });
});

test('the options beside --upstream are what the gateway reads in its configuration', () => {
  const url = 'https://api.example/v1';
  const options = (more: Record<string, string>, environment = {}) =>
    otherUpstreamOf({ options: more, environment, cwd: '/here' } as unknown as Context);
  expect(options({})).toBeUndefined();
  expect(options({ upstream: url })).toEqual({ url });
  expect(options({ upstream: url }, { KEDGE_UPSTREAM_API_KEY: 'k' })).toEqual({
    url,
    apiKeyEnv: 'KEDGE_UPSTREAM_API_KEY',
  });
  const named = options({ upstream: url, upstreamKeyFile: 'key', upstreamLimitField: 'max_completion_tokens' });
  expect(named).toEqual({ url, apiKeyFile: '/here/key', outputLimitField: 'max_completion_tokens' });
  expect(gatewayConfigSchema.shape.upstream.parse(named)).toMatchObject(named!);
  const choices = gatewayConfigSchema.shape.upstream.shape.outputLimitField.unwrap().options;
  for (const upstreamLimitField of choices) expect(options({ upstream: url, upstreamLimitField })).toBeDefined();
  expect(() => options({ upstream: url, upstreamLimitField: 'max_output_tokens' })).toThrow('--upstream-limit-field');
  expect(() => options({ upstreamLimitField: 'max_tokens' })).toThrow('none is named');
  expect(() => options({ upstreamKeyFile: 'key' })).toThrow('--upstream-key-file is about an upstream');
});

test('the options beside --upstream count above a configuration, one by one, and of two keys one stays', () => {
  const given = { url: 'https://api.example/v1', apiKeyEnv: 'THEIRS', outputLimitField: 'max_tokens' } as const;
  const options = (more: Record<string, string>) => {
    const environment = { KEDGE_UPSTREAM_API_KEY: 'k' };
    return otherUpstreamOf({ options: more, environment, cwd: '/here' } as unknown as Context, given);
  };
  expect(options({})).toEqual(given);
  expect(options({ upstream: 'http://127.0.0.1:1/v1' })).toEqual({ ...given, url: 'http://127.0.0.1:1/v1' });
  expect(options({ upstreamLimitField: 'max_completion_tokens' })).toEqual({
    ...given,
    outputLimitField: 'max_completion_tokens',
  });
  const { apiKeyEnv: _, ...keyless } = given;
  expect(options({ upstreamKeyFile: 'key' })).toEqual({ ...keyless, apiKeyFile: '/here/key' });
});
