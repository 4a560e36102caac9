import type { Hex } from '@kedge/core';
import type { ChainReader, Wallet } from './client.js';
import { lacksBlock } from './toChainError.js';

/** So long a node behind a load balancer may lack a block that another one has. */
const lagMs = 30_000;
/** Milliseconds to wait before a node that is behind is asked again. */
const waits = [100, 400, 1_000, 2_000];

type Written<what> = { readonly last: what; readonly until: number };
const blocks = new WeakMap<ChainReader, Written<bigint>>();
/** By chain. */
const nonces = new WeakMap<Wallet['account'], Map<number, Written<number>>>();

/**
 * Remembers a block that a transaction was found in: what is read next is to be of it, or of a later one.
 *
 * @example
 * noteBlock(publicClient, await publicClient.getBlockNumber());
 */
export function noteBlock(reader: ChainReader, blockNumber: bigint): void {
  const written = blocks.get(reader);
  if (written !== undefined && written.last >= blockNumber && Date.now() <= written.until) return;
  blocks.set(reader, { last: blockNumber, until: Date.now() + lagMs });
}

/**
 * What reads the chain. Soon after a write it names the block that it asks about, the newest and no older than that of the write:
 * a node that lacks it says so, where it would else tell what was before the write, and is asked again.
 *
 * @example
 * const { timestamp } = await (await afterWrites(publicClient)).getBlock();
 */
export async function afterWrites<reader extends ChainReader>(reader: reader): Promise<reader> {
  const written = blocks.get(reader);
  if (written === undefined || Date.now() > written.until) return reader;
  const newest = await reader.getBlockNumber({ cacheTime: 0 });
  const blockNumber = newest > written.last ? newest : written.last;
  const pinned = asked.map((name) => {
    const ask = reader[name] as (call?: object) => Promise<unknown>;
    return [name, (call?: object) => patiently((at) => ask({ ...at, ...call }), blockNumber)];
  });
  return { ...reader, ...Object.fromEntries(pinned), getBlockNumber: async () => blockNumber };
}

const asked = ['estimateContractGas', 'getBalance', 'getBlock', 'getCode', 'readContract', 'simulateContract'] as const;

/** Where no node comes to have the block, perhaps because the chain lost it, the newest that there is has to do. */
async function patiently<answer>(
  ask: (at: { readonly blockNumber?: bigint }) => Promise<answer>,
  blockNumber: bigint,
): Promise<answer> {
  return untilKnown(() => ask({ blockNumber })).catch((error: unknown) => {
    if (!lacksBlock(error)) throw error;
    return ask({});
  });
}

/** Asks, and for some seconds again where the node lacks a block that is named. */
export async function untilKnown<answer>(ask: () => Promise<answer>): Promise<answer> {
  for (const wait of waits) {
    try {
      return await ask();
    } catch (error) {
      if (!lacksBlock(error)) throw error;
    }
    await sleep(wait);
  }
  return ask();
}

/**
 * Sends with the nonce that the node says is the next. One that was used soon before, of which that node may not know yet, is asked
 * for again; a node that keeps to it is believed, for the chain may have lost the transaction. Where the wallet chooses the nonce
 * itself, it does.
 */
export async function sendWithNonce(
  wallet: Wallet,
  chainId: number,
  send: (given: { readonly nonce?: number }) => Promise<Hex>,
): Promise<Hex> {
  const { account } = wallet;
  if (account.type !== 'local' || account.nonceManager !== undefined) return send({});
  const ofAccount = nonces.get(account) ?? new Map<number, Written<number>>();
  nonces.set(account, ofAccount);
  const used = ofAccount.get(chainId);
  const least = used === undefined || Date.now() > used.until ? 0 : used.last + 1;
  // viem names the methods of wallets only, and asks this one itself.
  const request = wallet.request as (asked: { readonly method: string; readonly params: unknown }) => Promise<unknown>;
  const next = async (): Promise<number> =>
    Number(await request({ method: 'eth_getTransactionCount', params: [account.address, 'pending'] }));
  let nonce = await next();
  for (const wait of waits) {
    if (nonce >= least) break;
    await sleep(wait);
    nonce = await next();
  }
  const hash = await send({ nonce });
  ofAccount.set(chainId, { last: nonce, until: Date.now() + lagMs });
  return hash;
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
