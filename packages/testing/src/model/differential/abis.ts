import {
  channelToAbi,
  dataAnchoringTokenAbi,
  encodeCaptureItems,
  valueChannelsAbi,
  valueMarketAbi,
  type Address,
  type Channel,
  type Hex,
} from '@kedge/core';
import {
  concat,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionData,
  encodeFunctionResult,
  encodePacked,
  parseAbi,
  type Abi,
  type AbiEvent,
  type AbiFunction,
} from 'viem';
import type { SignedPermit } from '../approvals.js';
import type { UsageRuns } from '../batches.js';
import type { CapturedItems } from '../channels.js';
import type { Addresses, Armed, Emitted } from '../world.js';

export const stageAbi = parseAbi([
  'struct Step { address actor; address target; uint256 value; bytes data; }',
  'struct Look { address target; bytes data; }',
  'function run(Step[] steps)',
  'function look(Look[] looks) view returns (bytes[] answers)',
  'event Ended(bool ok, bytes answer)',
]);
const actorAbi = parseAbi([
  'function setRejects(bool ofEth, bool ofTokens)',
  'function arm(address target, bytes data)',
  'event Answered(bool ok, bytes answer)',
]);
const assetAbi = parseAbi([
  'function allowance(address owner, address spender) view returns (uint256)',
  'function mint(address to, uint256 amount)',
  'function setMode(address account, uint8 mode)',
  'function setHook(address actor)',
]);
/** What the channels answer to the token only; it is not in their ABI. */
const onLockAbi = parseAbi([
  'struct LockRequest { address holder; uint256 tokenId; uint64 units; uint64 expireAt; bool policyHashed; }',
  'function onLock(LockRequest request, bytes data) returns (bytes32)',
]);

/** One ABI for all: no two contracts here mean different things by one signature. */
const abi: Abi = [
  ...dataAnchoringTokenAbi,
  ...valueChannelsAbi,
  ...valueMarketAbi,
  ...actorAbi,
  ...assetAbi,
  ...onLockAbi,
];
const functions = abi.filter((item): item is AbiFunction => item.type === 'function');
const events = new Map(abi.flatMap((item) => (item.type === 'event' ? [[item.name, item] as const] : [])));

function functionOf(name: string, count: number): AbiFunction {
  const found = functions.find((item) => item.name === name && item.inputs.length === count);
  if (found === undefined) throw new Error(`no contract has a function ${name} of ${count} arguments`);
  return found;
}

/** The bytes of a call. */
export function encodeCall(name: string, args: readonly unknown[]): Hex {
  if (name === 'receive') return '0x';
  if (name === 'unknown') return '0x00c0ffee';
  const item = functionOf(name, name === 'arm' ? 2 : args.length);
  return encodeFunctionData({ abi: [item], functionName: name, args: argsToAbi(name, args) });
}

function argsToAbi(name: string, args: readonly unknown[]): readonly unknown[] {
  if (name === 'arm') {
    const { target, name: armed, args: armedArgs } = args[0] as Armed;
    return [target, encodeCall(armed, armedArgs)];
  }
  if (name === 'capture') {
    const { items, malformed } = args[0] as CapturedItems;
    const packed = encodeCaptureItems(
      items.map(({ channel, voucher, signed }) => ({ channel, voucher, signature: signed?.signature })),
    );
    return [malformed ? cutShort(packed) : packed, args[1], args[2]];
  }
  if (name === 'recordUsageBatch') return [args[0], packUsages(args[1] as UsageRuns)];
  if (name === 'permitForClass' || name === 'permitUsage') {
    return [...args.slice(0, -1), (args.at(-1) as SignedPermit).signature];
  }
  if (name === 'close' || name === 'channelState') return [channelToAbi(args[0] as Channel)];
  return args;
}

/** classId(8) | lot(4) | count(2) and `count` times serial(4) | amount(8). */
export function packUsages({ runs, cut }: Pick<UsageRuns, 'runs' | 'cut'>): Hex {
  const parts = runs.flatMap(({ classId, lot, uses }) => [
    encodePacked(['uint64', 'uint32', 'uint16'], [classId, lot, uses.length]),
    ...uses.map(({ serial, amount }) => encodePacked(['uint32', 'uint64'], [serial, amount])),
  ]);
  const packed = concat(['0x', ...parts]);
  return packed.slice(0, packed.length - 2 * cut) as Hex;
}

/** Ends within an item, or begins a run that never comes. */
function cutShort(packed: Hex): Hex {
  return packed === '0x' ? '0x00' : (packed.slice(0, -2) as Hex);
}

export function encodeResult(name: string, args: readonly unknown[], result: unknown): Hex {
  const item = functionOf(name, name === 'arm' ? 2 : args.length);
  if (item.outputs.length === 0) return '0x';
  return encodeFunctionResult({ abi: [item] as const, functionName: name, result: result as readonly unknown[] });
}

export type Log = { readonly address: Address; readonly topics: readonly Hex[]; readonly data: Hex };

export function encodeLog({ address, name, args }: Emitted): Log {
  const event: AbiEvent | undefined = events.get(name);
  if (event === undefined) throw new Error(`no contract declares the event ${name}`);
  const inputs = event.inputs.map((input, i) => [input, args[i]] as const);
  const indexed = inputs.filter(([input]) => input.indexed).map(([, arg]) => arg);
  const plain = inputs.filter(([input]) => !input.indexed);
  return {
    address,
    topics: encodeEventTopics({ abi: [event], eventName: name, args: indexed }) as readonly Hex[],
    data: encodeAbiParameters(
      plain.map(([input]) => input),
      plain.map(([, arg]) => arg),
    ),
  };
}

export function logToText({ address, topics, data }: Log): string {
  return concat([address, ...topics, data]).toLowerCase();
}

export function nameOfLog({ topics }: Log): string {
  for (const event of events.values()) {
    if (encodeEventTopics({ abi: [event], eventName: event.name })[0] === topics[0]) return event.name;
  }
  return topics[0] ?? 'an event without topics';
}

/** Names of what an account can call to change something, and of what it may be told for a reason. */
export function contractNames(): { readonly functions: readonly string[]; readonly errors: readonly string[] } {
  const ours: Abi = [...dataAnchoringTokenAbi, ...valueChannelsAbi, ...valueMarketAbi];
  return {
    functions: ours.flatMap((item) =>
      item.type === 'function' && !['view', 'pure'].includes(item.stateMutability)
        ? [`${item.name}/${item.inputs.length}`]
        : [],
    ),
    errors: [...new Set(ours.flatMap((item) => (item.type === 'error' ? [item.name] : [])))],
  };
}

export function lowerCase({ token, extension, channels, market, actors, assets }: Addresses): Addresses {
  const lower = (address: Address) => address.toLowerCase() as Address;
  return {
    token: lower(token),
    extension: lower(extension),
    channels: lower(channels),
    market: lower(market),
    actors: actors.map(lower),
    assets: assets.map((asset) => ({
      ...asset,
      address: lower(asset.address),
    })),
  };
}
