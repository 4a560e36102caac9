import { dataAnchoringTokenAbi, zeroAddress, zeroHash } from '@kedge/core';
import { createKedgeClient, toChainError } from '@kedge/sdk';
import { deployErc20, developmentAccount, startAnvil, startLaggingNode, testSeed, type Anvil } from '@kedge/testing';
import {
  createPublicClient,
  custom,
  encodeFunctionData,
  getAbiItem,
  getAddress,
  http,
  numberToHex,
  TimeoutError,
  toFunctionSelector,
  toHex,
  type Hex,
} from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditSolvency, type AuditReport } from '../src/index.js';
import { compileFaulty } from './compile.js';
import { writeHistory, type History } from './randomHistory.js';
import { deployCode, patience } from './tryContract.js';

let anvil: Anvil;
let history: History;

beforeAll(async () => {
  anvil = await startAnvil();
  history = await writeHistory(anvil, testSeed, 260);
}, patience);
afterAll(() => anvil.stop());

const addressOf = (): Hex => history.deployment.contracts.DataAnchoringToken;
const audit = (): Promise<AuditReport> => auditSolvency({ publicClient: anvil.publicClient, address: addressOf() });

describe('the audit', () => {
  test('L3: agrees with storage and balances after a random history', async () => {
    const report = await audit();
    expect(report.differences, `seed ${testSeed}`).toEqual([]);
    expect(report.solvent).toBe(true);
    // The history was one: money came in, and went out in several ways.
    expect(Object.keys(history.done).length, JSON.stringify(history.done)).toBeGreaterThanOrEqual(10);
    expect(report.ledgers.some(({ received }) => received > 0n)).toBe(true);
    for (const { surplus } of report.assets) expect(surplus).toBe(0n);
  });

  test('reads the same in short ranges, from a node that refuses long ones', async () => {
    const whole = await audit();
    const asked: bigint[] = [];
    const { publicClient } = anvil;
    const picky = {
      ...publicClient,
      getLogs: (query: { fromBlock: bigint; toBlock: bigint; blockHash?: Hex }) => {
        if (query.blockHash !== undefined) return publicClient.getLogs(query as never);
        asked.push(query.toBlock - query.fromBlock + 1n);
        if (query.toBlock - query.fromBlock > 40n) throw new Error('query returned more than 10000 results');
        return publicClient.getLogs(query as never);
      },
    } as unknown as typeof publicClient;
    const report = await auditSolvency({ publicClient: picky, address: addressOf() });
    expect(report).toEqual(whole);
    expect(asked.filter((length) => length <= 41n).length).toBeGreaterThan(3);
  });

  test('more than is owed is a surplus and no difference; less is insolvent, to the wei', async () => {
    const { publicClient, testClient } = anvil;
    const address = addressOf();
    const balance = await publicClient.getBalance({ address });
    await testClient.setBalance({ address, value: balance + 3n });
    const rich = await audit();
    expect(rich.differences).toEqual([]);
    expect(rich.assets.find(({ asset }) => asset === zeroAddress)).toMatchObject({ surplus: 3n });
    await testClient.setBalance({ address, value: balance - 1n });
    const poor = await audit();
    expect(poor.solvent).toBe(false);
    expect(poor.differences).toEqual([
      {
        where: 'contract',
        asset: zeroAddress,
        field: 'balance',
        fromEvents: balance,
        onChain: balance - 1n,
        difference: -1n,
      },
    ]);
    await testClient.setBalance({ address, value: balance });
    expect((await audit()).differences).toEqual([]);
  });

  test(
    'finds every slot that was tampered with and that a view of money reads',
    async () => {
      const { publicClient, testClient } = anvil;
      const address = addressOf();
      const before = await audit();
      const views = before.ledgers.flatMap(({ classId, asset }) => [
        viewCall('revenueInfo', [classId, asset]),
        viewCall('solvency', [asset, classId, classId]),
      ]);
      for (const tokenId of history.tokens.slice(0, 6))
        views.push(viewCall('pendingRevenue', [tokenId, history.asset]));
      const slots = new Set<Hex>();
      for (const data of views) for (const slot of await slotsRead(data)) slots.add(slot);
      const answers = () => Promise.all(views.map((data) => publicClient.call({ to: address, data }).catch(String)));
      const honest = await answers();
      let moved = 0;
      for (const slot of slots) {
        const value = (await publicClient.getStorageAt({ address, slot })) ?? '0x0';
        await testClient.setStorageAt({ address, index: slot, value: numberToHex(BigInt(value) ^ 1n, { size: 32 }) });
        const isSeen = JSON.stringify(await answers(), replacer) !== JSON.stringify(honest, replacer);
        if (isSeen) {
          moved += 1;
          expect((await audit()).differences, `slot ${slot}, seed ${testSeed}`).not.toEqual([]);
        }
        await testClient.setStorageAt({ address, index: slot, value: numberToHex(BigInt(value), { size: 32 }) });
      }
      expect(moved).toBeGreaterThan(8);
      expect((await audit()).differences).toEqual([]);
    },
    patience,
  );

  test('names class, asset and amount of a difference', async () => {
    const { publicClient, testClient } = anvil;
    const address = addressOf();
    const { ledgers } = await audit();
    const { classId, asset, claimed } = ledgers.find(({ received }) => received > 0n)!;
    const data = viewCall('revenueInfo', [classId, asset]);
    let found: AuditReport | undefined;
    for (const slot of await slotsRead(data)) {
      const value = BigInt((await publicClient.getStorageAt({ address, slot })) ?? '0x0');
      // Where claimed lies in its slot is no business of this test: 112 bits up is tried on each.
      await testClient.setStorageAt({ address, index: slot, value: numberToHex(value + (5n << 112n), { size: 32 }) });
      const report = await audit();
      await testClient.setStorageAt({ address, index: slot, value: numberToHex(value, { size: 32 }) });
      if (report.differences.some(({ field, onChain }) => field === 'claimed' && onChain === claimed + 5n))
        found = report;
    }
    expect(found?.differences).toContainEqual({
      where: `class ${classId}`,
      asset,
      field: 'claimed',
      fromEvents: claimed,
      onChain: claimed + 5n,
      difference: 5n,
    });
  });
});

/** The chain, but every call of `revenueInfo` first fails so many times as a node fails. */
function failingNode(error: { code: number; message: string }, times = Infinity) {
  const asked: string[] = [];
  const failed = new Map<string, number>();
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    if (method === 'eth_call') {
      const [{ data }] = params as [{ data: Hex }];
      const count = failed.get(data) ?? 0;
      if (data.startsWith(toFunctionSelector(revenueInfo)) && count < times) {
        failed.set(data, count + 1);
        asked.push(data);
        throw Object.assign(new Error(error.message), { code: error.code });
      }
    }
    return anvil.publicClient.request({ method, params } as never);
  };
  return { publicClient: createPublicClient({ transport: custom({ request }, { retryCount: 0 }) }), asked };
}

const revenueInfo = getAbiItem({ abi: dataAnchoringTokenAbi, name: 'revenueInfo' });

describe("a stranger's asset", () => {
  const codes = {
    reverts: '0x5f5ffd',
    'loops for ever': '0x5b600056',
    'answers nothing': '0x00',
    'is gone': '0x',
  } as const;

  /** What a function of the token was asked during an audit. */
  async function auditCounting(assets?: readonly Hex[]) {
    const asked: Record<string, number> = {};
    const request = ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
      const data = method === 'eth_call' ? (params as [{ data: Hex }])[0].data.slice(0, 10) : method;
      asked[data] = (asked[data] ?? 0) + 1;
      return anvil.publicClient.request({ method, params } as never);
    };
    const publicClient = createPublicClient({ transport: custom({ request }) });
    const report = await auditSolvency({
      publicClient,
      address: addressOf(),
      ...(assets === undefined ? {} : { assets }),
    });
    const count = (name: 'revenueInfo' | 'pendingRevenue' | 'solvency'): number =>
      asked[toFunctionSelector(getAbiItem({ abi: dataAnchoringTokenAbi, name }))] ?? 0;
    return { report, count };
  }

  test(
    'that fails is told, the rest is audited, and none multiplies what is asked',
    async () => {
      const { publicClient, testClient } = anvil;
      const before = await auditCounting();
      const snapshot = await testClient.snapshot();
      const spammer = { publicClient, walletClient: anvil.walletOf(5) };
      const client = createKedgeClient({ ...spammer, deployment: history.deployment });
      const { classId } = await client.createClass({
        kind: 'dataset',
        metadataURI: 'ipfs://m',
        integrityHash: zeroHash,
        policy: { uri: 'ipfs://p', hash: zeroHash },
      });
      await client.mintShare({ classId, to: developmentAccount(5).address, shareRatio: 1n });
      const assets: Hex[] = [];
      for (const code of Object.values(codes)) {
        const asset = await deployErc20(spammer, 10n);
        await client.settleRevenue({ classId, asset, amount: 1n });
        await testClient.setCode({ address: asset, bytecode: code });
        assets.push(getAddress(asset));
      }
      const after = await auditCounting();
      expect(after.report.unreadable).toEqual(assets);
      expect(after.report).toMatchObject({ solvent: true, differences: [] });
      const added = assets.map((asset) => ({ asset, owed: 1n }));
      expect(after.report.assets).toEqual([...before.report.assets, ...added]);
      // One ledger and one token for each.
      expect(after.count('revenueInfo')).toBe(before.count('revenueInfo') + assets.length);
      expect(after.count('pendingRevenue')).toBe(before.count('pendingRevenue') + assets.length);

      const named = await auditCounting([zeroAddress, history.asset.toLowerCase() as Hex]);
      expect(named.report).toMatchObject({ solvent: true, differences: [], unreadable: [] });
      expect(named.report.assets).toEqual(before.report.assets);
      expect(named.count('revenueInfo')).toBe(before.count('revenueInfo'));
      expect(named.count('solvency')).toBe(before.count('solvency'));
      await testClient.revert({ id: snapshot });
    },
    patience,
  );

  test('a node that fails is not taken for the asset', async () => {
    const { publicClient } = anvil;
    const selector = toFunctionSelector('balanceOf(address)');
    const request = ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
      if (method === 'eth_call' && (params as [{ data: Hex }])[0].data.startsWith(selector)) {
        throw Object.assign(new Error('daily limit reached'), { code: -32005 });
      }
      return publicClient.request({ method, params } as never);
    };
    const failing = createPublicClient({ transport: custom({ request }, { retryCount: 0 }) });
    const run = auditSolvency({ publicClient: failing, address: addressOf(), sleep: async () => {} });
    await expect(run).rejects.toThrow('daily limit reached');
  });
});

describe('a contract that lies', () => {
  /** The chain, but the token answers calls of a function, with these bytes at their start, otherwise. */
  function lying(start: Hex, answer: () => Hex) {
    const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
      if (method === 'eth_call') {
        const [{ to, data }] = params as [{ to: Hex; data: Hex }];
        if (to.toLowerCase() === addressOf().toLowerCase() && data.startsWith(start)) return answer();
      }
      return anvil.publicClient.request({ method, params } as never);
    };
    return createPublicClient({ transport: custom({ request }, { retryCount: 0 }) });
  }

  test('about the number of its classes does not keep the audit for ever', async () => {
    const selector = toFunctionSelector(getAbiItem({ abi: dataAnchoringTokenAbi, name: 'classCount' }));
    const publicClient = lying(selector, () => numberToHex(2n ** 255n, { size: 32 }));
    const report = await auditSolvency({ publicClient, address: addressOf() });
    expect(report.differences.map(({ field, onChain }) => [field, onChain])).toEqual([['classes', 2n ** 255n]]);
  });

  test('or says nothing of what it owes in an asset is insolvent in it all the same', async () => {
    const { testClient } = anvil;
    const { asset } = history;
    const start = viewCall('solvency', [asset, 0n, 0n]).slice(0, 10 + 64) as Hex;
    const publicClient = lying(start, () => {
      throw Object.assign(new Error('execution reverted'), { code: 3, data: '0x' });
    });
    const snapshot = await testClient.snapshot();
    const before = await auditSolvency({ publicClient, address: addressOf() });
    expect(before).toMatchObject({ solvent: true, differences: [], unreadable: [getAddress(asset)] });
    // Whatever it is asked, the asset answers 0.
    await testClient.setCode({ address: asset, bytecode: '0x5f5f5260205ff3' });
    const { solvent, assets, unreadable } = await auditSolvency({ publicClient, address: addressOf() });
    await testClient.revert({ id: snapshot });
    expect([solvent, unreadable]).toEqual([false, [getAddress(asset)]]);
    const owed = before.assets.find((each) => each.asset === getAddress(asset))!.owed;
    expect(assets).toContainEqual({ asset: getAddress(asset), owed, held: 0n, surplus: -owed });
  });
});

describe('what cannot be checked', () => {
  test.each([
    [-32000, 'header not found', 'state_unavailable'],
    [-32000, 'missing trie node 4d2 (path ) state 0x12 is not available', 'state_unavailable'],
    [-32603, 'missing trie node 4d2', 'state_unavailable'],
    [-32603, 'state histories are unavailable, an archive node is needed', 'state_unavailable'],
    [-32000, 'out of gas', undefined],
    [-32603, 'worker pool is exhausted', undefined],
    [-32005, 'daily limit reached', undefined],
  ])('a node that says %i "%s" is asked again, and never taken for the contract', async (code, message, expected) => {
    const { publicClient, asked } = failingNode({ code, message });
    const waited: number[] = [];
    const sleep = async (milliseconds: number): Promise<void> => void waited.push(milliseconds);
    const error = await auditSolvency({ publicClient, address: addressOf(), sleep }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toContain(message);
    if (expected !== undefined) expect(error).toMatchObject({ code: expected, kind: 'transient' });
    expect(asked.filter((data) => data === asked[0]).length).toBe(4);
    expect([...new Set(waited)]).toEqual([250, 1_000, 4_000]);
  });

  test('a node that fails for a moment changes nothing; one whose contract reverts is a difference', async () => {
    const whole = await audit();
    const sleep = async (): Promise<void> => {};
    const brief = failingNode({ code: -32000, message: 'header not found' }, 2);
    expect(await auditSolvency({ publicClient: brief.publicClient, address: addressOf(), sleep })).toEqual(whole);
    expect(brief.asked.length).toBeGreaterThan(2);
    for (const code of [3, -32000, -32603]) {
      const { publicClient } = failingNode({ code, message: 'execution reverted' });
      const { differences } = await auditSolvency({ publicClient, address: addressOf(), sleep });
      expect(differences.filter(({ field }) => field === 'received').length).toBe(whole.ledgers.length);
      expect(differences.every(({ onChain }) => onChain === undefined)).toBe(true);
    }
  });

  test('a node that hangs, at whatever is asked, is not asked again and again', async () => {
    const { publicClient } = anvil;
    const auditWith = async (answered: number) => {
      const hung: string[] = [];
      let asked = 0;
      const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
        if (++asked <= answered) return publicClient.request({ method, params } as never);
        hung.push(method);
        throw new TimeoutError({ body: {}, url: 'http://node' });
      };
      const client = createPublicClient({ transport: custom({ request }, { retryCount: 0 }) });
      const sleep = (): Promise<never> => Promise.reject(new Error('waited to ask again'));
      const error = await auditSolvency({ publicClient: client, address: addressOf(), sleep }).catch(
        (thrown: unknown) => thrown,
      );
      return { asked, error, hung };
    };
    const { asked: all } = await auditWith(Infinity);
    for (const answered of [...Array(24).keys(), Math.floor(all / 2), all - 1]) {
      const { error, hung } = await auditWith(answered);
      expect(toChainError(error, 'audit'), `after ${answered}`).toMatchObject({ code: 'chain_unreachable' });
      // Views are asked for together.
      expect(hung.filter((method) => method !== 'eth_call').length, `after ${answered}`).toBeLessThanOrEqual(2);
    }
  });

  test('events that come while the history is read belong to what is compared', async () => {
    const { publicClient } = anvil;
    let heads = 0;
    const late = {
      ...publicClient,
      getBlockNumber: async () => (await publicClient.getBlockNumber({ cacheTime: 0 })) - (heads++ === 0 ? 40n : 0n),
    } as unknown as typeof publicClient;
    expect(await auditSolvency({ publicClient: late, address: addressOf() })).toEqual(await audit());
    expect(heads).toBe(2);
  });

  test('a node that is three blocks behind, whatever it is asked, keeps back no events', async () => {
    const whole = await audit();
    const methods = ['eth_getLogs', 'eth_call', 'eth_getBlockByNumber', 'eth_getBlockByHash', 'eth_blockNumber'];
    const patterns = [
      ...methods.map(
        (name) =>
          ({ method }: { readonly method: string }) =>
            method === name,
      ),
      ...[2, 3].map(
        (every) =>
          ({ turn }: { readonly turn: number }) =>
            turn % every === 0,
      ),
    ];
    for (const isBehind of patterns) {
      let isLate = false;
      const node = await startLaggingNode(anvil.rpcUrl, (asked) => isBehind(asked) && !isLate);
      const publicClient = createPublicClient({ transport: http(node.url, { retryCount: 0 }) });
      // It catches up while it is waited for.
      const sleep = async (): Promise<void> => void (isLate = true);
      const report = await auditSolvency({ publicClient, address: addressOf(), sleep }).finally(() => node.stop());
      expect(report.differences, String(isBehind)).toEqual([]);
      expect([whole.toBlock, whole.toBlock - 3n]).toContain(report.toBlock);
    }
  });

  test('a history that begins too late', async () => {
    const { publicClient } = anvil;
    const late = auditSolvency({ publicClient, address: addressOf(), fromBlock: 30n });
    await expect(late).rejects.toMatchObject({ code: 'history_incomplete' });
  });

  test('no contract, and a contract that is not ours', async () => {
    const { publicClient } = anvil;
    const nobody = auditSolvency({ publicClient, address: '0x00000000000000000000000000000000000000aa' });
    await expect(nobody).rejects.toMatchObject({ code: 'no_code' });
    const other = await deployCode(anvil, compileFaulty()['PlainDAT']!);
    await expect(auditSolvency({ publicClient, address: other })).rejects.toMatchObject({ code: 'not_kedge' });
    // Whatever it is asked, it answers zeros: no classes, and nothing owed.
    const zeros = await deployCode(anvil, '0x656101006000f360d01b60005260066000f3');
    await expect(auditSolvency({ publicClient, address: zeros })).rejects.toMatchObject({ code: 'not_kedge' });
  });

  // What it drops is gone for the tests after it.
  test('a chain that is reorganised while it is read is no difference', async () => {
    const { publicClient, testClient } = anvil;
    for (const [method, turn] of [
      ['eth_call', 4],
      ['eth_getBalance', 1],
      ['eth_getLogs', 5],
    ] as const) {
      // Empty blocks would come back as they were.
      const hash = await anvil.walletOf(0).sendTransaction({ to: developmentAccount(9).address, value: 1n } as never);
      await publicClient.waitForTransactionReceipt({ hash });
      let asked = 0;
      const request = async (given: { method: string; params?: unknown }): Promise<unknown> => {
        if (given.method === method && ++asked === turn) {
          await testClient.request({ method: 'anvil_reorg', params: [3, []] } as never);
        }
        return publicClient.request(given as never);
      };
      const reorganised = createPublicClient({ transport: custom({ request }, { retryCount: 0 }) });
      const run = auditSolvency({ publicClient: reorganised, address: addressOf(), sleep: async () => {} });
      await expect(run, method).rejects.toMatchObject({ code: 'chain_reorganised', kind: 'transient' });
      expect((await audit()).differences).toEqual([]);
    }
  });
});

function viewCall(functionName: 'revenueInfo' | 'solvency' | 'pendingRevenue', args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi: dataAnchoringTokenAbi, functionName, args } as never);
}

/** The contract's storage that a call reads. */
async function slotsRead(data: Hex): Promise<readonly Hex[]> {
  const address = addressOf();
  const { accessList } = await anvil.publicClient.createAccessList({ to: address, data });
  return accessList.flatMap((entry) =>
    entry.address.toLowerCase() === address.toLowerCase() ? entry.storageKeys : [],
  );
}

const replacer = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? toHex(value) : value);
