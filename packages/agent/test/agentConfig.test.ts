import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAgentConfig } from '../src/agentConfig.js';
import { loadManifests } from '../src/loadManifests.js';
import { anchorProjectDocs, type AnchoredDocs } from './docsFixture.js';

let dir: string;
let docs: AnchoredDocs;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kedge-agent-config-'));
  docs = await anchorProjectDocs();
});

afterAll(async () => {
  await docs.remove();
  await rm(dir, { recursive: true, force: true });
});

async function read(config: unknown) {
  const file = join(dir, 'config.json');
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  return readAgentConfig(file);
}

describe('the configuration', () => {
  test('has defaults, and paths from its own folder', async () => {
    expect(await read({ contentStoreDir: 'store', manifests: ['a.json', '/b.json'] })).toEqual({
      host: '127.0.0.1',
      port: 0,
      contentStoreDir: join(dir, 'store'),
      manifests: [join(dir, 'a.json'), '/b.json'],
    });
  });

  test.each([
    ['no manifest', { contentStoreDir: 'store', manifests: [] }, 'manifests'],
    ['a port out of range', { contentStoreDir: 'store', manifests: ['a'], port: 70_000 }, 'port'],
    ['an unknown field', { contentStoreDir: 'store', manifests: ['a'], colour: 'red' }, 'colour'],
    ['no JSON', '{', 'cannot be read'],
  ])('with %s is refused by name', async (_, config, named) => {
    await expect(read(config)).rejects.toThrow(named);
  });

  test('that is missing is refused by name', async () => {
    await expect(readAgentConfig(join(dir, 'none.json'))).rejects.toThrow('none.json');
  });
});

describe('manifests', () => {
  test('one gives paths in its folder; several give the folder first', async () => {
    expect((await loadManifests([docs.manifest])).map(({ path }) => path)).toContain('docs/guides/recovery.md');
    const copy = join(dir, 'other.json');
    const other = { ...(JSON.parse(await readFile(docs.manifest, 'utf8')) as object), name: 'other' };
    await writeFile(copy, JSON.stringify(other));
    const paths = (await loadManifests([docs.manifest, copy])).map(({ path }) => path);
    expect(paths).toContain('kedge/docs/guides/recovery.md');
    expect(paths).toContain('other/docs/guides/recovery.md');
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('that are missing or are something else are refused', async () => {
    await expect(loadManifests([join(dir, 'none.json')])).rejects.toThrow('A manifest cannot be read');
    const file = join(dir, 'else.json');
    await writeFile(file, '{"format":"kedge-policy/1"}');
    await expect(loadManifests([file])).rejects.toThrow('The manifest is not valid');
  });
});
