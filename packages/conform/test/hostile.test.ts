import { concat, createPublicClient, custom, getAddress, numberToHex, pad, type Hex } from 'viem';
import { describe, expect, test } from 'vitest';
import { createClock } from '../src/lab/clock.js';
import { same, see, type Lab } from '../src/lab/lab.js';
import { ClauseFailed, type Evidence } from '../src/outcome.js';
import { deployCode, failing, patience, tryContract } from './tryContract.js';

const evidence: Evidence = { kind: 'transaction', hash: '0x' };
const someone: Hex = `0x${'ab'.repeat(20)}`;

/** What deploys a contract of this code. */
function deploying(code: Hex): Hex {
  const size = numberToHex((code.length - 2) / 2, { size: 2 });
  return concat(['0x61', size, '0x80600c6000396000f3', code]);
}

/** Whatever is called takes memory for 21,000,000 gas, and answers 1. */
const burning: Hex = '0x60016232000052600160005260206000f3';

describe('a contract that burns gas', () => {
  test(
    'is tried as far as a block goes, and judged',
    async () => {
      const report = await tryContract((anvil) => deployCode(anvil, deploying(burning)), { profile: 'draft' });
      expect(report).toMatchObject({ ok: false, nodeFailed: false });
      expect(failing(report).length).toBeGreaterThan(0);
      const untried = report.results.filter(({ detail }) => detail.includes('more gas was taken'));
      expect(untried.length).toBeGreaterThan(0);
    },
    patience,
  );
});

describe('what a view answers', () => {
  const answering = (data: Hex): Lab =>
    ({
      client: createPublicClient({ transport: custom({ request: async () => data }) }),
      target: someone,
      actors: { stranger: { address: someone, account: { address: someone } } },
      answered: new Set(),
    }) as unknown as Lab;
  const owner = (data: Hex) => see(answering(data), { name: 'ownerOf', args: [1n] });

  test('is an address only if nothing stands before it: a contract that asks would revert', async () => {
    expect((await owner(pad(someone))).value).toBe(getAddress(someone));
    await expect(owner(pad(someone, { dir: 'right' }))).rejects.toBeInstanceOf(ClauseFailed);
    await expect(owner(concat(['0x01', pad(someone, { size: 31 })]))).rejects.toBeInstanceOf(ClauseFailed);
  });

  test('may be followed by more, and not be cut short', async () => {
    await owner(concat([pad(someone), '0xff']));
    await expect(owner(someone)).rejects.toBeInstanceOf(ClauseFailed);
    await expect(owner('0x')).rejects.toBeInstanceOf(ClauseFailed);
  });

  test('is a text letter for letter, and hex in any case', () => {
    same('0xAB', '0xab', 'hex', evidence);
    expect(() => same('IPFS://QM', 'ipfs://qm', 'text', evidence)).toThrow(ClauseFailed);
  });
});

test('a chain that makes no blocks by itself is not waited for without end', async () => {
  const block = { timestamp: '0x10', number: '0x1', transactions: [] };
  const request = async ({ method }: { method: string }) => (method === 'web3_clientVersion' ? 'Geth/v1.16' : block);
  const client = createPublicClient({ transport: custom({ request }) });
  let slept = 0;
  const sleep = async (milliseconds: number): Promise<void> => {
    slept += milliseconds;
    if (slept > 3_600_000) throw new Error('waited for an hour');
  };
  const clock = await createClock(client, { sleep });
  await expect(clock.pass(17n)).rejects.toMatchObject({ name: 'NotApplicable', isUnchecked: true });
});
