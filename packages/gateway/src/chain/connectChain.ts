import { type Address, BaseError, type Hex } from '@kedge/core';
import {
  createPublicClient,
  defineChain,
  formatEther,
  http,
  HttpRequestError,
  parseTransaction,
  type PublicClient,
} from 'viem';

const rpcTimeoutMs = 10_000;

/** A node over JSON-RPC, once it was seen to be of the right chain: one of another would make every answer a wrong one. */
export type ConnectChain = () => Promise<PublicClient>;

/**
 * Nothing is asked before the first call, and nothing is retried here.
 * @throws BaseError `wrong_chain`, by every call.
 */
export function connectChain({ rpcUrl, chainId }: { readonly rpcUrl: string; readonly chainId: number }): ConnectChain {
  const client: PublicClient = createPublicClient({
    chain: defineChain({
      id: chainId,
      name: `chain ${chainId}`,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [rpcUrl] } },
    }),
    transport: http(rpcUrl, { timeout: rpcTimeoutMs, retryCount: 0, onFetchResponse: checkAccess }),
    cacheTime: 0,
  });
  let isRight = false;
  return async () => {
    if (isRight) return client;
    const found = await client.getChainId();
    if (found !== chainId) {
      throw new BaseError(`The node is of chain ${found}, not of ${chainId}.`, {
        code: 'wrong_chain',
        values: { expected: chainId, found },
      });
    }
    isRight = true;
    return client;
  };
}

/**
 * Says what happened, where the answer's body may hold any error of JSON-RPC, such as invalid parameters. The node's own words
 * are left out: they may name the key.
 * @throws HttpRequestError, which viem passes on: what it wraps it in has the same `shortMessage`.
 */
function checkAccess({ status, url }: Response): void {
  const [what, look] = refusals.get(status) ?? [];
  if (what === undefined) return;
  const refusal = new HttpRequestError({ status, url: new URL(url).origin });
  refusal.shortMessage = `The node at ${refusal.url} ${what} with HTTP ${status}: ${look}.`;
  throw refusal;
}

type Refusal = readonly [what: string, look: string];
const noAccess: Refusal = ['refuses access', 'see whether the key in rpcUrl is still valid'];
const refusals = new Map<number, Refusal>([
  [401, noAccess],
  [403, noAccess],
  [429, ['limits requests', 'see how many the key in rpcUrl allows']],
]);

/**
 * Hands a signed transaction to the node. One that is mined or waits already is no error: its outcome is looked up by hash,
 * which tells the two apart from a nonce that is gone.
 * @throws BaseError `no_coin_for_gas`, naming the account that signed it, and what it has and needs.
 */
export async function sendRaw(client: PublicClient, raw: Hex, from: Address): Promise<void> {
  try {
    await client.sendRawTransaction({ serializedTransaction: raw });
  } catch (error) {
    const words = String(error);
    if (/already (known|imported)|nonce too low|nonce is lower/i.test(words)) return;
    if (!/insufficient ?funds|exceeds account balance/i.test(words)) throw error;
    throw await noCoinFor(client, raw, from, error);
  }
}

async function noCoinFor(client: PublicClient, raw: Hex, from: Address, cause: unknown): Promise<BaseError> {
  const balance = await client.getBalance({ address: from }).catch(() => undefined);
  const amounts =
    balance === undefined
      ? ''
      : `: ${formatEther(balance)} of it, and up to ${formatEther(mostPaidFor(raw))} is needed`;
  return new BaseError(`${from} has too little of the chain's coin to pay for gas${amounts}. Send it some.`, {
    code: 'no_coin_for_gas',
    kind: 'transient',
    cause,
  });
}

/** What a node wants its sender to have: its gas at the price that it offers. */
function mostPaidFor(raw: Hex): bigint {
  const { gas = 0n, maxFeePerGas = 0n } = parseTransaction(raw);
  return gas * maxFeePerGas;
}
