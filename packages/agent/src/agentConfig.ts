import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BaseError, parseWith } from '@kedge/core';
import * as z from 'zod';

const agentConfigSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(0),
  contentStoreDir: z.string().min(1),
  manifests: z.array(z.string().min(1)).min(1),
});

/** Configuration of the program. Relative paths in the file start from the file's own folder. */
export type AgentConfig = z.output<typeof agentConfigSchema>;

/** @throws BaseError `config_unreadable`, `config_invalid` */
export async function readAgentConfig(file: string): Promise<AgentConfig> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new BaseError('The configuration cannot be read.', { code: 'config_unreadable', values: { file }, cause });
  }
  const config = parseWith(agentConfigSchema, value, { what: `The configuration ${file}`, code: 'config_invalid' });
  const folder = dirname(resolve(file));
  return {
    ...config,
    contentStoreDir: resolve(folder, config.contentStoreDir),
    manifests: config.manifests.map((path) => resolve(folder, path)),
  };
}
