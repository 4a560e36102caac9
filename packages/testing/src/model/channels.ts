import {
  channelIdOf,
  channelToAbi,
  metricTypeOf,
  zeroHash,
  type Address,
  type Channel,
  type Hex,
  type Voucher,
} from '@kedge/core';
import { concat, keccak256, pad, size, toHex } from 'viem';
import type { Call, Handlers } from './call.js';
import { allowedBy, consumeLocks, lockOf, returnLock, wordsOf, type LockRequest, type LockUse } from './locks.js';
import { backingLotOf } from './lots.js';
import { bytes32Of, encodeRevert, refuse, Revert } from './revert.js';
import { uint32Max, uint64Max } from './tokens.js';
import { keyOf, type World } from './world.js';

/** Anvil's. */
export const chainId = 31337;
const minGrace = 86_400n;
const addressMax = 2n ** 160n - 1n;

/**
 * One item of a capture, with who really signed it: zero where nobody can have. Without a signature it is the word of
 * whoever sends the capture.
 */
export type SignedItem = {
  readonly channel: Channel;
  readonly voucher: Omit<Voucher, 'channelId'>;
  readonly signed?: { readonly signature: Hex; readonly signer: Address };
};

/** @param malformed The items end within a run. */
export type CapturedItems = { readonly items: readonly SignedItem[]; readonly malformed: boolean };
export type RoyaltyEdge = { readonly classId: bigint; readonly parentIndex: bigint; readonly asset: Address };
export type ReceiptAnchor = {
  readonly epoch: number;
  readonly firstBatch: bigint;
  readonly lastBatch: bigint;
  readonly root: Hex;
  readonly cid: string;
};

const ids = new WeakMap<Channel, Hex>();

/** Hashing is slow, so it is done once for each object; no channel belongs to two worlds. */
export function idOf(world: World, channel: Channel): Hex {
  const known = ids.get(channel);
  if (known !== undefined) return known;
  const id = channelIdOf({ chainId, verifyingContract: world.addresses.channels }, channel, keccak);
  ids.set(channel, id);
  return id;
}

const keccak = (data: Uint8Array) => keccak256(data, 'bytes');

/** Deadline and grace: captures work until then, never later (R6). */
function endOf({ deadline, grace }: Pick<Channel, 'deadline' | 'grace'>): bigint {
  return deadline + BigInt(grace);
}

/** The first term that cannot be honoured (R6, R7, R9, R10, R25). */
function faultIn(world: World, { holder, token, units }: LockRequest, data: Hex): string | undefined {
  if (size(data) !== 11 * 32) return 'length';
  const [who, tokenId, operator, key, cap, rate, burst, deadline, grace, mode] = wordsOf(data) as bigint[] as Words;
  const { policies } = world.classes.get(token.classId)!;
  const policy = policies[(backingLotOf(world, token)?.policyVersion ?? token.lot) - 1]!;
  const faults: readonly (readonly [boolean, string])[] = [
    [who !== BigInt(holder), 'holder'],
    [tokenId !== token.tokenId, 'tokenId'],
    [cap !== units, 'cap'],
    [operator === 0n || operator > addressMax, 'operator'],
    [key === 0n || key > addressMax, 'channelKey'],
    [deadline <= world.now() || deadline > uint64Max, 'deadline'],
    [grace < minGrace || grace > uint32Max, 'grace'],
    [token.expireAt !== 0n && deadline + grace > token.expireAt, 'expireAt'],
    [mode > 1n, 'mode'],
    [rate > uint64Max || (rate === 0n && mode === 1n), 'rate'],
    [burst > uint64Max, 'burst'],
    [policy.hash === zeroHash, 'policyHash'],
  ];
  return faults.find(([isFault]) => isFault)?.[1];
}

type Words = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

export function openChannel(world: World, request: LockRequest, data: Hex): Hex {
  const fault = faultIn(world, request, data);
  if (fault !== undefined) refuse('ValueChannelsInvalidTerms', bytes32Of(fault));
  const words = wordsOf(data);
  const address = (word: bigint): Address => pad(toHex(word), { size: 20 });
  const channel: Channel = {
    holder: request.holder,
    tokenId: request.token.tokenId,
    operator: address(words[2]!),
    channelKey: address(words[3]!),
    cap: request.units,
    rate: words[5]!,
    burst: words[6]!,
    deadline: words[7]!,
    grace: Number(words[8]),
    mode: words[9] === 0n ? 'strict' : 'capped',
    salt: pad(toHex(words[10]!), { size: 32 }),
  };
  const channelId = idOf(world, channel);
  const { channels } = world.addresses;
  world.emit(channels, 'ChannelOpened', channelId, channel.holder, channel.operator, channelToAbi(channel));
  return channelId;
}

/** cap | cumulative | rate | burst, of 64 bits each, as the core takes them. */
export function meterOf({ cap, rate, burst }: Channel, cumulative: bigint): bigint {
  const limits = rate === 0n ? [0n, uint64Max] : [rate, burst];
  return BigInt(concat([cap, cumulative, ...limits].map((field) => toHex(field, { size: 8 }))));
}

type Item = SignedItem & { readonly index: bigint; readonly channelId: Hex; readonly signer: Address };

/** Why an item does nothing, if it does (R6, R8, R10). */
function failureOf(world: World, { channel, channelId, signer }: Item): Revert | undefined {
  const isOpen = lockOf(world, world.addresses.channels, channelId) !== undefined;
  if (!isOpen) return new Revert('ValueChannelsNotOpen', [channelId]);
  const { deadline, grace, channelKey } = channel;
  if (world.now() > endOf(channel)) return new Revert('ValueChannelsTooLate', [channelId, deadline, grace]);
  if (signer !== channelKey) return new Revert('ValueChannelsWrongSigner', [channelId, signer, channelKey]);
  return undefined;
}

/** Items of one operator are captured together; where that fails, one by one, so that they fail alone (R8). */
function captureTogether(world: World, items: readonly Item[]): void {
  const { channels } = world.addresses;
  const operator = items[0]!.channel.operator;
  const capture = (chosen: readonly Item[]) =>
    world.journal.attempt(() => {
      const uses: readonly LockUse[] = chosen.map(({ channelId, channel, voucher }) => ({
        lockId: channelId,
        meter: meterOf(channel, voucher.cumulativeUnits),
      }));
      const takes = consumeLocks(world, channels, uses, metricTypeOf('units', keccak), operator);
      for (const [i, { units, cumulative }] of takes.entries()) {
        const { channelId, voucher } = chosen[i]!;
        if (units === 0n) continue;
        world.emit(channels, 'ChannelCaptured', channelId, units, cumulative, voucher.seq, voucher.receiptHash);
      }
    });
  if (fails(() => capture(items)) === undefined) return;
  for (const item of items) {
    const reason = fails(() => capture([item]));
    if (reason !== undefined) {
      world.emit(channels, 'CaptureFailed', item.index, item.channelId, encodeRevert(reason));
    }
  }
}

function fails(work: () => unknown): Revert | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Revert) return error;
    throw error;
  }
}

/** Neighbours of one operator. */
function byOperator(items: readonly Item[]): readonly (readonly Item[])[] {
  const groups: Item[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last?.[0]?.channel.operator === item.channel.operator) last.push(item);
    else groups.push([item]);
  }
  return groups;
}

export function channelHandlers(world: World): Handlers {
  const { channels, token } = world.addresses;
  return {
    capture(
      { sender }: Call,
      { items, malformed }: CapturedItems,
      edges: readonly RoyaltyEdge[],
      anchors: readonly ReceiptAnchor[],
    ) {
      if (malformed) refuse('ValueChannelsMalformedItems');
      const known = items.map((item, index) => ({
        ...item,
        index: BigInt(index),
        channelId: idOf(world, item.channel),
        signer: item.signed?.signer ?? sender,
      }));
      for (const group of byOperator(known)) {
        const good = group.filter((item) => {
          const failure = failureOf(world, item);
          if (failure === undefined) return true;
          world.emit(channels, 'CaptureFailed', item.index, item.channelId, encodeRevert(failure));
          return false;
        });
        if (good.length > 0) captureTogether(world, good);
      }
      for (const [index, { classId, parentIndex, asset }] of edges.entries()) {
        const collect = () => world.invoke(channels, token, 'collectRoyalty', [classId, parentIndex, asset], 0n);
        const reason = fails(() => world.journal.attempt(collect));
        if (reason === undefined) continue;
        const at = [BigInt(index), classId, parentIndex, asset];
        world.emit(channels, 'RoyaltyFailed', ...at, encodeRevert(reason));
      }
      for (const { root, epoch, firstBatch, lastBatch, cid } of anchors) {
        world.emit(channels, 'ReceiptsAnchored', sender, root, epoch, firstBatch, lastBatch, cid);
      }
    },
    close({ sender }: Call, channel: Channel) {
      const channelId = idOf(world, channel);
      if (lockOf(world, channels, channelId) === undefined) refuse('ValueChannelsNotOpen', channelId);
      if (sender !== channel.operator && world.now() <= endOf(channel)) {
        refuse('ValueChannelsTooEarly', channelId, channel.deadline, channel.grace);
      }
      const returned = returnLock(world, channels, channelId);
      world.emit(channels, 'ChannelClosed', channelId, channel.cap - returned, returned);
      return returned;
    },
    onLock: ({ sender }: Call) => refuse('ValueChannelsNotToken', sender),
    channelState(_: Call, channel: Channel) {
      const lock = world.locks.get(keyOf(channels, idOf(world, channel)));
      if (lock === undefined) return [false, 0n, 0n, 0n];
      const captured = channel.cap - lock.remaining;
      if (lock.ended) return [false, captured, 0n, 0n];
      const { allowed } = allowedBy(meterOf(channel, channel.cap), world.now() - lock.lockedAt);
      const capturable = world.now() > endOf(channel) ? 0n : allowed - captured;
      return [true, captured, lock.remaining, capturable];
    },
  };
}
