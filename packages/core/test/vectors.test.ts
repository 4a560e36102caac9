import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { vectors } from './examples.js';

// Written once, from data that viem agrees with (see the other tests). A change here breaks what others have signed.
describe('golden vectors', () => {
  test.each(Object.entries(vectors()))('%s stays as it was published', (name, computed) => {
    const file = new URL(`./vectors/${name}.json`, import.meta.url);
    const asJson = JSON.stringify(computed, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    expect(JSON.parse(asJson)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });
});
