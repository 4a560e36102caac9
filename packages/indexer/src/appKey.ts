import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hex } from '@kedge/core';
import { indexedContracts } from './indexedContracts.js';
import type { IndexerSettings } from './settings.js';

/** Says of an index which code made it, of which contracts and which chain: another key is another index. */
export function appKeyOf(folder: string, settings: IndexerSettings, genesis: Hex): string {
  const { chainId, contracts, startBlock } = settings;
  const indexed = Object.values(indexedContracts);
  const addresses = indexed.map(({ name }) => contracts[name]?.toLowerCase() ?? null);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([chainId, genesis, startBlock, addresses]));
  hash.update(JSON.stringify(indexed.map(({ abi }) => abi)));
  const handlers = readdirSync(join(folder, 'src')).filter((name) => name.endsWith('.ts'));
  for (const file of [
    'ponder.schema.ts',
    'ponder.config.ts',
    ...handlers.toSorted().map((name) => join('src', name)),
  ]) {
    hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}
