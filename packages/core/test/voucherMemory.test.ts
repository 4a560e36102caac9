import { expect, test } from 'vitest';
import { parseVoucherMemory, voucherMemoryToJson, type VoucherMemory } from '../src/index.js';

const hash = `0x${'ab'.repeat(32)}` as const;
const newest = {
  voucher: { channelId: hash, cumulativeUnits: 2n ** 60n, receiptHash: hash, seq: 7n },
  signature: `0x${'cd'.repeat(65)}` as const,
};

test.each<VoucherMemory>([
  { settledUnits: 2n ** 60n, lostUnits: 0n, lostAt: 1_795_407_997_123, newest },
  { settledUnits: 0n, lostUnits: 3n, newest: null },
])('what a strict client remembers comes back from JSON text as it was: %#', (memory) => {
  expect(parseVoucherMemory(JSON.parse(JSON.stringify(voucherMemoryToJson(memory))))).toEqual(memory);
});

test('what is no memory is refused, with where it is from and the field', () => {
  expect(() => parseVoucherMemory({ settledUnits: '1', lostUnits: -2, newest: null }, 'channel.json')).toThrow(
    expect.objectContaining({ code: 'memory_invalid', message: expect.stringMatching(/channel\.json.*lostUnits/s) }),
  );
});
