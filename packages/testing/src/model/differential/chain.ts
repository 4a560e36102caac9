import { createRequire } from 'node:module';
import type { Address, Hex } from '@kedge/core';
import { deployContracts } from '@kedge/sdk';
import {
  decodeAbiParameters,
  decodeFunctionResult,
  encodeDeployData,
  encodeEventTopics,
  encodeFunctionData,
  parseAbi,
} from 'viem';
import { developmentAccount, startAnvil } from '../../startAnvil.js';
import type { Addresses } from '../world.js';
import { stageAbi, type Log } from './abis.js';
import { stageSource } from './stageSource.js';

/** All worlds begin at this second, whatever the clock of the machine says: so that they can be replayed. */
export const genesis = 1_800_000_000n;
const actorCount = 5;
const gasLimit = 10n ** 10n;
const gas = `0x${gasLimit.toString(16)}`;
const looksAtOnce = 150;
const wealth = 2n ** 200n;

export type Step = { readonly actor: Address; readonly target: Address; readonly value: bigint; readonly data: Hex };
/** Without data: the ETH of `target`. */
export type Look = { readonly target: Address; readonly data: Hex };
export type StepEnd = { readonly ok: boolean; readonly answer: Hex; readonly logs: readonly Log[] };

export type Chain = {
  readonly rpcUrl: string;
  readonly addresses: Addresses;
  /** ETH that each actor begins with. */
  readonly wealth: bigint;
  /** Back to the deployed contracts. */
  readonly reset: () => Promise<void>;
  /** One block with one transaction, in which the steps are taken one after the other. */
  readonly run: (time: bigint, steps: readonly Step[]) => Promise<readonly StepEnd[]>;
  /** What views answer in a block of that time. */
  readonly look: (time: bigint, looks: readonly Look[]) => Promise<readonly Hex[]>;
  readonly stop: () => Promise<void>;
};

/** The chain did not do its part: nothing is said about commands. */
export class ChainFailure extends Error {
  override readonly name = 'ChainFailure';
}

const endedTopic = encodeEventTopics({ abi: stageAbi, eventName: 'Ended' })[0];

/** A chain of its own with the contracts, five actors and two assets. */
export async function createChain(): Promise<Chain> {
  const anvil = await startAnvil({
    args: [
      '--timestamp',
      String(genesis - 10_000n),
      '--gas-limit',
      String(gasLimit),
      '--base-fee',
      '0',
      '--gas-price',
      '0',
    ],
  });
  const { contracts } = await deployContracts({ publicClient: anvil.publicClient, walletClient: anvil.walletOf(0) });
  const from = developmentAccount(0).address;
  const rpc = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const request = { jsonrpc: '2.0', id: 1, method, params };
    const { result, error } = await post(anvil.rpcUrl, request).catch((cause: unknown) => {
      throw new ChainFailure(`${method} had no answer from ${anvil.rpcUrl}`, { cause });
    });
    if (error !== undefined) throw new ChainFailure(`${method}: ${JSON.stringify(error)}`);
    return result;
  };
  await rpc('anvil_setLoggingEnabled', [false]);
  // A transaction is in a block when the call that mines it answers: nobody waits for a miner.
  await rpc('evm_setAutomine', [false]);
  let now = genesis - 1000n;
  const send = async (transaction: { readonly to?: Address; readonly data: Hex }, time: bigint): Promise<Receipt> => {
    const hash = await rpc('eth_sendTransaction', [{ from, gas, gasPrice: '0x0', ...transaction }]);
    await rpc('evm_mine', [Number(time)]);
    const receipt = (await rpc('eth_getTransactionReceipt', [hash])) as Receipt | null;
    if (receipt?.status !== '0x1') throw new Error(`the stage failed: ${JSON.stringify(receipt)?.slice(0, 1000)}`);
    return receipt;
  };
  const compiled = compileStage();
  const deploy = async (name: string, ...args: bigint[]): Promise<Address> => {
    const abi = parseAbi(['constructor(uint256 feeBps)']);
    const bytecode = compiled(name);
    const data = args.length === 0 ? bytecode : encodeDeployData({ abi, bytecode, args: [args[0]!] });
    now += 1n;
    return (await send({ data }, now)).contractAddress!;
  };
  const stage = await deploy('Stage');
  const actors: Address[] = [];
  for (let i = 0; i < actorCount; i += 1) actors.push(await deploy('Actor'));
  const assets = [
    { address: await deploy('Asset', 0n), feeBps: 0n },
    { address: await deploy('Asset', 100n), feeBps: 100n },
  ];
  for (const actor of actors) await rpc('anvil_setBalance', [actor, `0x${wealth.toString(16)}`]);
  let snapshot = await rpc('evm_snapshot', []);
  return {
    rpcUrl: anvil.rpcUrl,
    addresses: {
      token: contracts.DataAnchoringToken,
      extension: contracts.DataAnchoringTokenExtension,
      channels: contracts.ValueChannels,
      market: contracts.ValueMarket,
      actors,
      assets,
    },
    wealth,
    async reset() {
      await rpc('evm_revert', [snapshot]);
      snapshot = await rpc('evm_snapshot', []);
    },
    async run(time, steps) {
      const data = encodeFunctionData({ abi: stageAbi, functionName: 'run', args: [steps] });
      const { logs } = await send({ to: stage, data }, time);
      return read(stage, logs);
    },
    async look(time, looks) {
      const answers: Hex[] = [];
      for (let start = 0; start < looks.length; start += looksAtOnce) {
        const args = [looks.slice(start, start + looksAtOnce)] as const;
        const data = encodeFunctionData({ abi: stageAbi, functionName: 'look', args });
        const call = { from, to: stage, gas, gasPrice: '0x0', data };
        const answer = (await rpc('eth_call', [call, 'latest', {}, { time: `0x${time.toString(16)}` }])) as Hex;
        answers.push(...decodeFunctionResult({ abi: stageAbi, functionName: 'look', data: answer }));
      }
      return answers;
    },
    stop: anvil.stop,
  };
}

async function post(url: string, request: object): Promise<{ result?: unknown; error?: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) });
  return (await response.json()) as { result?: unknown; error?: unknown };
}

type Receipt = { readonly status: Hex; readonly contractAddress: Address | null; readonly logs: readonly Log[] };

function read(stage: Address, logs: readonly Log[]): readonly StepEnd[] {
  const ends: StepEnd[] = [];
  let since: Log[] = [];
  for (const log of logs) {
    if (log.address.toLowerCase() !== stage.toLowerCase()) {
      since.push(log);
    } else if (log.topics[0] === endedTopic) {
      const [ok, answer] = decodeAbiParameters([{ type: 'bool' }, { type: 'bytes' }], log.data);
      ends.push({ ok, answer, logs: since });
      since = [];
    }
  }
  return ends;
}

type SolcOutput = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: {
    readonly 'Stage.sol': Readonly<
      Record<string, { readonly evm: { readonly bytecode: { readonly object: string } } }>
    >;
  };
};

function compileStage(): (name: string) => Hex {
  const solc = createRequire(import.meta.url)('solc') as { compile: (input: string) => string };
  const input = {
    language: 'Solidity',
    sources: { 'Stage.sol': { content: stageSource } },
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
  };
  const { errors, contracts } = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  if (contracts === undefined || errors?.some(({ severity }) => severity === 'error')) {
    throw new Error(errors?.map(({ formattedMessage }) => formattedMessage).join('\n'));
  }
  return (name) => `0x${contracts['Stage.sol'][name]!.evm.bytecode.object}`;
}
