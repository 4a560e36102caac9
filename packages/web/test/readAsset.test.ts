import { createPublicClient, custom, encodeAbiParameters, HttpRequestError, type Hex, type PublicClient } from 'viem';
import { expect, test } from 'vitest';
import { assetName, ether, readAsset } from '../src/data/readAsset.js';

const address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const symbolSelector = '0x95d89b41';
const six = encodeAbiParameters([{ type: 'uint8' }], [6]);

/** A chain whose only contract answers so when it is asked for its symbol, and for its decimals. */
function chainWhere(symbol: () => Promise<Hex>, decimals = six): PublicClient {
  const request = ({ params }: { readonly params?: unknown }): Promise<Hex> => {
    const [{ data }] = params as [{ readonly data: Hex }];
    return data === symbolSelector ? symbol() : Promise.resolve(decimals);
  };
  return createPublicClient({ transport: custom({ request }, { retryCount: 0 }) });
}

test('an asset is called by its symbol, and by its address where it has none, one of another type, or a false one', async () => {
  const text = encodeAbiParameters([{ type: 'string' }], ['USDC']);
  expect(
    await readAsset(
      chainWhere(async () => text),
      address,
    ),
  ).toMatchObject({ symbol: 'USDC', decimals: 6 });
  const unsaid = { symbol: undefined, decimals: 6 };
  const [nothing, disguised] = ['', 'ETH'].map((said) => encodeAbiParameters([{ type: 'string' }], [said]));
  for (const answer of ['0x', `0x4d4b52${'0'.repeat(58)}`, nothing!, disguised!] as const) {
    expect(
      await readAsset(
        chainWhere(async () => answer),
        address,
      ),
    ).toMatchObject(unsaid);
  }
});

test('an asset that does not say how it is counted is called by its address, whatever it says it is called', async () => {
  const text = encodeAbiParameters([{ type: 'string' }], ['USDC']);
  const chain = chainWhere(async () => text, '0x');
  expect(await readAsset(chain, address)).toMatchObject({ symbol: undefined, decimals: 0 });
});

test('a node that fails is no asset without a symbol', async () => {
  const request = (): Promise<Hex> =>
    Promise.reject(new HttpRequestError({ url: 'http://node.example', details: 'no answer' }));
  await expect(readAsset(chainWhere(request), address)).rejects.toThrow('no answer');
});

test('in plain text, every asset but ETH has its address beside what it calls itself', () => {
  expect(assetName(ether)).toBe('ETH');
  expect(assetName({ address, symbol: 'USDC', decimals: 6 })).toBe('USDC (0x7099…79C8)');
  expect(assetName({ address, symbol: undefined, decimals: 6 })).toBe('0x7099…79C8');
});
