import { encodeChannel, voucherDigest, zeroAddress, zeroHash, type Address, type Channel, type Hex } from '@kedge/core';
import { concat, keccak256, pad, slice, toHex } from 'viem';
import { chainId, idOf, type SignedItem } from '../channels.js';
import { lockOf } from '../locks.js';
import type { Command } from '../referenceToken.js';
import { uint64Max } from '../tokens.js';
import { aRoyaltyEdge } from './commandsOfRevenue.js';
import {
  aChannel,
  anActor,
  anAmount,
  aTokenToUse,
  channelKeys,
  command,
  day,
  mostly,
  outsiders,
  tokenIdOr,
  type Scene,
  type Idea,
  type Ideas,
} from './scene.js';
import { signerNow, signNow } from './signatures.js';

/** Of secp256k1. */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const noSignature: Hex = `0x${'00'.repeat(64)}`;

/** Locks to the channels: good terms, the terms of an older channel, or one word of them spoilt. */
const openChannel: Idea = (scene) => {
  const { random, world, channels } = scene;
  const now = world.now();
  const fits = (expireAt: bigint) => expireAt === 0n || expireAt > now + day;
  const token = aTokenToUse(scene, ({ value, expireAt }) => value > 0n && fits(expireAt));
  if (token === undefined) return undefined;
  const older = random.chance(5) ? aChannel(scene) : undefined;
  const cap = anAmount(scene, token.value);
  const grace = random.pick([day, day + 10n, 2n * day]);
  const latest = token.expireAt === 0n ? now + 6n * day : token.expireAt - grace;
  const deadline = random.weighted<() => bigint>([
    [50, () => (latest > now + 1n ? now + 1n + random.upTo(latest - now - 1n) : now + 1n)],
    [35, () => (latest > 0n ? latest : 1n)],
    [5, () => latest + 1n],
    [5, () => now],
    [5, () => uint64Max],
  ])();
  const rate = random.pick([0n, 1n, 1n + random.upTo(1000n), uint64Max]);
  const channel: Channel = older ?? {
    holder: token.owner,
    tokenId: token.tokenId,
    operator: random.chance(85) ? anActor(scene) : random.pick(outsiders),
    channelKey: random.chance(75) ? random.pick(channelKeys).address : anActor(scene),
    cap,
    rate,
    burst: random.pick([0n, random.upTo(cap), uint64Max]),
    deadline,
    grace: Number(grace),
    mode: rate > 0n && random.chance(50) ? 'capped' : 'strict',
    salt: random.bytes32(),
  };
  channels.push(channel);
  const data = random.chance(90) ? encodeChannel(channel) : spoil(scene, encodeChannel(channel));
  const args = [channel.tokenId, random.chance(97) ? channel.cap : cap, world.addresses.channels, data];
  return command(mostly(scene, channel.holder), world.addresses.token, 'lock', args);
};

/** Another word in place of one, or one word too few or too many. */
function spoil({ random }: Scene, data: Hex): Hex {
  const at = random.below(12);
  if (at === 11) return random.chance(50) ? slice(data, 0, 320) : concat([data, zeroHash]);
  const word = random.pick([0n, 1n, 2n, 86_399n, 2n ** 32n, 2n ** 64n, 2n ** 160n, 2n ** 256n - 1n]);
  const parts = Array.from({ length: 11 }, (_, i) => slice(data, i * 32, i * 32 + 32));
  return concat(parts.with(at, pad(toHex(word), { size: 32 })));
}

/** Locks to an actor, whose ids are chosen from few, or to what is no module. */
const lockToActor: Idea = (scene) => {
  const { random, world } = scene;
  const token = aTokenToUse(scene, ({ value }) => value > 0n);
  const module = random.chance(93) ? anActor(scene) : random.pick([outsiders[0]!, world.addresses.token]);
  const units = anAmount(scene, token?.value ?? 5n);
  const data: Hex = random.chance(90) ? aLockId(scene) : '0x';
  const sender = token ? mostly(scene, token.owner) : anActor(scene);
  return command(sender, world.addresses.token, 'lock', [tokenIdOr(scene, token), units, module, data]);
};

const aLockId = ({ random }: Scene): Hex => pad(toHex(random.below(60)), { size: 32 });

/** An actor uses its own locks, with the terms of a meter as they come. */
const consumeLocks: Idea = (scene) => {
  const { random, world } = scene;
  const locks = world.locks.values().filter(({ ended, module }) => !ended && module !== world.addresses.channels);
  const module = locks.length > 0 && random.chance(92) ? random.pick(locks).module : anActor(scene);
  const own = locks.filter((lock) => lock.module === module);
  const uses = Array.from({ length: random.below(5) }, () => {
    const lock = own.length > 0 && random.chance(92) ? random.pick(own) : undefined;
    const cap = random.chance(90) ? (lock?.remaining ?? 7n) + random.upTo(20n) : random.upTo(uint64Max);
    const cumulative = anAmount(scene, cap);
    const [rate, burst] = random.chance(50) ? [0n, uint64Max] : [random.upTo(50n), random.upTo(cap)];
    const meter = [cap, cumulative, rate, burst].reduce((packed, field) => (packed << 64n) | (field & uint64Max), 0n);
    return { lockId: lock?.lockId ?? aLockId(scene), meter };
  });
  const operator = random.weighted<Address>([
    [50, anActor(scene)],
    [25, zeroAddress],
    [25, random.pick(outsiders)],
  ]);
  return command(module, world.addresses.token, 'consumeLocks', [uses, random.bytes32(), operator]);
};

const returnLock: Idea = (scene) => {
  const { random, world } = scene;
  const locks = world.locks.values().filter(({ module }) => module !== world.addresses.channels);
  const lock = locks.length > 0 && random.chance(92) ? random.pick(locks) : undefined;
  const sender = lock ? mostly(scene, lock.module) : anActor(scene);
  return command(sender, world.addresses.token, 'returnLock', [lock?.lockId ?? aLockId(scene)]);
};

/** A voucher signed as it should be, or in one of the ways that do not count. */
function anItem(scene: Scene, known: Channel | undefined): SignedItem | undefined {
  const { random, world } = scene;
  if (known === undefined) return undefined;
  const channel = random.chance(96) ? known : { ...known, salt: random.bytes32() };
  const channelId = idOf(world, channel);
  const lock = lockOf(world, world.addresses.channels, channelId);
  const captured = lock ? channel.cap - lock.remaining : 0n;
  const cumulativeUnits = random.weighted<() => bigint>([
    [70, () => captured + random.upTo(channel.cap > captured ? channel.cap - captured : 0n)],
    [12, () => captured],
    [10, () => channel.cap],
    [5, () => uint64Max],
    [3, () => 0n],
  ])();
  const voucher = { cumulativeUnits, receiptHash: random.bytes32(), seq: random.upTo(uint64Max) };
  const domain = { chainId, verifyingContract: world.addresses.channels };
  const hash = voucherDigest(domain, { channelId, ...voucher }, (data) => keccak256(data, 'bytes'));
  const own = channelKeys.find(({ address }) => address === channel.channelKey);
  if (own === undefined ? random.chance(92) : random.chance(4)) return { channel, voucher };
  const key = own !== undefined && random.chance(95) ? own : random.pick(channelKeys);
  const signature = signNow(key, hash);
  const signed = { signature, signer: key.address };
  return random.weighted<() => SignedItem>([
    [93, () => ({ channel, voucher, signed })],
    [2, () => ({ channel, voucher, signed: { signature: noSignature, signer: zeroAddress } })],
    [2, () => ({ channel, voucher, signed: { signature: withHighS(signature), signer: zeroAddress } })],
    [3, () => afterwards({ channel, voucher }, signature, channelId, domain)],
  ])();
}

/** As high an `s` as ERC-2098 can carry. Such signatures do not count, whoever made them (R10). */
function withHighS(signature: Hex): Hex {
  return concat([slice(signature, 0, 32), toHex(halfOrder + 1n, { size: 32 })]);
}

/** Somebody raised the units after the signature. */
function afterwards(
  item: SignedItem,
  signature: Hex,
  channelId: Hex,
  domain: { readonly chainId: number; readonly verifyingContract: Address },
): SignedItem {
  const voucher = { ...item.voucher, seq: item.voucher.seq ^ 1n };
  const hash = voucherDigest(domain, { channelId, ...voucher }, (data) => keccak256(data, 'bytes'));
  return { ...item, voucher, signed: { signature, signer: signerNow(hash, signature) } };
}

export const capture: Idea = (scene) => captureOf(scene, () => aChannel(scene));

/** @param channel Chooses whose voucher is next. */
export function captureOf(scene: Scene, channel: () => Channel | undefined): Command {
  const { random, world } = scene;
  const items: SignedItem[] = [];
  for (let left = random.pick([0, 1, 1, 1, 2, 3, 6]); left > 0; left -= 1) {
    const item = anItem(scene, channel());
    if (item !== undefined) items.push(item);
    if (item !== undefined && random.chance(5)) items.push(item);
  }
  const edges = Array.from({ length: random.pick([0, 0, 1, 3]) }, () => aRoyaltyEdge(scene));
  const anchors = Array.from({ length: random.below(2) }, () => ({
    epoch: random.below(9),
    firstBatch: 1n,
    lastBatch: random.upTo(99n),
    root: random.bytes32(),
    cid: 'bafy',
  }));
  const args = [{ items, malformed: random.chance(2) }, edges, anchors];
  const unsigned = items.find(({ signed }) => signed === undefined);
  const sender = unsigned === undefined ? anActor(scene) : mostly(scene, unsigned.channel.channelKey);
  return command(sender, world.addresses.channels, 'capture', args);
}

const close: Idea = (scene) => {
  const channel = aChannel(scene);
  return channel && closeOf(scene, channel);
};

export function closeOf(scene: Scene, channel: Channel): Command {
  return command(mostly(scene, channel.operator), scene.world.addresses.channels, 'close', [channel]);
}

const onLock: Idea = (scene) => {
  const request = { holder: anActor(scene), tokenId: 1n, units: 1n, expireAt: 0n, policyHashed: true };
  return command(anActor(scene), scene.world.addresses.channels, 'onLock', [request, '0x']);
};

export const channelIdeas: Ideas = [
  [75, openChannel],
  [25, lockToActor],
  [30, consumeLocks],
  [12, returnLock],
  [30, close],
  [2, onLock],
];
