import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readVoucherMemory, writeVoucherMemory } from '../src/strict/strictChannelFile.js';
import { temporaryFolder } from './kedge.js';

test('what a strict client leaves comes back as it was, that of a client of before, too', () => {
  const path = join(temporaryFolder(), 'channel.json');
  expect(readVoucherMemory(path)).toBeUndefined();
  for (const memory of [
    { settledUnits: 2n ** 60n, lostUnits: 7n, lostAt: 1_795_407_997_123, newest: null },
    { settledUnits: 1n, lostUnits: 0n, newest: null },
  ]) {
    writeVoucherMemory(path, memory);
    expect(readVoucherMemory(path)).toEqual(memory);
  }
  writeFileSync(path.replace('.json', '.vouchers.json'), '{"settledUnits":"1","lostUnits":"2","newest":null}');
  expect(readVoucherMemory(path)).toEqual({ settledUnits: 1n, lostUnits: 2n, newest: null });
});
