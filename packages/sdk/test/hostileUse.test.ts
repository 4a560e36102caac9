import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { type Address, type BaseError } from '@kedge/core';
import { deployErc20, developmentAccount, erc20Abi } from '@kedge/testing';
import {
  createPublicClient,
  createWalletClient,
  custom,
  http,
  HttpRequestError,
  MethodNotFoundRpcError,
  parseGwei,
  publicActions,
  RpcRequestError,
  toFunctionSelector,
  webSocket,
  type Chain,
} from 'viem';
import { base, foundry } from 'viem/chains';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createKedgeClient, kedgeWalletActions } from '../src/index.js';
import {
  addressOf,
  countSent,
  createSale,
  refusedUnsent,
  roles,
  someHash,
  startStage,
  type Role,
  type Stage,
} from './fixture.js';

let stage: Stage;
let asset: Address;
let sale: Awaited<ReturnType<typeof createSale>>;
beforeAll(async () => {
  stage = await startStage();
  const { publicClient, walletOf } = stage.anvil;
  asset = await deployErc20({ publicClient, walletClient: walletOf(roles.consumer) }, 1_000_000n);
  sale = await createSale(stage);
});
afterAll(() => stage.anvil.stop());

const sentBy = (role: Role) => countSent(stage, role);

/** A lot of the agent class that is priced in the asset. */
async function assetLot(supply?: bigint): Promise<number> {
  const issuer = stage.as('issuer');
  const { agentId: classId } = sale;
  const { lot } = await issuer.createLot({
    classId,
    price: { numerator: 3n, denominator: 2n },
    operatorBps: 0,
    asset,
  });
  if (supply !== undefined) await issuer.openListing({ classId, lot, supply });
  return lot;
}

describe('what takes two transactions sends none of them where the second would be refused', () => {
  test('no allowance for a purchase that is refused', async () => {
    const { agentId: classId } = sale;
    const consumer = stage.as('consumer');
    const [shut, small] = [await assetLot(), await assetLot(10n)];
    await refusedUnsent(stage, 'consumer', () => consumer.buyValue({ classId, lot: shut, units: 4n }), {
      code: 'ValueMarketNotListed',
    });
    await refusedUnsent(stage, 'consumer', () => consumer.buyValue({ classId, lot: small, units: 11n }), {
      code: 'ValueMarketSoldOut',
    });
    await refusedUnsent(stage, 'consumer', () => consumer.buyValue({ classId, lot: small, units: 4n, maxCost: 1n }), {
      code: 'ValueMarketTooExpensive',
    });
  });

  test('no units for a token that has expired', async () => {
    const { agentId: classId, lot } = sale;
    const consumer = stage.as('consumer');
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const issuer = stage.as('issuer');
    const expireAt = timestamp + 1_000n;
    await issuer.openListing({ classId, lot, supply: 1_000_000n, expireAt });
    const { tokenId } = await consumer.buyValue({ classId, lot, units: 5n });
    await issuer.openListing({ classId, lot, supply: 1_000_000n });
    await stage.anvil.testClient.increaseTime({ seconds: 2_000 });
    await stage.anvil.testClient.mine({ blocks: 1 });
    await refusedUnsent(stage, 'consumer', () => consumer.topUp({ tokenId, units: 5n }), {
      code: 'ERC8028Expired',
      values: { tokenId, expireAt },
    });
  });

  test('no bond with a promise that is refused, or is not its own', async () => {
    const operator = stage.as('operator');
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const coverUntil = timestamp + 10_000n;
    await operator.postBond({ amount: 10n, coverUntil });
    await refusedUnsent(stage, 'operator', () => operator.postBond({ amount: 10n, coverUntil: coverUntil - 1n }), {
      code: 'OperatorBondWrongPromise',
    });
    const others = { amount: 10n, coverUntil: coverUntil + 1n, operator: addressOf('operator') };
    await refusedUnsent(stage, 'stranger', () => stage.as('stranger').postBond(others), { code: 'promise_not_own' });
    expect(await operator.getBond({ operator: addressOf('operator') })).toMatchObject({ amount: 10n });
  });

  test('no approval for a commitment that is refused', async () => {
    const { tokenId } = await stage.as('consumer').buyValue({ classId: sale.agentId, lot: sale.lot, units: 5n });
    const contributors = [{ account: addressOf('stranger'), weight: 1n }];
    await refusedUnsent(stage, 'consumer', () => stage.as('consumer').commitContributors({ tokenId, contributors }), {
      code: 'ContributorRootsNoShare',
    });
  });
});

test('purchases in one asset at the same time do not take each other’s allowance', async () => {
  const { agentId: classId } = sale;
  const lot = await assetLot(1_000n);
  const consumer = stage.as('consumer');
  const bought = await Promise.all([10n, 20n, 30n].map((units) => consumer.buyValue({ classId, lot, units })));
  expect(bought.map(({ cost }) => cost)).toEqual([15n, 30n, 45n]);
  const refused = await Promise.allSettled([
    consumer.buyValue({ classId, lot, units: 5_000n }),
    consumer.buyValue({ classId, lot, units: 2n }),
  ]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  const market = stage.deployment.contracts.ValueMarket;
  const query = { address: asset, abi: erc20Abi, functionName: 'allowance' } as const;
  const left = await stage.anvil.publicClient.readContract({ ...query, args: [addressOf('consumer'), market] });
  expect(left).toBe(0n);
});

type Asked = { readonly method: string; readonly params?: unknown };

/** The consumer behind a node between which and the chain `pass` stands. */
function consumerBehind(
  pass: (asked: Asked, go: () => Promise<unknown>) => Promise<unknown>,
  chain?: Chain,
  role: Role = 'consumer',
) {
  const inner = http(stage.anvil.rpcUrl)({});
  const request = (asked: Asked) => pass(asked, () => inner.request(asked as never));
  const transport = custom({ request }, { retryCount: 0 });
  return createWalletClient({ account: developmentAccount(roles[role]), chain, transport })
    .extend(publicActions)
    .extend(kedgeWalletActions(stage.deployment));
}

/** What viem throws of a node: one that is not there, or one that takes the connection and says nothing. */
async function silence({ method, params }: Asked, isThere: 'gone' | 'mute' = 'gone'): Promise<never> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (isThere === 'gone') await promisify(server.close.bind(server))();
  const { request } = http(`http://127.0.0.1:${port}`, { retryCount: 0, timeout: 200 })({});
  await request({ method, params } as never).finally(() => server.close());
  throw new Error('it was answered');
}

describe('a node that goes away', () => {
  test('after it took the transaction: its hash is told, and nobody is led to send it again', async () => {
    let isGone = false;
    const consumer = consumerBehind(async (asked, go) => {
      if (isGone) return silence(asked);
      const answer = await go();
      if (asked.method === 'eth_sendRawTransaction') isGone = true;
      return answer;
    });
    const { agentId: classId, lot } = sale;
    const before = await sentBy('consumer');
    // As long as viem waits for a block, this test would: its patience is the node's.
    const { waitForTransactionReceipt } = consumer;
    const impatient = {
      ...consumer,
      waitForTransactionReceipt: (given: { readonly hash: `0x${string}` }) =>
        waitForTransactionReceipt({ ...given, timeout: 300 }),
    };
    const { deployment } = stage;
    const client = createKedgeClient({ publicClient: impatient, walletClient: consumer, deployment });
    const failure = (await client.buyValue({ classId, lot, units: 5n }).catch((error: unknown) => error)) as BaseError;
    expect(failure).toMatchObject({ code: 'transaction_pending', kind: 'transient' });
    expect(await sentBy('consumer')).toBe(before + 1);
    const hash = failure.values['transactionHash'] as `0x${string}`;
    expect(await stage.anvil.publicClient.getTransactionReceipt({ hash })).toMatchObject({ status: 'success' });
  });

  const url = 'http://node';
  const lost: Record<string, (asked: Asked, go: () => Promise<unknown>) => Promise<unknown>> = {
    'says nothing more': (asked) => silence(asked, 'mute'),
    'is behind a proxy that says that it took too long': async (body) => {
      throw new RpcRequestError({ body, error: { code: -32603, message: 'request timed out' }, url });
    },
    'is behind a proxy that answers with HTTP 408': async (body) => {
      throw new HttpRequestError({ status: 408, url, body });
    },
    'is asked once more, and has it': (_, go) => go(),
  };
  test.each(Object.entries(lost))('once it took the transaction, and %s: it is done', async (_, answer) => {
    const consumer = consumerBehind(async (asked, go) => {
      const answered = await go();
      return asked.method === 'eth_sendRawTransaction' ? answer(asked, go) : answered;
    });
    const { agentId: classId, lot } = sale;
    const before = await sentBy('consumer');
    const { tokenId } = await consumer.buyValue({ classId, lot, units: 5n });
    expect(await sentBy('consumer')).toBe(before + 1);
    expect(await stage.as('consumer').getToken({ tokenId })).toMatchObject({ value: 5n });
  });

  test('before it took the transaction, as far as anybody sees: its hash is told, and that it may have been taken', async () => {
    const consumer = consumerBehind((asked, go) =>
      asked.method === 'eth_sendRawTransaction' ? silence(asked, 'mute') : go(),
    );
    const waited: (number | undefined)[] = [];
    const { waitForTransactionReceipt } = consumer;
    const impatient = {
      ...consumer,
      waitForTransactionReceipt: (given: { readonly hash: `0x${string}`; readonly timeout?: number }) => {
        waited.push(given.timeout);
        return waitForTransactionReceipt({ ...given, timeout: 300 });
      },
    };
    const { deployment } = stage;
    const client = createKedgeClient({ publicClient: impatient, walletClient: consumer, deployment });
    const { agentId: classId, lot } = sale;
    await refusedUnsent(stage, 'consumer', () => client.buyValue({ classId, lot, units: 5n }), {
      code: 'transaction_unsure',
      kind: 'transient',
      values: { account: addressOf('consumer'), transactionHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
    });
    expect(waited).toEqual([30_000]);
  });

  // Of a socket that failed, Node's own WebSocket says the same before and after: Node has one from 22 on.
  const before = 'WebSocket' in globalThis ? 'transaction_unsure' : 'chain_unreachable';
  test.each([
    ['after it took the transaction', 'transaction_unsure', 1],
    ['before it', before, 0],
  ] as const)('on a socket that closes %s', async (_, code, sent) => {
    const sockets = new Set<Socket>();
    let isMute = false;
    const close = () => sockets.forEach((socket) => socket.destroy());
    const proxy = createServer((socket) => {
      const node = connect(stage.anvil.port, '127.0.0.1');
      for (const each of [socket, node]) sockets.add(each.on('error', close));
      socket.pipe(node).on('data', (data) => (isMute ? close() : socket.write(data)));
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const url = `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const inner = webSocket(url, { keepAlive: false, reconnect: false })({});
    const consumer = consumerBehind(async (asked) => {
      if (asked.method !== 'eth_sendRawTransaction') return inner.request(asked as never);
      if (sent === 1) isMute = true;
      else {
        const { socket } = await inner.value!.getRpcClient();
        const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
        close();
        await closed;
      }
      return inner.request(asked as never, { retryCount: 0 });
    });
    const { agentId: classId, lot } = sale;
    const before = await sentBy('consumer');
    await expect(consumer.buyValue({ classId, lot, units: 5n })).rejects.toMatchObject({ code });
    expect(await sentBy('consumer')).toBe(before + sent);
    proxy.close();
  });

  test.each([
    ['after it took the transaction, and not why', 'transaction_unsure', 1, undefined],
    ['before it was open', 'chain_unreachable', 0, Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })],
  ] as const)('on a socket that says by an event that it failed, %s', async (_, code, sent, error) => {
    const consumer = consumerBehind(async (asked, go) => {
      if (asked.method !== 'eth_sendRawTransaction') return go();
      if (sent === 1) await go();
      throw Object.assign(new Event('error'), { error });
    });
    const { agentId: classId, lot } = sale;
    const count = await sentBy('consumer');
    await expect(consumer.buyValue({ classId, lot, units: 5n })).rejects.toMatchObject({ code, kind: 'transient' });
    expect(await sentBy('consumer')).toBe(count + sent);
  });

  test('on a socket that does not open: the chain does not answer', async () => {
    const publicClient = createPublicClient({ transport: webSocket('ws://127.0.0.1:1', { reconnect: false }) });
    const reader = createKedgeClient({ publicClient, deployment: stage.deployment });
    const refused = { code: 'chain_unreachable', kind: 'transient' };
    await expect(reader.getToken({ tokenId: 1n })).rejects.toMatchObject(refused);
  });

  test('by a limit of its own: it may take the same later', async () => {
    const request = async () => {
      throw Object.assign(new Error('rate limit exceeded'), { code: -32005 });
    };
    const publicClient = createPublicClient({ transport: custom({ request }, { retryCount: 0 }) });
    const reader = createKedgeClient({ publicClient, deployment: stage.deployment });
    const refused = { code: 'chain_unreachable', kind: 'transient', values: { details: 'rate limit exceeded' } };
    await expect(reader.getToken({ tokenId: 1n << 64n })).rejects.toMatchObject(refused);
  });

  test('before it: nothing was sent, and only that is said', async () => {
    const consumer = consumerBehind((asked, go) => (asked.method === 'eth_sendRawTransaction' ? silence(asked) : go()));
    const { agentId: classId, lot } = sale;
    await refusedUnsent(stage, 'consumer', () => consumer.buyValue({ classId, lot, units: 5n }), {
      code: 'chain_unreachable',
    });
  });
});

describe('where the second of two transactions fails all the same', () => {
  /** What a node does that refuses calls of one function, once it has taken a transaction: it may not have its block yet. */
  const behindFor = (signature: string) => {
    const data = `"data":"${toFunctionSelector(signature)}`;
    let isSent = false;
    return async ({ method, params }: Asked, go: () => Promise<unknown>): Promise<unknown> => {
      if (method === 'eth_sendRawTransaction') isSent = true;
      if (isSent && method === 'eth_call' && JSON.stringify(params).includes(data)) throw new Error('not yet');
      return go();
    };
  };

  test('units that were bought for a token are found again', async () => {
    const { agentId: classId, lot } = sale;
    const { tokenId } = await stage.as('consumer').buyValue({ classId, lot, units: 5n });
    const consumer = consumerBehind(behindFor('merge(uint256[],uint256)'));
    const failure = await consumer.topUp({ tokenId, units: 7n }).catch((error: unknown) => error as BaseError);
    expect(failure).toMatchObject({ hints: [expect.stringContaining('merge')], values: { toTokenId: tokenId } });
    const boughtTokenId = (failure as BaseError).values['boughtTokenId'] as bigint;
    expect(await stage.as('consumer').getToken({ tokenId: boughtTokenId })).toMatchObject({ value: 7n });
  });

  test('a bond that is posted is not posted again', async () => {
    const { amount, coveredUntil } = await stage.as('operator').getBond({ operator: addressOf('operator') });
    const coverUntil = coveredUntil + 10n ** 9n;
    const operator = consumerBehind(behindFor('coverUntil(address,uint64)'), undefined, 'operator');
    await expect(operator.postBond({ amount: 3n, coverUntil })).rejects.toMatchObject({
      shortMessage: expect.stringMatching(/^The bond is posted\. /),
      values: { bonded: amount + 3n },
    });
  });
});

test('what reads on another chain is refused before anything is sent', async () => {
  const { deployment, anvil } = stage;
  const asked: string[] = [];
  const elsewhere = custom({
    request: async ({ method }: Asked) => {
      asked.push(method);
      return method === 'eth_chainId' ? '0x1' : '0x';
    },
  });
  const walletClient = createWalletClient({ account: developmentAccount(9), transport: http(anvil.rpcUrl) });
  const publicClient = createPublicClient({ transport: elsewhere });
  const client = createKedgeClient({ publicClient, walletClient, deployment });
  await expect(client.freezeShares({ classId: 1n })).rejects.toMatchObject({
    code: 'chain_mismatch',
    values: { expected: 31337, found: 1 },
  });
  expect(new Set(asked)).toEqual(new Set(['eth_chainId']));
});

test('EIP-7825: the room that is left for a transaction does not make it too large', async () => {
  for (const [estimate, gas] of [
    [100_000n, 180_000n],
    [14_000_000n, 2n ** 24n],
    [20_000_000n, 26_050_000n],
  ] as const) {
    let sent: bigint | undefined;
    const request = async ({ method, params }: Asked): Promise<unknown> => {
      if (method === 'eth_chainId') return '0x7a69';
      if (method === 'eth_estimateGas') return `0x${estimate.toString(16)}`;
      if (method === 'eth_call') return '0x';
      if (method !== 'eth_sendTransaction') throw new Error(`${method} is not expected`);
      sent = BigInt((params as [{ readonly gas: string }])[0].gas);
      throw new Error('it is enough to know');
    };
    const transport = custom({ request }, { retryCount: 0 });
    const publicClient = createPublicClient({ transport });
    const walletClient = createWalletClient({ account: addressOf('consumer'), transport });
    const client = createKedgeClient({ publicClient, walletClient, deployment: stage.deployment });
    await expect(client.freezeShares({ classId: 1n })).rejects.toThrow();
    expect(sent).toBe(gas);
  }
});

test('the interval of a client’s own is kept where a chain is not the local one, also if it is not named', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const asked: number[] = [];
  for (const chainId of [base.id, foundry.id]) {
    let blocks = 0;
    const request = async ({ method }: Asked): Promise<unknown> => {
      if (method === 'eth_chainId') return `0x${chainId.toString(16)}`;
      if (method === 'eth_blockNumber') return `0x${(++blocks).toString(16)}`;
      if (method === 'eth_estimateGas') return '0x5208';
      if (method === 'eth_call') return '0x';
      if (method === 'eth_sendTransaction') return someHash;
      if (method === 'eth_getTransactionReceipt' || method === 'eth_getTransactionByHash') return null;
      throw new Error(`${method} is not expected`);
    };
    const transport = custom({ request }, { retryCount: 0 });
    const publicClient = createPublicClient({ transport, pollingInterval: 400, cacheTime: 0 });
    const waiting = {
      ...publicClient,
      waitForTransactionReceipt: (given: { readonly hash: `0x${string}` }) =>
        publicClient.waitForTransactionReceipt({ ...given, timeout: 700 }),
    };
    const walletClient = createWalletClient({ account: addressOf('consumer'), transport });
    const deployment = { ...stage.deployment, chainId };
    const client = createKedgeClient({ publicClient: waiting, walletClient, deployment });
    const frozen = expect(client.freezeShares({ classId: 1n })).rejects.toMatchObject({
      code: 'transaction_pending',
      values: { transactionHash: someHash },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await frozen;
    asked.push(blocks);
  }
  expect(asked[0]).toBeLessThan(4);
  expect(asked[1]).toBeGreaterThan(4);
});

test('the fees of a wallet’s chain are those that are paid', async () => {
  const fees = { maxFeePerGas: parseGwei('77'), maxPriorityFeePerGas: parseGwei('33') };
  const chain = { ...foundry, fees: { estimateFeesPerGas: async () => fees } };
  // Nodes that fill in what is missing choose the fees themselves.
  const wallet = consumerBehind(async ({ method }, go) => {
    if (method === 'eth_fillTransaction') throw new MethodNotFoundRpcError(new Error(method), { method });
    return go();
  }, chain);
  const { transactionHash } = await wallet.buyValue({ classId: sale.agentId, lot: sale.lot, units: 1n });
  expect(await wallet.getTransaction({ hash: transactionHash })).toMatchObject(fees);
});

test('a wallet without an account is refused as such', () => {
  const { deployment, anvil } = stage;
  const wallet = createWalletClient({ transport: http(anvil.rpcUrl) }).extend(publicActions);
  expect(() => kedgeWalletActions(deployment)(wallet as never)).toThrow(
    expect.objectContaining({ code: 'account_missing' }),
  );
});
