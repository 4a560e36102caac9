import { deployContracts } from '@kedge/sdk';
import { developmentAccount, type Anvil } from '@kedge/testing';
import { createPublicClient, custom, numberToHex, zeroHash, type Address, type Hex } from 'viem';
import { beforeAll, describe, expect, test } from 'vitest';
import { clausesOf, runConformance } from '../src/index.js';
import { draftAbi } from '../src/draftAbi.js';
import { beginRun, type Actor } from '../src/lab/accounts.js';
import { createSender } from '../src/lab/sender.js';
import { compileFaulty, compileOthers } from './compile.js';
import {
  beyondTheDraft,
  deployCode,
  failing,
  onChain,
  patience,
  tryBehind,
  tryContract,
  unreached,
  type Node,
} from './tryContract.js';

let codes: ReturnType<typeof compileFaulty>;
let others: typeof codes;
beforeAll(() => {
  codes = compileFaulty();
  others = compileOthers();
}, patience);

const deployOurs = async (anvil: Anvil) => {
  const { publicClient } = anvil;
  const { contracts } = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  const { DataAnchoringToken: address, AttestationRegistry: registry, ERC3525Adapter: adapter } = contracts;
  return { address, registry: registry!, adapter: adapter! };
};

/** The chain as one whose clock cannot be moved, and what it was asked of that kind. */
function withFixedClock(anvil: Anvil) {
  const refused: string[] = [];
  const publicClient = createPublicClient({
    transport: custom({
      async request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
        if (method === 'web3_clientVersion') return 'Geth/v1.16';
        if (method.startsWith('evm_')) refused.push(method);
        return anvil.publicClient.request({ method, params } as never);
      },
    }),
  });
  return { publicClient, refused };
}

describe('ours', () => {
  test(
    'holds every MUST of the draft and of the profile, and whatever of the rest applies',
    async () => {
      const report = await tryContract(deployOurs);
      expect(failing(report)).toEqual([]);
      expect(unreached(report)).toEqual([]);
      expect(report.ok).toBe(true);
      expect(report.counts.MUST.pass).toBe(clausesOf('kedge').filter(({ level }) => level === 'MUST').length);
      // Nothing of the profile is announced and not tried.
      expect(report.results.filter(({ section, status }) => section.startsWith('P') && status !== 'pass')).toEqual([]);
      const proofs = report.results.filter(({ id }) => /^(D9|DS\.spoofing|P31)/.test(id));
      expect(proofs.map(({ id, status }) => [id, status])).toEqual([
        ['D9.emits', 'pass'],
        ['D9.uri', 'notApplicable'],
        ['D9.signature', 'pass'],
        ['D9.access', 'pass'],
        ['DS.spoofing', 'pass'],
        ['P31', 'pass'],
        ['P31.verdicts', 'pass'],
      ]);
      const access = proofs.find(({ id }) => id === 'D9.access');
      expect(access?.detail).toBe('an approved operator may add a proof, a stranger may not');
    },
    patience,
  );

  test(
    'is tried on a chain whose clock cannot be moved, by waiting',
    () =>
      onChain(async (anvil) => {
        const { address } = await deployOurs(anvil);
        const { publicClient, refused } = withFixedClock(anvil);
        const before = await anvil.publicClient.getBalance({ address: developmentAccount(0).address });
        const report = await runConformance({
          publicClient,
          address,
          profile: 'kedge',
          funder: developmentAccount(0),
          // Where others would wait, ten seconds of the chain pass.
          sleep: () => anvil.testClient.mine({ blocks: 1, interval: 10 }),
        });
        expect(failing(report)).toEqual([]);
        expect(report.ok).toBe(true);
        expect(refused).toEqual([]);
        const byTime = report.results.find(({ id }) => id === 'D6.6.equality');
        expect(byTime).toMatchObject({ status: 'notApplicable', isUnchecked: false });
        // Its registry is another contract, which was not named.
        const emits = report.results.find(({ id }) => id === 'D9.emits');
        expect(emits).toMatchObject({ status: 'notApplicable', isUnchecked: false });
        // What is left of the throw-away accounts' money came back.
        const after = await anvil.publicClient.getBalance({ address: developmentAccount(0).address });
        expect(report.spent).toBe(before - after);
        expect(report.spent).toBeLessThan(10n ** 18n / 2n);
      }),
    patience,
  );
});

describe('a node that fails', () => {
  /** Tries ours by the draft, on a node that fails for the clauses that are named. */
  async function tryOn(anvil: Anvil, fails: (clause: string) => boolean) {
    const node: Node = ({ clause, ask }) => {
      if (fails(clause)) throw Object.assign(new Error('too many requests in flight'), { code: -32000 });
      return ask();
    };
    const report = await tryBehind(anvil, node, await deployOurs(anvil));
    return { report, isUnchecked: new Set(unreached(report)) };
  }

  test(
    'leaves its clauses unchecked, the others are tried, and what was not checked is not passed',
    () =>
      onChain(async (anvil) => {
        const hit = ['D5.getClassMeta', 'D5.classOf', 'D6.4.transferValue'];
        const { report, isUnchecked } = await tryOn(anvil, (clause) => hit.includes(clause));
        expect([...isUnchecked]).toEqual(hit);
        expect(failing(report)).toEqual([]);
        expect(report).toMatchObject({ ok: false, nodeFailed: true });
        const { detail } = report.results.find(({ id }) => id === 'D5.classOf')!;
        expect(detail).toBe('could not be checked: the node said: too many requests in flight');
        expect(report.results.find(({ id }) => id === 'D5.valueOf')).toMatchObject({ status: 'pass' });
        expect(report.notReturned).toBeUndefined();
      }),
    patience,
  );

  test(
    'for good is not asked for every clause, and what was found out before is told',
    () =>
      onChain(async (anvil) => {
        const ids = clausesOf('draft').map(({ id }) => id);
        const gone = new Set(ids.slice(ids.indexOf('D6.2.mint')));
        const { report, isUnchecked } = await tryOn(anvil, (clause) => gone.has(clause));
        expect(report.results.map(({ id }) => id)).toEqual(ids);
        expect([...isUnchecked]).toEqual([...gone]);
        expect(report.results.filter(({ detail }) => detail.startsWith('not tried')).length).toBe(gone.size - 5);
        expect(report).toMatchObject({ ok: false, nodeFailed: true, notReturned: 'too many requests in flight' });
      }),
    patience,
  );
});

test(
  'a development chain that makes blocks between is no fault of the contract',
  () =>
    onChain(async (anvil) => {
      const exact = ['D6.6.equality', 'P20'];
      // The first brings the chain to the second before, the next one is of the block that matters.
      let fixed = 0;
      const node: Node = async ({ method, clause, ask }) => {
        const answer = await ask();
        if (method !== 'evm_setNextBlockTimestamp' || !exact.includes(clause)) return answer;
        fixed += 1;
        // As anvil's --block-time does.
        if (fixed % 2 === 0) await anvil.testClient.mine({ blocks: 2, interval: 5 });
        return answer;
      };
      const report = await tryBehind(anvil, node, { ...(await deployOurs(anvil)), profile: 'kedge' });
      expect(failing(report)).toEqual([]);
      expect(report.ok).toBe(true);
      const told = report.results.filter(({ id }) => exact.includes(id));
      expect(told.map(({ status, isUnchecked }) => [status, isUnchecked])).toEqual(
        exact.map(() => ['notApplicable', false]),
      );
    }),
  patience,
);

describe("others'", () => {
  test(
    'what conforms to the letter passes the draft, and loses money by the profile',
    async () => {
      const report = await tryContract((anvil) => deployCode(anvil, codes['LetterDAT']!));
      const solvency = ['P1.eth', 'P1.erc20', 'P2', 'P3', 'P4', 'P5', 'P6', 'P9', 'P11.redirect', 'P11.trigger', 'P21'];
      expect(failing(report).toSorted()).toEqual([...solvency, ...beyondTheDraft].toSorted());
      expect(report.results.filter(({ id, status }) => id.startsWith('D') && status === 'fail')).toEqual([]);
    },
    patience,
  );

  test(
    'what differs from ours wherever the draft leaves it free passes the draft',
    async () => {
      const report = await tryContract((anvil) => deployCode(anvil, others['FreeDAT']!), { profile: 'draft' });
      expect(failing(report)).toEqual([]);
      expect(unreached(report)).toEqual([]);
      expect(report.ok).toBe(true);
    },
    patience,
  );

  /** Decisions of the profile that all of these take otherwise, or not at all. */
  const beyond = [
    ...beyondTheDraft.filter((id) => !['P12.transfers', 'P12.safe'].includes(id)),
    'P5',
    'P7.fee',
    'P9',
    'P11.trigger',
  ];

  type Expected = {
    readonly name: string;
    readonly fails?: readonly string[];
    readonly holds?: readonly string[];
    readonly life?: number;
  };
  const inOtherWays: readonly (readonly [what: string, expected: Expected])[] = [
    ['an enumerable ERC-721, whose publishers alone settle', { name: 'EnumerableDAT' }],
    [
      'a proxy, whose curator alone changes classes and settles, and which keeps no money itself',
      { name: 'ProxiedDAT' },
    ],
    ['one that takes no call of a contract, and no expiry within a day', { name: 'PeopleDAT', life: 86_500 }],
    [
      'one in which no holder records usage fails in that alone',
      { name: 'MeteredDAT', fails: ['D6.5.recordUsage'], holds: ['P15'] },
    ],
    [
      'one that settles for no share fails in that, though its publishers alone may',
      { name: 'SilentDAT', fails: ['D6.6.none-left', 'D11.no-share', 'P6'] },
    ],
  ];

  test.each(inOtherWays)(
    '%s',
    async (_what, { name, fails = [], holds = [], life }) => {
      const owner = developmentAccount(5);
      const lead = life === undefined ? {} : { expiryLeadSeconds: life };
      const report = await tryContract((anvil) => deployCode(anvil, others[name]!, 5), { owner, ...lead });
      const expected = [...fails, ...beyond.filter((id) => !holds.includes(id))];
      expect(failing(report).toSorted()).toEqual(expected.toSorted());
      expect(unreached(report)).toEqual([]);
    },
    patience,
  );

  test(
    'one that mints by a function of its own alone is told so, and tried as far as no token is needed',
    async () => {
      const report = await tryContract((anvil) => deployCode(anvil, others['SoldDAT']!), { profile: 'draft' });
      expect(failing(report)).toEqual(['D6.2.mint']);
      const mint = report.results.find(({ id }) => id === 'D6.2.mint');
      expect(mint?.detail).toContain('"tokens are sold: use issue"');
      const withoutToken = report.results.filter(({ section, isUnchecked }) => section === '6.1' && isUnchecked);
      expect(withoutToken).toEqual([]);
    },
    patience,
  );

  test(
    'one that sends on what is settled, and pays from what others sent, fails',
    async () => {
      const deploy = async (anvil: Anvil) => {
        const to = await deployCode(anvil, others['PocketDAT']!);
        await anvil.walletOf(1).sendTransaction({ to, value: 10n ** 18n, chain: null });
        return to;
      };
      const report = await tryContract(deploy, { profile: 'draft' });
      expect(failing(report)).toEqual(['D6.7.settleRevenueETH']);
      const { detail } = report.results.find(({ status }) => status === 'fail')!;
      expect(detail).toBe(
        'what a claim took from the contract, to which its settlement had brought nothing, is 1000, expected 0',
      );
    },
    patience,
  );

  test(
    'one that takes listed assets alone is not accused, and told why what needs an ERC-20 was not reached',
    async () => {
      const report = await tryContract((anvil) => deployCode(anvil, others['ListedDAT']!), { profile: 'draft' });
      expect(failing(report)).toEqual([]);
      expect(report).toMatchObject({ ok: false, nodeFailed: false });
      expect(unreached(report)).toContain('D6.7.formula');
      const { detail } = report.results.find(({ id }) => id === 'D6.7.settleRevenueERC20')!;
      expect(detail).toMatch(
        /^could not be reached: .*"the asset is not listed".* takes ETH, .* copy of it that takes any/,
      );
    },
    patience,
  );

  test(
    'a contract that others use in every block is judged as any other, also by a node that keeps the newest state alone',
    () =>
      onChain(async (anvil) => {
        const { publicClient: chain, testClient } = anvil;
        const deployed = await deployOurs(anvil);
        const user = anvil.walletOf(1);
        const use = { abi: draftAbi, address: deployed.address, chain: null, gas: 1_000_000n } as const;
        const create = { ...use, functionName: 'createClass', args: ['ipfs://1', zeroHash, 0, ''] } as const;
        const classId = 1n;
        await user.writeContract(create);
        const mint = (share: bigint) =>
          ({ ...use, functionName: 'mint', args: [classId, user.account.address, 1n, share, 0n] }) as const;
        await user.writeContract(mint(1n));
        // Everything that the kit looks at changes with these, right before its own transaction in the same block.
        const others = async (): Promise<void> => {
          const first = { maxPriorityFeePerGas: 10n ** 11n, maxFeePerGas: 10n ** 12n };
          await user.writeContract({ ...create, ...first });
          await user.writeContract({ ...mint(0n), ...first });
          const settle = { functionName: 'settleRevenueETH', args: [classId], value: 7n } as const;
          await user.writeContract({ ...use, ...settle, ...first });
        };
        const looked = ['D6.1.createClass', 'D6.2.mint', 'D6.7.settleRevenueETH', 'D6.7.transferred', 'P8.view'];
        const node: Node = async ({ method, params, clause, ask }) => {
          if (!looked.includes(clause)) return ask();
          if (method === 'eth_getBalance') await others();
          const [, block] = params;
          const isOld = (method === 'eth_call' || method === 'eth_getBalance') && block !== 'latest';
          if (isOld && BigInt(block as Hex) < (await chain.getBlockNumber())) {
            throw Object.assign(new Error('missing trie node'), { code: -32000 });
          }
          if (method !== 'eth_sendRawTransaction') return ask();
          await testClient.setAutomine(false);
          await others();
          const answer = await ask();
          await testClient.mine({ blocks: 1 });
          await testClient.setAutomine(true);
          return answer;
        };
        const report = await tryBehind(anvil, node, { ...deployed, profile: 'kedge' });
        expect(failing(report)).toEqual([]);
        expect(report.ok).toBe(true);
      }),
    patience,
  );

  test(
    'one that takes no call of a contract is judged right, though others use it in the blocks before and after',
    () =>
      onChain(async (anvil) => {
        const address = await deployCode(anvil, others['PeopleDAT']!);
        const user = anvil.walletOf(1);
        const use = { abi: draftAbi, address, chain: null, gas: 1_000_000n } as const;
        let uses = 0n;
        const useIt = async (): Promise<void> => {
          const hash = numberToHex((uses += 1n), { size: 32 });
          await user.writeContract({ ...use, functionName: 'createClass', args: ['ipfs://1', hash, 0, ''] });
          const mint = [0n, user.account.address, 1n, 1n, 0n] as const;
          await user.writeContract({ ...use, functionName: 'mint', args: mint });
          await user.writeContract({ ...use, functionName: 'settleRevenueETH', args: [0n], value: 7n });
        };
        await useIt();
        const looked = ['D6.1.createClass', 'D6.2.mint', 'D6.7.settleRevenueETH', 'D6.7.transferred'];
        const node: Node = async ({ method, clause, ask }) => {
          if (!looked.includes(clause) || method !== 'eth_sendRawTransaction') return ask();
          await useIt();
          const answer = await ask();
          await useIt();
          return answer;
        };
        const report = await tryBehind(anvil, node, { address, expiryLeadSeconds: 86_500 });
        expect(failing(report)).toEqual([]);
        expect(report.ok).toBe(true);
      }),
    patience,
  );

  test(
    'nodes behind a load balancer, of which one is always a block behind, are no fault of the contract',
    () =>
      onChain(async (anvil) => {
        const { publicClient: chain } = anvil;
        const lacking = (): Error => Object.assign(new Error('header not found'), { code: -32000 });
        const positions = { eth_call: 1, eth_estimateGas: 1, eth_getBalance: 1, eth_getCode: 1, eth_getStorageAt: 2 };
        let asked = 0;
        const node: Node = async ({ method, params, ask }) => {
          if (method === 'web3_clientVersion') return 'Geth/v1.16';
          if ((asked += 1) % 2 === 0) return ask();
          const head = (await chain.getBlockNumber()) - 1n;
          if (method === 'eth_blockNumber') return numberToHex(head);
          if (method === 'eth_getTransactionReceipt') {
            const receipt = (await ask()) as { blockNumber: Hex } | null;
            return receipt === null || BigInt(receipt.blockNumber) > head ? null : receipt;
          }
          if (method === 'eth_getBlockByNumber' && params[0] === 'latest') return ask([numberToHex(head), params[1]]);
          const position = positions[method as keyof typeof positions];
          if (position === undefined) return ask();
          const { [position]: block = 'latest' } = params as Hex[];
          if (block !== 'latest' && BigInt(block) > head) throw lacking();
          return ask(params.slice(0, position).concat(block === 'latest' ? numberToHex(head) : block));
        };
        const deployed = await deployOurs(anvil);
        await anvil.testClient.mine({ blocks: 1 });
        const report = await tryBehind(anvil, node, {
          ...deployed,
          profile: 'kedge',
          sleep: () => anvil.testClient.mine({ blocks: 1, interval: 10 }),
        });
        expect(failing(report)).toEqual([]);
        expect(unreached(report)).toEqual([]);
        expect(report.ok).toBe(true);
      }),
    patience,
  );

  test(
    'a contract whose owner alone creates classes is tried with its key, and not passed without',
    async () => {
      const deploy = (anvil: Anvil) => deployCode(anvil, codes['OwnedDAT']!, 5);
      const owner = developmentAccount(5);
      const report = await tryContract(deploy, { owner, profile: 'draft' });
      expect(failing(report)).toEqual([]);
      expect(report.ok).toBe(true);
      const without = await tryContract(deploy, { profile: 'draft' });
      expect(failing(without)).toEqual(['D6.1.createClass']);
      expect(unreached(without)).toContain('D6.2.mint');
      expect(without).toMatchObject({ ok: false, nodeFailed: false });
    },
    patience,
  );

  test(
    'a plain ERC-1155 lacks every function of the draft, and is shown with the call that proves it',
    async () => {
      const report = await tryContract((anvil) => deployCode(anvil, codes['PlainERC1155']!));
      expect(failing(report)).toEqual([
        'D5.getClassMeta',
        'D5.classOf',
        'D5.valueOf',
        'D5.shareRatioOf',
        'D5.expireAtOf',
        'D5.ownerOf',
        'D5.pendingRevenue',
        'D6.1.createClass',
        'D6.1.updateClassMetadata',
        'D6.1.updateClassPolicy',
        'D6.2.mint',
        'D6.2.transferToken',
        'D6.3.approveForClass',
        'D6.3.isApprovedForClass',
        'D6.4.transferValue',
        'D6.5.recordUsage',
        'D6.7.settleRevenueETH',
        'D6.7.settleRevenueERC20',
        'D6.7.claim',
        'P12.ids',
        'P29',
      ]);
      for (const { id, status, evidence } of report.results) {
        if (status === 'fail') expect(evidence, id).toMatchObject({ kind: 'call', reverted: id.startsWith('D') });
      }
    },
    patience,
  );

  test(
    'what a run that was broken off left goes back with the next one, unless it is spent meanwhile',
    () =>
      onChain(async (anvil) => {
        const { publicClient } = anvil;
        const funder = developmentAccount(0);
        const balanceOf = (address: Address) => publicClient.getBalance({ address });
        const { address } = await deployOurs(anvil);
        const sender = createSender(publicClient, await publicClient.getChainId());
        const breakOff = async () => {
          const where = { chainId: await publicClient.getChainId(), target: address };
          const { actors } = await beginRun(publicClient, sender, funder, where);
          return Object.values(actors);
        };
        const [broken, running] = [await breakOff(), await breakOff()];
        const sums = async (actors: readonly Actor[]) =>
          (await Promise.all(actors.map((actor) => balanceOf(actor.address)))).reduce((sum, each) => sum + each, 0n);
        const left = await sums(broken);
        const before = await balanceOf(funder.address);
        let spends = 0;
        const { spent, recovered } = await runConformance({
          publicClient,
          address,
          funder,
          onProgress: () =>
            void ((spends += 1) === 5 && sender.send(running[0]!.account, { to: address, gas: 30_000n })),
        });
        expect(recovered).toBeGreaterThan((left * 9n) / 10n);
        expect(await balanceOf(funder.address)).toBe(before - spent! + recovered!);
        expect(await sums(broken)).toBeLessThan(left / 10n);
        expect(await sums(running)).toBeGreaterThan((left * 9n) / 10n);
      }),
    patience,
  );

  test(
    'two runs with one key at once are each tried whole, and each says what it took itself',
    () =>
      onChain(async (anvil) => {
        const { publicClient } = withFixedClock(anvil);
        const funder = developmentAccount(0);
        // Time passes while both wait for it, as it passes slowly for both where nobody can move it.
        let running = 2;
        let waiting: (() => void)[] = [];
        const passTime = async () => {
          if (waiting.length === 0 || waiting.length < running) return;
          const woken = waiting;
          waiting = [];
          await anvil.testClient.mine({ blocks: 1, interval: 10 });
          for (const wake of woken) wake();
        };
        const sleep = () =>
          new Promise<void>((resolve) => {
            waiting.push(resolve);
            void passTime();
          });
        const { address } = await deployOurs(anvil);
        const before = await publicClient.getBalance(funder);
        const runs = [0, 1].map(async () => {
          const report = await runConformance({ publicClient, address, profile: 'kedge', funder, sleep });
          running -= 1;
          void passTime();
          return report;
        });
        const reports = await Promise.all(runs);
        for (const report of reports) {
          expect(failing(report)).toEqual([]);
          expect(unreached(report)).toEqual([]);
          expect(report).toMatchObject({ ok: true, recovered: 0n });
        }
        const spent = reports.reduce((sum, report) => sum + report.spent!, 0n);
        expect(await publicClient.getBalance(funder)).toBe(before - spent);
      }),
    patience,
  );

  test('an address without code is refused before anything is spent', () =>
    onChain(async (anvil) => {
      const { publicClient } = anvil;
      const address = '0x00000000000000000000000000000000000000aa';
      const run = runConformance({ publicClient, address, funder: developmentAccount(0) });
      await expect(run).rejects.toMatchObject({ code: 'no_code' });
      const sent = () => publicClient.getTransactionCount({ address: developmentAccount(0).address });
      expect(await sent()).toBe(0);
      const { address: target } = await deployOurs(anvil);
      const before = await sent();
      const beside = runConformance({
        publicClient,
        address: target,
        registry: address,
        funder: developmentAccount(0),
      });
      await expect(beside).rejects.toMatchObject({ code: 'no_code' });
      const adapted = runConformance({
        publicClient,
        address: target,
        adapter: address,
        funder: developmentAccount(0),
      });
      await expect(adapted).rejects.toMatchObject({ code: 'no_code' });
      expect(await sent()).toBe(before);
    }));
});
